"""The one place that knows dataframe libraries: any table in, raw numpy columns out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from automicro.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["RawColumn", "frame_columns", "objects", "raw_values"]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column before its kind is known; `category` says that its library calls it a categorical or an enum."""

    name: str
    values: NDArray[Any]
    category: bool = False


def frame_columns(data: Any, role: str = "X") -> list[RawColumn] | None:
    """Return the columns of a pandas, polars, pyarrow or other eager table; None if `data` is no such table.

    Raises
    ------
    DataError
        For a lazy frame, or two columns of one name.
    """
    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
    except DuplicateError:
        _refuse_duplicates([str(name) for name in getattr(data, "column_names", None) or data.columns], role)
        raise
    if isinstance(frame, nw.LazyFrame):
        raise DataError(f"{role} must be a table in memory, but got a lazy {type(data).__name__}: collect it first")
    if not isinstance(frame, nw.DataFrame):
        return None
    names = [str(name) for name in frame.columns]
    _refuse_duplicates(names, role)
    return [_raw(frame.get_column(column), name) for column, name in zip(frame.columns, names, strict=True)]


def raw_values(data: Any, role: str) -> RawColumn:
    """Return a series, an array, a list or a one-column table as a raw column; `role` names it in errors."""
    series = nw.from_native(data, pass_through=True, allow_series=True)
    if isinstance(series, nw.Series):
        return _raw(series, "" if series.name is None else str(series.name))
    columns = frame_columns(data, role)
    if columns is not None and len(columns) == 1:
        return columns[0]
    if columns is not None:
        raise DataError(f"{role} must be a single column, but is a table of {len(columns)}: pick one of them")
    if isinstance(data, list | tuple):
        return RawColumn("", objects(data))
    if not isinstance(data, np.ndarray):
        raise DataError(f"{role} must be an array, a list or a series, but is a {type(data).__name__}")
    return RawColumn("", data[:, 0] if data.ndim == 2 and data.shape[1] == 1 else data)


def objects(values: Sequence[Any]) -> NDArray[Any]:
    """Return a one-dimensional object array, whatever its elements are."""
    return np.fromiter(values, dtype=object, count=len(values))


def _raw(series: nw.Series[Any], name: str) -> RawColumn:
    """Return the values of a series as one numpy array, in which None, NaN, NaT and NA are missing."""
    category = isinstance(series.dtype, nw.Categorical | nw.Enum)
    if category and series.implementation.is_pyarrow():
        # to_numpy gives the last level where the dictionary's index is null
        return RawColumn(name, objects(series.to_native().to_pylist()), category)
    return RawColumn(name, series.to_numpy(), category)


def _refuse_duplicates(names: list[str], role: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise DataError(f"column names must differ, but {name!r} stands twice in {role}: rename one of them")
