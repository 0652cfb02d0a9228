"""Trees as this plugin works on them between training and lowering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_boosting.refit import Coefficients, Design

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Link

__all__ = ["Ensemble", "GrownTree"]


@dataclass(frozen=True, eq=False)
class GrownTree:
    """One binary tree in preorder: the left child of node i is i + 1.

    All arrays are (nodes,). `feature` is -1 at a leaf; a row goes left if ``x <= threshold``, where x is NaN if `default_left`.
    `value` is what a leaf adds to `output` (0 at a split).
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    default_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    output: int = 0

    @property
    def leaves(self) -> NDArray[np.int64]:
        """Node numbers of the leaves, from left to right."""
        return np.flatnonzero(self.feature < 0)

    def right_children(self) -> NDArray[np.int64]:
        """Return the right child of every split, (nodes,), -1 at leaves."""
        right = np.full(len(self.feature), -1, dtype=np.int64)
        waiting: list[int] = []
        for node in range(len(self.feature)):
            if node and self.feature[node - 1] < 0:
                right[waiting.pop()] = node
            if self.feature[node] >= 0:
                waiting.append(node)
        return right

    def reach(self, X: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return for every row which leaf it reaches, counted from left to right, (rows,)."""
        number = np.cumsum(self.feature < 0) - 1
        right = self.right_children()
        below: dict[int, NDArray[np.int32]] = {}
        for node in range(len(self.feature) - 1, -1, -1):
            feature = int(self.feature[node])
            if feature < 0:
                below[node] = np.full(1, number[node], dtype=np.int32)
                continue
            x = X[:, feature]
            left = x <= self.threshold[node]
            if self.default_left[node]:
                left |= np.isnan(x)
            below[node] = np.where(left, below.pop(node + 1), below.pop(int(right[node])))
        return np.broadcast_to(below[0], X.shape[:1])

    def with_values(self, values: NDArray[np.float64]) -> GrownTree:
        """Return this tree with other leaf values, given from left to right."""
        value = np.zeros(len(self.feature))
        value[self.leaves] = values
        return replace(self, value=value)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A bias (outputs,) plus, for every tree, the value of the reached leaf; `link` turns these scores into the prediction."""

    trees: tuple[GrownTree, ...]
    bias: NDArray[np.float64]
    link: Link

    def limited(self, leaves: int) -> Ensemble:
        """Return the ensemble of the first rounds alone, as many as have no more leaves for any output."""
        outputs = len(self.bias)
        counts = np.array([len(tree.leaves) for tree in self.trees]).reshape(-1, outputs)
        rounds = int(np.count_nonzero(np.cumsum(counts, axis=0).max(axis=1) <= leaves))
        return replace(self, trees=self.trees[: rounds * outputs])

    @property
    def sizes(self) -> tuple[int, ...]:
        """For each output, the number of leaves."""
        return tuple(sum(len(t.leaves) for t in self.trees if t.output == output) for output in range(len(self.bias)))

    def scores(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scores before the link, (rows, outputs)."""
        scores = np.tile(self.bias, (len(X), 1))
        for tree in self.trees:
            scores[:, tree.output] += tree.value[tree.leaves][tree.reach(X)]
        return scores

    def design(self, X: NDArray[np.float32]) -> Design:
        """Return which leaf values each row adds up."""
        parts = [(tree.output, len(tree.leaves), tree.reach(X)) for tree in self.trees]
        return Design.of(parts, len(self.bias), len(X))

    def coefficients(self) -> Coefficients:
        """Return the leaf values in the order of ``design``, and the bias."""
        values: list[list[NDArray[np.float64]]] = [[np.zeros(0)] for _ in self.bias]
        for tree in self.trees:
            values[tree.output].append(tree.value[tree.leaves])
        return Coefficients(tuple(np.concatenate(parts) for parts in values), self.bias)

    def rescaled(self, factor: float, shift: float) -> Ensemble:
        """Return the ensemble whose scores are ``factor * scores + shift``."""
        trees = tuple(replace(tree, value=tree.value * factor) for tree in self.trees)
        return replace(self, trees=trees, bias=self.bias * factor + shift)
