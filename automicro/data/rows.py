"""New rows to predict, checked against the columns that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.frames import frame_of, objects, raw_series
from automicro.data.suggest import did_you_mean
from automicro.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from automicro.data.readings import Reading

__all__ = ["rows_for_prediction"]

BOXED = (np.float64, np.float32, np.float16, np.integer, np.bool_)


def rows_for_prediction(
    rows: Any,
    names: Sequence[str] | None,
    columns: int,
    used: Collection[int] | None = None,
    readings: Sequence[Reading] | None = None,
) -> NDArray[Any] | list[NDArray[Any]]:
    """Return rows in the form that `automicro.program.columns_of` reads.

    A dataframe, a dict of columns or dicts are read by column name: in any order, and columns that the model does not
    have are left out. If `names` is None, as in a model that was saved without its card, there must be as many
    columns as the model has, in its order. Arrays and lists are read by position; a single row may be flat.

    Parameters
    ----------
    rows : dataframe, array, list or dict, (rows, columns)
        Of lists: rows, dicts, or the cells of one row. Of dicts: columns, or the cells of one row. A pandas Series is
        one row.
    names : sequence of str or None
        The model's columns.
    columns : int
        How many columns the model has.
    used : collection of int, optional
        The columns that the model reads; others need not be there if columns are found by name. By default all.
    readings : sequence of Reading, optional
        How the cells of each column are read, as the card has it. Columns that are parts of dates are then made of the dates: rows have
        the columns of the training table.

    Returns
    -------
    array, (rows, columns), or list of arrays, each (rows,)

    Raises
    ------
    DataError
        If a column is missing, or there are too many or too few.

    Examples
    --------
    >>> rows_for_prediction({"job": ["cook"], "age": [31]}, ("age", "job"), 2)
    [array([31], dtype=object), array(['cook'], dtype=object)]
    """
    if readings is not None and names is not None:
        return _read(rows, names, range(columns) if used is None else used, readings)
    return _as_given(rows, names, columns, used)


def _read(
    rows: Any, names: Sequence[str], used: Collection[int], readings: Sequence[Reading]
) -> NDArray[Any] | list[NDArray[Any]]:
    """Return the columns of a model, each made of the cells of its source."""
    own = [j for j, reading in enumerate(readings) if not reading.is_added]
    sources = [readings[j].source or names[j] for j in own]
    place = {source: i for i, source in enumerate(sources)}
    source_of = {j: place[readings[j].source or names[j]] for j in used}
    given = _as_given(rows, sources, len(sources), set(source_of.values()))
    blank = np.zeros(len(given) if isinstance(given, np.ndarray) else len(given[0]))
    cells = {j: given[:, i] if isinstance(given, np.ndarray) else given[i] for j, i in source_of.items()}
    read = {j: readings[j].read(column, sources[source_of[j]]) for j, column in cells.items()}
    if len(own) == len(names) and all(read[j] is cells[j] for j in read):
        return given
    return [read.get(j, blank) for j in range(len(names))]


def _as_given(
    rows: Any, names: Sequence[str] | None, columns: int, used: Collection[int] | None
) -> NDArray[Any] | list[NDArray[Any]]:
    if isinstance(rows, np.ndarray):
        return _matrix(rows, columns)
    if isinstance(rows, list | tuple) and not (rows and all(isinstance(row, dict) for row in rows)):
        return _matrix_of_rows(rows, columns)
    height, known, column = _columns(rows)
    place = _places(known, names, columns, range(columns) if used is None else used)
    blank = np.zeros(height)
    return [column(place[j]) if j in place else blank for j in range(columns)]


def _columns(rows: Any) -> tuple[int, list[str], Callable[[int], NDArray[Any]]]:
    """Return the number of rows, the names of the columns, and what gives the values of column i."""
    if type(rows).__name__ == "Series" and hasattr(rows, "to_dict"):
        rows = _cells_of(rows)
    if isinstance(rows, dict):
        cells = {str(name): values if _is_column(values) else [values] for name, values in rows.items()}
        lengths = {len(values) for values in cells.values()} or {0}
        if len(lengths) > 1:
            raise DataError(f"columns must be equally long, but have from {min(lengths)} to {max(lengths)} rows")
        lists = list(cells.values())
        return lengths.pop(), list(cells), lambda i: objects(list(lists[i]))
    if isinstance(rows, list | tuple):
        named = {str(name): name for row in rows for name in row}
        keys = list(named.values())
        return len(rows), list(named), lambda i: objects([row.get(keys[i]) for row in rows])
    frame = frame_of(rows, "rows")
    if frame is None:
        raise DataError(f"rows must be a dataframe, an array, a list or a dict, but are a {type(rows).__name__}")
    table, originals = frame, frame.columns
    return len(table), [str(name) for name in originals], lambda i: raw_series(table.get_column(originals[i]))


def _cells_of(series: Any) -> dict[Any, Any]:
    """Return a pandas Series as its `to_dict` does, in a tenth of the time; numbers of numpy become those of Python."""
    values = series.tolist()
    if any(isinstance(value, np.generic) and not isinstance(value, BOXED) for value in values):
        cells: dict[Any, Any] = series.to_dict()
        return cells
    values = [value.item() if isinstance(value, BOXED) else value for value in values]
    return dict(zip(series.index.tolist(), values, strict=True))


def _is_column(values: Any) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str | bytes)


def _places(known: list[str], names: Sequence[str] | None, columns: int, used: Collection[int]) -> dict[int, int]:
    """Return where each of the used columns of the model stands in the rows."""
    if names is None:
        if len(known) != columns:
            raise DataError(
                f"rows must have {columns} columns as in training, but have {len(known)}: the model was saved without "
                "column names, so that all must be given, in their order"
            )
        return {j: j for j in used}
    place = {name: i for i, name in enumerate(known)}
    absent = [names[j] for j in sorted(used) if names[j] not in place]
    if absent:
        more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        meant = did_you_mean(absent[0], [name for name in known if name not in names])
        raise DataError(f"column {absent[0]!r}{more} must be given, but is not there{meant}")
    return {j: place[names[j]] for j in used}


def _matrix(rows: NDArray[Any], columns: int) -> NDArray[Any]:
    if rows.dtype.names:
        raise DataError("rows must not be a structured array: pass {name: rows[name] for name in rows.dtype.names}")
    matrix = rows[None, :] if rows.ndim == 1 else rows
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise DataError(f"rows must have {columns} columns as in training, but their shape is {rows.shape}")
    return matrix


def _matrix_of_rows(rows: list[Any] | tuple[Any, ...], columns: int) -> NDArray[Any]:
    if rows and not any(isinstance(row, list | tuple | dict | np.ndarray) for row in rows):
        rows = [rows]
    matrix = np.empty((len(rows), columns), dtype=object)
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple | np.ndarray) or len(row) != columns:
            remedy = ": pass a list of lists of one value each" if columns == 1 else ""
            raise DataError(f"rows must have {columns} columns as in training, but row {i} is {row!r}{remedy}")
        matrix[i] = list(row)
    return matrix
