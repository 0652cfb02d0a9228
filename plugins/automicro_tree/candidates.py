"""Comparisons that are worth an exhaustive search: those that a boosted ensemble of small trees uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro_tree.binning import Binned, Comparison
from automicro_tree.greedy import grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_tree.criteria import Criterion

__all__ = ["guess_comparisons"]

ROWS_AT_MOST = 4000
BOOSTED_TREES = 60
FEATURES_AT_ONCE = 30


def guess_comparisons(
    X: NDArray[np.float32], mass: NDArray[np.float64], criterion: Criterion, most: int, seed: int
) -> list[Comparison]:
    """Return at most so many comparisons, the most useful first.

    They are those of a small greedy tree, then those that gradient boosting with trees of two levels gains most from,
    on features cut into at most 64 bins. A tree over the thresholds of a reference ensemble comes close to the best
    tree over all thresholds (McTavish et al., "Fast sparse decision tree optimization via reference ensembles", AAAI
    2022, section 4.1).
    """
    tree = grow(X, mass, criterion, leaves=12, min_leaf=0.0, seed=seed)
    found = {
        Comparison(int(f), float(t), bool(d)): None
        for f, t, d in zip(tree.feature, tree.threshold, tree.default_left, strict=True)
        if f >= 0
    }
    generator = np.random.default_rng(seed)
    part = np.sort(generator.choice(len(X), min(len(X), ROWS_AT_MOST), replace=False))
    binned = Binned.of(X[part])
    for column, last in _boosted_splits(binned.bins.astype(np.float32), mass[part], criterion, seed):
        found.setdefault(binned.comparison(column, last))
    return list(found)[:most]


def _boosted_splits(
    bins: NDArray[np.float32], mass: NDArray[np.float64], criterion: Criterion, seed: int
) -> list[tuple[int, int]]:
    """Return the splits (column, last bin on the left) of a boosted ensemble, by falling sum of what they gain."""
    gains: dict[tuple[int, int], float] = {}
    for tree in _boosted_trees(bins, mass, criterion, seed):
        for node in np.flatnonzero(tree.children_left >= 0):
            left, right = tree.children_left[node], tree.children_right[node]
            weight = tree.weighted_n_node_samples
            parts = weight[left] * tree.impurity[left] + weight[right] * tree.impurity[right]
            key = int(tree.feature[node]), int(np.floor(tree.threshold[node]))
            gains[key] = gains.get(key, 0.0) + float(weight[node] * tree.impurity[node] - parts)
    return sorted(gains, key=lambda split: (-gains[split], split))


def _boosted_trees(bins: NDArray[np.float32], mass: NDArray[np.float64], criterion: Criterion, seed: int) -> list[Any]:
    from sklearn.ensemble import (  # noqa: PLC0415 - slow to import, and only needed here
        GradientBoostingClassifier,
        GradientBoostingRegressor,
    )

    weight = mass[:, 0] if criterion == "squared" else mass.sum(axis=1)
    used = weight > 0
    shape: dict[str, Any] = {
        "max_depth": 2,
        "learning_rate": 0.3,
        "subsample": 0.7,
        "max_features": min(max(1, bins.shape[1] // 2), FEATURES_AT_ONCE),
        "random_state": seed,
    }
    if criterion == "squared":
        target = mass[used, 1] / weight[used]
        boosting = GradientBoostingRegressor(n_estimators=BOOSTED_TREES, **shape)
    else:
        target = mass[used].argmax(axis=1)
        classes = len(np.unique(target))
        if classes < 2:
            return []
        rounds = max(5, BOOSTED_TREES // (classes if classes > 2 else 1))
        boosting = GradientBoostingClassifier(n_estimators=rounds, **shape)
    if not bins.shape[1]:
        return []
    return [member.tree_ for member in boosting.fit(bins[used], target, weight[used]).estimators_.ravel()]
