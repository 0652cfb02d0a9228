"""Trees of a given shape made better: each split chosen anew for what the tree around it does now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_tree.binning import Comparison
from automicro_tree.criteria import impurity, losses
from automicro_tree.splits import Splits, goes_left

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_tree.binning import Binned
    from automicro_tree.criteria import Criterion

__all__ = ["Rows", "refine"]

SWEEPS = 3


class Rows:
    """Training rows with what a search over all thresholds of all features needs, for any number of trees."""

    def __init__(self, X: NDArray[np.float32], mass: NDArray[np.float64], binned: Binned, min_leaf: int) -> None:
        self.X, self.mass, self.binned, self.min_leaf = X, mass, binned, min_leaf
        self.columns = binned.bins.shape[1]
        self.width = int(binned.bins.max(initial=0)) + 2  # bins from -1 on
        self.cells = binned.bins + 1 + self.width * np.arange(self.columns)

    def sums(self, rows: NDArray[np.int64], values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return for every column and bin the sum of values, or the number of rows, up to that bin: (columns, bins)."""
        weights = None if values is None else np.repeat(values, self.columns)
        found = np.bincount(self.cells[rows].ravel(), weights, minlength=self.columns * self.width)
        return np.cumsum(found.reshape(self.columns, self.width), axis=1)


def refine(splits: Splits, rows: Rows, criterion: Criterion, thrift: float = 0.0) -> Splits:
    """Return the tree after some sweeps of alternating optimisation.

    From the lowest splits up, each is replaced by the comparison that sends every row, as far as one comparison can,
    to the side where the tree below loses less; then the leaves are summed anew. No step makes the training loss
    larger (Carreira-Perpinan and Tavallali, "Alternating optimization of decision trees", NeurIPS 2018).

    Parameters
    ----------
    splits : Splits
    rows : Rows
    criterion : {"gini", "entropy", "error", "squared"}
    thrift : float
        What a threshold costs that no other split has, as a share of what a leaf of the tree saves on average; a new
        feature costs as much again. Both take room in a file.
    """
    tree = _Tree(splits, rows, criterion)
    if thrift > 0:
        tree.charge(thrift)
    for _ in range(SWEEPS):
        changed = [tree.improve(node) for node in tree.splits_from_below()]
        if not any(changed):
            break
    return Splits(tree.feature, tree.threshold, tree.default_left)


class _Tree:
    """A tree whose splits change, with the rows and masses of its nodes."""

    def __init__(self, splits: Splits, rows: Rows, criterion: Criterion) -> None:
        self.feature = splits.feature.copy()
        self.threshold = splits.threshold.copy()
        self.default_left = splits.default_left.copy()
        self.right = splits.right()
        self.data, self.criterion = rows, criterion
        self.charge_each = 0.0
        self.place: dict[int, tuple[int, int]] = {}
        self.rows = [np.arange(0)] * len(self.feature)
        self.leaf = np.zeros((len(self.feature), rows.mass.shape[1]))
        self.rows[0] = np.arange(len(rows.X))
        self._send_down(0)

    def charge(self, thrift: float) -> None:
        """Let new thresholds cost something, and move all thresholds to edges of bins to distinguish them."""
        leaves = np.flatnonzero(self.feature < 0)
        whole = impurity(self.leaf[leaves].sum(axis=0)[:, None], self.criterion)[0]
        saved = float(whole - impurity(self.leaf[leaves].T, self.criterion).sum())
        self.charge_each = thrift * max(saved, 0.0) / len(leaves)
        for node in self.splits_from_below():
            old = Comparison(int(self.feature[node]), float(self.threshold[node]), bool(self.default_left[node]))
            if old.feature in self.data.binned.feature:
                column, last = self.data.binned.nearest(old)
                self._set(node, column, last + 1)
        self._send_down(0)

    def splits_from_below(self) -> list[int]:
        """Return the splits so that every one comes after those below it."""
        return [int(node) for node in np.flatnonzero(self.feature >= 0)[::-1]]

    def improve(self, node: int) -> bool:
        """Give a split its best comparison; return whether that is a new one."""
        rows = self.rows[node]
        if len(rows) < 2 * self.data.min_leaf:
            return False
        gained = self._losses(node + 1, rows) - self._losses(int(self.right[node]), rows)  # by going right
        now = float(gained[self._goes_left(node, rows)].sum())
        count = self.data.sums(rows)
        allowed = (count >= self.data.min_leaf) & (len(rows) - count >= self.data.min_leaf)
        charges = self._charges(node)
        if node in self.place:
            now += charges[self.place[node]]
        totals = np.where(allowed, self.data.sums(rows, gained) + charges, np.inf)
        column, place = divmod(int(np.argmin(totals)), totals.shape[1])
        if not totals[column, place] < now - 1e-9 * np.abs(gained).sum():
            return False
        self._set(node, column, place)
        self._send_down(node)
        return True

    def _set(self, node: int, column: int, place: int) -> None:
        chosen = self.data.binned.comparison(column, place - 1)
        self.feature[node], self.threshold[node] = chosen.feature, chosen.threshold
        self.default_left[node] = chosen.default_left
        self.place[node] = column, place

    def _charges(self, node: int) -> NDArray[np.float64]:
        """Return what each comparison costs at a node, (columns, bins), given those of the other splits."""
        charges = np.full((self.data.columns, self.data.width), 2 * self.charge_each)
        others = [place for other, place in self.place.items() if other != node and len(self.rows[other])]
        for column, _ in others:
            charges[column] = self.charge_each
        for column, place in others:
            charges[column, place] = 0.0
        return charges

    def _goes_left(self, node: int, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        x = self.data.X[rows, self.feature[node]]
        return goes_left(x, float(self.threshold[node]), bool(self.default_left[node]))

    def _send_down(self, top: int) -> None:
        """Part the rows of a node among all nodes below it, and sum the leaves."""
        waiting = [top]
        while waiting:
            node = waiting.pop()
            rows = self.rows[node]
            if self.feature[node] < 0:
                self.leaf[node] = self.data.mass[rows].sum(axis=0)
                continue
            left = self._goes_left(node, rows)
            self.rows[node + 1], self.rows[self.right[node]] = rows[left], rows[~left]
            waiting += [node + 1, int(self.right[node])]

    def _losses(self, top: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what each row loses where the tree below a node sends it."""
        result = np.empty(len(rows))
        waiting = [(top, np.arange(len(rows)))]
        while waiting:
            node, part = waiting.pop()
            if self.feature[node] < 0:
                result[part] = losses(self.leaf[node], self.data.mass[rows[part]], self.criterion)
                continue
            left = self._goes_left(node, rows[part])
            waiting += [(node + 1, part[left]), (int(self.right[node]), part[~left])]
        return result
