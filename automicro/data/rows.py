"""New rows to predict, checked against the columns that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.frames import frame_columns, objects
from automicro.data.suggest import did_you_mean
from automicro.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["rows_for_prediction"]


def rows_for_prediction(rows: Any, names: Sequence[str] | None, columns: int) -> NDArray[Any] | list[NDArray[Any]]:
    """Return rows in the form that `automicro.program.columns_of` reads.

    A dataframe, a dict of columns or a list of dicts is read by column name: in any order, and columns that the model does not know are left out. If
    `names` is None (the model was saved without its card) their columns must be as many as the model's and in its order. Arrays and lists are read by position;
    a single row may be flat.

    Parameters
    ----------
    rows : dataframe, array (rows, columns) or (columns,), list of rows, of dicts or a single row, or dict of columns
    names : sequence of str or None
        The model's columns.
    columns : int
        How many columns the model has.

    Returns
    -------
    array, (rows, columns), or list of arrays, (rows,)

    Raises
    ------
    DataError
        If a column is missing, or there are too many or too few.

    Examples
    --------
    >>> rows_for_prediction({"job": ["cook"], "age": [31]}, ("age", "job"), 2)
    [array([31], dtype=object), array(['cook'], dtype=object)]
    """
    if isinstance(rows, np.ndarray):
        return _matrix(rows, columns)
    if isinstance(rows, dict):
        return _picked(_dict_columns(rows), names, columns)
    if isinstance(rows, list | tuple):
        return _from_list(list(rows), names, columns)
    raw = frame_columns(rows, "rows")
    if raw is None:
        raise DataError(f"rows must be a dataframe, an array, a list or a dict, but are a {type(rows).__name__}")
    return _picked({column.name: column.values for column in raw}, names, columns)


def _matrix(rows: NDArray[Any], columns: int) -> NDArray[Any]:
    if rows.dtype.names:
        raise DataError(
            "rows must not be a structured array: pass a dict of its columns, {name: rows[name] for name in rows.dtype.names}"
        )
    matrix = rows[None, :] if rows.ndim == 1 else rows
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise DataError(f"rows must have {columns} columns as in training, but their shape is {rows.shape}")
    return matrix


def _dict_columns(rows: dict[Any, Any]) -> dict[str, NDArray[Any]]:
    single = not any(isinstance(values, list | tuple | np.ndarray) for values in rows.values())
    return {str(name): objects([values] if single else list(values)) for name, values in rows.items()}


def _from_list(rows: list[Any], names: Sequence[str] | None, columns: int) -> NDArray[Any] | list[NDArray[Any]]:
    if rows and all(isinstance(row, dict) for row in rows):
        known = list(dict.fromkeys(name for row in rows for name in row))
        return _picked({str(name): objects([row.get(name) for row in rows]) for name in known}, names, columns)
    if rows and not any(isinstance(row, list | tuple | np.ndarray) for row in rows):
        rows = [rows]
    matrix = np.empty((len(rows), columns), dtype=object)
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple | np.ndarray) or len(row) != columns:
            raise DataError(f"rows must have {columns} columns as in training, but row {i} is {row!r}")
        matrix[i] = list(row)
    return matrix


def _picked(raw: dict[str, NDArray[Any]], names: Sequence[str] | None, columns: int) -> list[NDArray[Any]]:
    if names is None:
        if len(raw) != columns:
            raise DataError(
                f"rows must have {columns} columns, in the order of training since the model was saved without column names, but have {len(raw)}"
            )
        return list(raw.values())
    absent = [name for name in names if name not in raw]
    if absent:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise DataError(f"column {absent[0]!r}{more} must be given, but is not there{did_you_mean(absent[0], raw)}")
    return [raw[name] for name in names]
