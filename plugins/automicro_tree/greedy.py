"""Trees grown greedily (CART), by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.plugin import drawn_rows, rounded_down
from automicro_tree.splits import Splits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_tree.criteria import Criterion

__all__ = ["grow", "read_tree"]

CELLS_AT_MOST = 1_500_000  # rows times features: a second or so


def grow(
    X: NDArray[np.float32], mass: NDArray[np.float64], criterion: Criterion, leaves: int, min_leaf: float, seed: int
) -> Splits:
    """Grow a tree, the most promising leaf first (Breiman et al. 1984, in scikit-learn's best-first order).

    Parameters
    ----------
    X : array of float32, (rows, features)
        May hold NaN.
    mass : array, (rows, masses)
        Result of `automicro_tree.criteria.masses`; classes may be shared by a teacher.
    criterion : {"gini", "entropy", "error", "squared"}
        ``"error"`` is grown by Gini impurity: the error itself is blind to most useful splits.
    leaves : int
        At most so many.
    min_leaf : float
        At least this share of the rows in a leaf.
    seed : int
        Decides between equal splits, and which rows are taken where there are too many to be quick.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: PLC0415 - slow to import

    rows = max(CELLS_AT_MOST // max(X.shape[1], 1), 5000)
    if len(X) > rows:
        part = drawn_rows(len(X), rows, seed)
        X, mass = X[part], mass[part]
    shape: dict[str, Any] = {
        "max_leaf_nodes": max(leaves, 2),
        "min_samples_leaf": max(1, round(min_leaf * len(X))),
        "random_state": seed,
    }
    if criterion == "squared":
        weight = mass[:, 0]
        target = np.divide(mass[:, 1], weight, out=np.zeros(len(weight)), where=weight > 0)
        return read_tree(DecisionTreeRegressor(**shape).fit(X, target, weight).tree_)
    weight = mass.sum(axis=1)
    if np.all(np.count_nonzero(mass, axis=1) <= 1):
        growing = DecisionTreeClassifier(criterion="entropy" if criterion == "entropy" else "gini", **shape)
        return read_tree(growing.fit(X, mass.argmax(axis=1), weight).tree_)
    shares = mass / np.maximum(weight, np.finfo(np.float64).tiny)[:, None]
    return read_tree(
        DecisionTreeRegressor(**shape).fit(X, shares, weight).tree_
    )  # squared error of shares is Gini impurity


def read_tree(tree: Any) -> Splits:
    """Return the splits of scikit-learn's `tree_`, which are in preorder only where it grew depth first."""
    order, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if tree.children_left[node] >= 0:
            waiting += [int(tree.children_right[node]), int(tree.children_left[node])]
    places = np.array(order)
    split = tree.children_left[places] >= 0
    return Splits(
        np.where(split, tree.feature[places], -1).astype(np.int32),
        np.where(split, rounded_down(tree.threshold[places]), 0.0),
        (tree.missing_go_to_left[places] != 0) & split,
    )
