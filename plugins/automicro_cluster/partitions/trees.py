"""Partitions as small trees of thresholds (Moshkovitz, Dasgupta, Rashtchian, Frost, ICML 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.plugin import shortest_between
from automicro.program import Forest, Lowered, Tree, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["tree_of"]

SCORE = 2.0  # of a leaf's cluster: a probability of 0.88 with two clusters


def tree_of(X: NDArray[np.float32], labels: NDArray[np.int64], leaves: int, seed: int) -> Lowered | None:
    """Return the tree with at most so many leaves that predicts labels, -1 for noise, from features.

    Returns
    -------
    Lowered or None
        None if the tree leaves out a cluster.
    """
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 - heavy, and only for training

    names = (*range(int(labels.max()) + 1), *((-1,) if labels.min() < 0 else ()))
    codes = np.where(labels < 0, len(names) - 1, labels)
    grown = DecisionTreeClassifier(max_leaf_nodes=max(leaves, 2), random_state=seed).fit(X, codes).tree_
    made = _Preorder(grown, X)
    made.visit(0, np.arange(len(X)))
    if len({made.leaf[at] for at, feature in enumerate(made.feature) if feature < 0}) < len(names):
        return None
    tree = Tree(
        np.array(made.feature, dtype=np.int32),
        np.array(made.threshold, dtype=np.float32),
        np.zeros(len(made.feature), dtype=np.bool_),
        np.array(made.leaf, dtype=np.int32),
    )
    two = len(names) == 2
    rows = np.array([[-SCORE], [SCORE]]) if two else SCORE * np.eye(len(names))
    bias = np.zeros(1 if two else len(names))
    return Lowered(Forest((tree,), Weights.of(rows), Weights.of(bias)), "sigmoid" if two else "softmax", names)


class _Preorder:
    """Collects the nodes of a tree, the left child right after its parent; splits between equal leaves are left out."""

    def __init__(self, grown: Any, X: NDArray[np.float32]) -> None:
        self.grown, self.X = grown, X
        self.labels = np.argmax(grown.value[:, 0, :], axis=1)
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.leaf: list[int] = []

    def visit(self, node: int, rows: NDArray[np.int64]) -> None:
        """Append a node, which these rows reach, and all below it."""
        leaves = self._leaves(node)
        if len(leaves) == 1:
            self._append(-1, 0.0, leaves.pop())
            return
        feature = int(self.grown.feature[node])
        values = self.X[rows, feature]
        left = values <= self.grown.threshold[node]
        self._append(feature, shortest_between(float(values[left].max()), float(values[~left].min())), 0)
        self.visit(int(self.grown.children_left[node]), rows[left])
        self.visit(int(self.grown.children_right[node]), rows[~left])

    def _append(self, feature: int, threshold: float, leaf: int) -> None:
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.leaf.append(leaf)

    def _leaves(self, node: int) -> set[int]:
        left = int(self.grown.children_left[node])
        if left < 0:
            return {int(self.labels[node])}
        return self._leaves(left) | self._leaves(int(self.grown.children_right[node]))
