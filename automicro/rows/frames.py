"""The one place that knows dataframe libraries: any table in, raw numpy columns out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from automicro.errors import DataError
from automicro.rows.objects import objects
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["RawColumn", "frame_columns", "frame_of", "labels_in", "raw_series", "raw_values", "with_columns"]

NESTED = (nw.List, nw.Array, nw.Struct)
WIDE = (nw.Int128, nw.UInt128)
LONG, EXACT = (nw.Int64, nw.UInt64), 2.0**53


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column before its kind is known.

    `category` says that its library calls it a categorical or an enum; `levels` are those of an ordered categorical, the least first.
    """

    name: str
    values: NDArray[Any]
    category: bool = False
    levels: tuple[Any, ...] | None = None


def frame_of(data: Any, role: str) -> nw.DataFrame[Any] | None:
    """Return a pandas, polars, pyarrow or other eager table by its narwhals; None if `data` is no such table.

    Raises
    ------
    DataError
        For a lazy frame, or two columns of one name; `role` says in the sentence what `data` are.
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
    _refuse_duplicates([str(name) for name in frame.columns], role)
    return frame


def frame_columns(data: Any, role: str = "X") -> list[RawColumn] | None:
    """Return the columns of an eager table; None if `data` is no such table."""
    frame = frame_of(data, role)
    return None if frame is None else [_raw(frame.get_column(column)) for column in frame.columns]


def with_columns(data: Any, keep: Sequence[str] | None, drop: Sequence[str]) -> Any:
    """Return a table with only the columns `keep` (all if None), less the columns `drop`.

    Raises
    ------
    DataError
        If one of them does not exist.
    """
    frame = frame_of(data, "the table")
    if frame is None:
        raise DataError(f"the data source must be a table, but is a {type(data).__name__}")
    names = list(frame.columns)
    for name in [*(keep or ()), *drop]:
        if name not in names:
            raise DataError(f"column {name!r} does not exist in the data{did_you_mean(name, names)}")
    wanted = [name for name in (names if keep is None else keep) if name not in drop]
    return frame.select(wanted).to_native()


def raw_values(data: Any, role: str) -> RawColumn:
    """Return a series, an array, a list or a one-column table as a raw column; `role` names it in errors."""
    series = nw.from_native(data, pass_through=True, allow_series=True)
    if isinstance(series, nw.Series):
        return _raw(series)
    columns = frame_columns(data, role)
    if columns is not None and len(columns) == 1:
        return columns[0]
    if columns is not None:
        raise DataError(f"{role} must be a single column, but is a table of {len(columns)}: pick one of them")
    if isinstance(data, list | tuple | range):
        return RawColumn("", objects(data))
    if not hasattr(data, "__array__"):
        raise DataError(f"{role} must be an array, a list or a series, but is a {type(data).__name__}")
    data = np.asarray(data)
    return RawColumn("", data[:, 0] if data.ndim == 2 and data.shape[1] == 1 else data)


def raw_series(series: nw.Series[Any]) -> NDArray[Any]:
    """Return the values of a series as one numpy array, in which None, NaN, NaT and NA are missing."""
    dtype = series.dtype
    if isinstance(dtype, nw.Categorical) and series.implementation.is_pyarrow():
        return objects(series.to_native().to_pylist())  # to_numpy repeats a level where the dictionary's index is null
    if isinstance(dtype, NESTED):
        return objects(series.to_list())  # to_numpy may spread them over several dimensions
    if isinstance(dtype, WIDE):
        return objects(series.to_list())  # numpy has no such integers
    values: NDArray[Any] = series.to_numpy()
    if isinstance(dtype, LONG) and values.dtype.kind == "f" and np.nanmax(np.abs(values), initial=0.0) >= EXACT:
        return objects(series.to_list())  # where some are missing, to_numpy rounds the others
    return values


def labels_in(data: Any) -> list[Any] | None:
    """Return the labels of the rows of a pandas object, in their order; None if `data` has none."""
    index: Any = getattr(data, "index", None)
    return list(index) if nw.dependencies.is_pandas_like_index(index) else None


def _raw(series: nw.Series[Any]) -> RawColumn:
    name = "" if series.name is None else str(series.name)
    category = isinstance(series.dtype, nw.Categorical | nw.Enum)
    return RawColumn(name, raw_series(series), category, _ordered_levels(series) if category else None)


def _ordered_levels(series: nw.Series[Any]) -> tuple[Any, ...] | None:
    """Return the levels of a pandas or pyarrow categorical that is ordered; an enum of polars lists its levels in any order."""
    native = series.to_native()
    if series.implementation.is_pyarrow():
        return tuple(native.unify_dictionaries().chunk(0).dictionary.to_pylist()) if native.type.ordered else None
    dtype: Any = getattr(native, "dtype", None)
    return tuple(dtype.categories.tolist()) if getattr(dtype, "ordered", False) is True else None


def _refuse_duplicates(names: list[str], role: str) -> None:
    if len(set(names)) == len(names):
        return
    for i, name in enumerate(names):
        if name in names[:i]:
            raise DataError(f"column names must differ, but {name!r} occurs twice in {role}: rename one of them")
