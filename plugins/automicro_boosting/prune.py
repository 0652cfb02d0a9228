"""Trees pruned split by split, from the leaves up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_boosting.ensemble import Ensemble, GrownTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_boosting.bits import Bits
    from automicro_boosting.refit import Coefficients

__all__ = ["TreeShape"]


class TreeShape:
    """The trees of an ensemble while splits with two leaves below are taken away.

    Leaf values are numbered as in ``Ensemble.design``. A tree that has lost its last split stays as a constant.
    """

    def __init__(self, ensemble: Ensemble, bits: Bits) -> None:
        self.ensemble = ensemble
        self.bits = bits
        self.size = 0
        self._trees: list[_Growing] = []
        self._thresholds: Counter[tuple[int, float]] = Counter()
        self._features: Counter[int] = Counter()
        self._open: list[dict[tuple[int, int], tuple[_Growing, int]]] = [{} for _ in ensemble.bias]
        start = [0] * len(ensemble.bias)
        for tree in ensemble.trees:
            growing = _Growing(tree, start[tree.output])
            start[tree.output] += len(tree.leaves)
            self._trees.append(growing)
            self.size += len(tree.leaves) - 1
            for node in np.flatnonzero(tree.feature >= 0):
                self._features[int(tree.feature[node])] += 1
                self._thresholds[int(tree.feature[node]), float(tree.threshold[node])] += 1
                self._offer(growing, int(node))

    def pairs(self, output: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the sibling leaves of an output, (pairs, 2), and the bits that each of their splits takes."""
        bits = []
        for growing, node in self._open[output].values():
            feature, threshold = growing.split(node)
            last_use = self.bits.cut[feature] * (self._thresholds[feature, threshold] == 1)
            bits.append(self.bits.split + last_use + self.bits.feature[feature] * (self._features[feature] == 1))
        return np.array(list(self._open[output]), dtype=np.int64).reshape(-1, 2), np.array(bits)

    def merge(self, output: int, kept: int, dropped: int) -> None:
        """Make a leaf of the split above these two leaves."""
        growing, node = self._open[output].pop((kept, dropped))
        feature, threshold = growing.split(node)
        self._features[feature] -= 1
        self._thresholds[feature, threshold] -= 1
        self.size -= 1
        growing.place[node] = kept
        if node:
            self._offer(growing, int(growing.parent[node]))

    def pruned(self, coefficients: Coefficients) -> Ensemble:
        """Return what is left of the ensemble, with these values."""
        trees, bias = [], coefficients.bias.copy()
        for growing in self._trees:
            tree = growing.pruned(coefficients.values[growing.tree.output])
            if len(tree.feature) > 1:
                trees.append(tree)
            else:
                bias[tree.output] += tree.value[0]
        return replace(self.ensemble, trees=tuple(trees), bias=bias)

    def _offer(self, growing: _Growing, node: int) -> None:
        left, right = growing.place[node + 1], growing.place[growing.right[node]]
        if left >= 0 and right >= 0:
            self._open[growing.tree.output][int(left), int(right)] = growing, node


class _Growing:
    """One tree; `place` is the number of a node's value if it is a leaf by now, else -1."""

    def __init__(self, tree: GrownTree, start: int) -> None:
        self.tree = tree
        self.right = tree.right_children()
        self.place = np.full(len(tree.feature), -1)
        self.place[tree.leaves] = start + np.arange(len(tree.leaves))
        self.parent = np.full(len(tree.feature), -1)
        for node in np.flatnonzero(tree.feature >= 0):
            self.parent[node + 1] = self.parent[self.right[node]] = node

    def split(self, node: int) -> tuple[int, float]:
        """Return feature and threshold of a split."""
        return int(self.tree.feature[node]), float(self.tree.threshold[node])

    def pruned(self, values: NDArray[np.float64]) -> GrownTree:
        """Return the tree as it is now."""
        kept, waiting = [], [0]
        while waiting:
            node = waiting.pop()
            kept.append(node)
            if self.place[node] < 0:
                waiting += [int(self.right[node]), node + 1]
        leaf = self.place[kept] >= 0
        return GrownTree(
            np.where(leaf, -1, self.tree.feature[kept]).astype(np.int32),
            np.where(leaf, 0, self.tree.threshold[kept]).astype(np.float32),
            np.where(leaf, False, self.tree.default_left[kept]),
            np.where(leaf, values[self.place[kept]], 0.0),
            self.tree.output,
        )
