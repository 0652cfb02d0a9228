"""The distinct rows of a training table in an order of their own, each with the sum of its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Distinct", "columns_in", "distinct_rows", "is_series", "is_table", "rows_as_given", "rows_of"]


@dataclass(frozen=True, eq=False)
class Distinct:
    """Places of the distinct rows in the table that was given, (distinct,), and the sums of their weights."""

    rows: NDArray[np.int64]
    summed: NDArray[np.float64]

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """Weights of the rows; None where all are alike."""
        return None if not len(self.summed) or np.ptp(self.summed) == 0 else self.summed


def distinct_rows(columns: list[Any], weights: NDArray[np.float64] | None) -> Distinct:
    """Return the distinct rows of some columns, those of weight 0 left out, in ascending order of their values.

    A row that occurs twice is the same as one of twice the weight, and the order of rows does not matter.

    Parameters
    ----------
    columns : list of arrays, (rows,)
        Target and groups included.
    weights : array, (rows,), or None
    """
    import pandas as pd  # noqa: PLC0415 - only fits need it

    count = len(columns[0])
    kept = np.arange(count) if weights is None else np.flatnonzero(weights > 0)
    place = np.zeros(len(kept), dtype=np.int64)
    for codes in _codes(columns, kept):
        place = pd.factorize(place * (int(codes.max(initial=0)) + 1) + codes, sort=True)[0]
        if place.max(initial=0) == len(kept) - 1:
            break  # no two rows are alike, and columns that follow change nothing in their order
    _, first = np.unique(place, return_index=True)
    summed = np.bincount(place, None if weights is None else weights[kept])
    return Distinct(kept[first], summed.astype(np.float64))


def rows_as_given(count: int, weights: NDArray[np.float64] | None) -> Distinct:
    """Return all rows in their order, with their weights; those of weight 0 stay, so that numbers of rows mean the same."""
    return Distinct(np.arange(count), np.ones(count) if weights is None else weights)


def _codes(columns: list[Any], kept: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield for each column which of its values a row has, from 0 for a missing one on; in ascending order where values have one."""
    import pandas as pd  # noqa: PLC0415 - as above

    for column in columns:
        values = pd.Series(column).take(kept)
        try:
            codes = pd.factorize(values, sort=True)[0]
        except TypeError:  # values of kinds that do not compare: in the order in which they come
            codes = pd.factorize(values.map(repr), sort=True)[0]
        yield codes.astype(np.int64) + 1


def is_table(value: Any) -> bool:
    """Whether a value is a data frame of some library."""
    return isinstance(nw.from_native(value, eager_only=True, pass_through=True), nw.DataFrame)


def is_series(value: Any) -> bool:
    """Whether a value is one column of a data frame of some library."""
    return isinstance(nw.from_native(value, series_only=True, pass_through=True), nw.Series)


def columns_in(table: Any) -> list[NDArray[Any]]:
    """Return the columns of a two-dimensional array or of a data frame."""
    if isinstance(table, np.ndarray):
        return list(table.T)
    return [column.to_numpy() for column in nw.from_native(table, eager_only=True).iter_columns()]


def rows_of(table: Any, rows: NDArray[np.int64]) -> Any:
    """Return some rows of an array, a data frame or a series; the rows of pandas are numbered anew."""
    if isinstance(table, np.ndarray):
        return table[rows]
    taken = nw.from_native(table, eager_only=True, allow_series=True)[rows.tolist()].to_native()
    return taken.reset_index(drop=True) if hasattr(taken, "reset_index") else taken
