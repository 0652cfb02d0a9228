"""Features as small whole numbers, so that sums over all thresholds of all features cost one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro_tree.splits import goes_left

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BINS", "Binned", "Comparison"]

BINS = 64


@dataclass(frozen=True)
class Comparison:
    """Whether a row's feature is at most the threshold, or missing where `default_left`."""

    feature: int
    threshold: float
    default_left: bool

    def holds(self, X: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return for which rows it holds."""
        return goes_left(X[:, self.feature], self.threshold, self.default_left)


@dataclass(frozen=True, eq=False)
class Binned:
    """Features as bins: a value is in bin c if it is at most ``edges[c]`` and above the edge before.

    A feature with missing values comes twice, in one column with missing values as bin -1, in the other past the last
    bin; one with a single value does not come.

    Parameters
    ----------
    bins : array of int64, (rows, columns)
    feature : tuple of int
        Feature of each column.
    missing_first : tuple of bool
    edges : tuple of arrays of float32
        At most `BINS` values of the feature, the largest included.
    """

    bins: NDArray[np.int64]
    feature: tuple[int, ...]
    missing_first: tuple[bool, ...]
    edges: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(cls, X: NDArray[np.float32]) -> Binned:
        """Return the features of rows as bins of about equally many rows."""
        columns, feature, missing_first, edges = [], [], [], []
        for f in range(X.shape[1]):
            x = X[:, f]
            missing = np.isnan(x)
            values = np.unique(x[~missing])
            if len(values) + bool(missing.any()) < 2:
                continue
            if len(values) > BINS:
                values = np.unique(np.quantile(x[~missing], np.arange(1, BINS + 1) / BINS, method="lower"))
            bins = np.searchsorted(values, x, side="left")
            for first in (True, False) if missing.any() else (True,):
                columns.append(np.where(missing, -1 if first else len(values), bins))
                feature.append(f)
                missing_first.append(first)
                edges.append(values)
        table = np.stack(columns, axis=1) if columns else np.empty((len(X), 0), dtype=np.int64)
        return cls(table, tuple(feature), tuple(missing_first), tuple(edges))

    def comparison(self, column: int, last: int) -> Comparison:
        """Return a test of whether a row's bin is at most `last`."""
        edges = self.edges[column]
        if last < 0:  # only missing values are
            return Comparison(self.feature[column], -np.inf, default_left=True)
        return Comparison(self.feature[column], float(edges[min(last, len(edges) - 1)]), self.missing_first[column])

    def nearest(self, comparison: Comparison) -> tuple[int, int]:
        """Return the column and the last bin of the comparison that comes closest to this one."""
        columns = [c for c, feature in enumerate(self.feature) if feature == comparison.feature]
        column = next((c for c in columns if self.missing_first[c] == comparison.default_left), columns[0])
        last = int(np.searchsorted(self.edges[column], comparison.threshold, side="right")) - 1
        return column, max(last, -1 if self.missing_first[column] and len(columns) > 1 else 0)
