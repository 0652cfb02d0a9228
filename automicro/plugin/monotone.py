"""Values of trees and step tables moved as little as a wanted direction requires: for families whose trainers do not keep one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin.data import TrainingData

    Floats = NDArray[np.float64]

__all__ = ["fills_of", "ordered_leaves", "ordered_pieces"]


def fills_of(data: TrainingData) -> NDArray[np.float32]:
    """Return what a missing value of each feature, (features,), may count as: a middle value where it has a direction, else NaN.

    A missing value that goes where a number goes stays between the least and the largest number.

    Parameters
    ----------
    data : TrainingData
        The rows of the training.

    Returns
    -------
    array of float32, (features,)
        The middle values.

    Examples
    --------
    >>> from automicro.plugin import Feature, TrainingData, StructuralConstraints
    >>> X, y = np.float32([[1.0], [2.0], [3.0]]), np.array([0, 1, 1])
    >>> features = (Feature(0, "age", "numeric"),)
    >>> fills_of(TrainingData(X, y, "classification", 2, features, "accuracy", structural=StructuralConstraints(monotone=((0, 1),))))
    array([2.], dtype=float32)
    """
    fills = np.full(len(data.features), np.nan, dtype=np.float32)
    for feature in np.flatnonzero(data.structural.signs(data.features)):
        known = data.X[~np.isnan(data.X[:, feature]), feature]
        fills[feature] = np.quantile(known, 0.5, method="lower") if len(known) else 0.0
    return fills


def ordered_leaves(feature: NDArray[np.int32], values: Floats, mass: Floats, signs: NDArray[np.int64]) -> Floats:
    """Return leaf values with which a tree keeps the directions of its features.

    At each split on such a feature no leaf on the lower side may be above, and none on the other below, a value between the means of
    both sides, which becomes a bound on all leaves further down.

    Parameters
    ----------
    feature : array of int32, (nodes,)
        Feature of each node of a tree in preorder; -1 at a leaf.
    values, mass : array of float64, (nodes,)
        Values of the leaves, and how many rows they have.
    signs : array of int64, (features,)
        1 where the score must never fall, -1 where it must never rise, else 0.

    Returns
    -------
    array of float64, (nodes,)
        The values, those of leaves changed.

    Examples
    --------
    >>> tree, values = np.int32([0, -1, -1]), np.array([0.0, 5.0, 1.0])
    >>> ordered_leaves(tree, values, np.array([2.0, 1.0, 1.0]), np.array([1])).tolist()
    [0.0, 3.0, 3.0]

    Notes
    -----
    The "basic" method of LightGBM (Auguste, Malory, Smirnov, "A better method to enforce monotonic constraints in regression and
    classification trees", arXiv 2011.00986, section 2), on a tree that is grown already.
    """
    right = right_children(feature)
    weight = np.where(feature < 0, np.maximum(mass, 1e-9), 0.0)
    total = weight * values
    for node in np.flatnonzero(feature >= 0)[::-1]:
        weight[node] = weight[node + 1] + weight[right[node]]
        total[node] = total[node + 1] + total[right[node]]
    mean = total / weight
    result = values.copy()
    waiting = [(0, -np.inf, np.inf)]
    while waiting:
        node, low, high = waiting.pop()
        if feature[node] < 0:
            result[node] = min(max(values[node], low), high)
            continue
        sign = signs[feature[node]]
        sides = node + 1, int(right[node])
        if not sign:
            waiting += [(side, low, high) for side in sides]
            continue
        means = [min(max(float(mean[side]), low), high) for side in sides]
        shares = (1.0, 1.0) if sign * (means[1] - means[0]) >= 0 else tuple(float(weight[side]) for side in sides)
        middle = float(np.average(means, weights=shares))
        lower, upper = sides if sign > 0 else sides[::-1]
        waiting += [(lower, low, middle), (upper, middle, high)]
    return result


def ordered_pieces(values: Sequence[float] | Floats, mass: Floats, sign: int) -> Floats:
    """Return the values nearest to those given, by weighted squares, that never fall (`sign` 1) or never rise (-1).

    Parameters
    ----------
    values, mass : array of float64, (pieces,)
        Values of the pieces in their order, and the weight of each.
    sign : {1, -1}
        Direction of the values.

    Returns
    -------
    array of float64, (pieces,)
        The ordered values.

    Examples
    --------
    >>> ordered_pieces([1.0, 3.0, 2.0], np.ones(3), 1).tolist()
    [1.0, 2.5, 2.5]

    Notes
    -----
    Isotonic regression by pooling adjacent violators (Ayer et al., Annals of Mathematical Statistics 26, 1955).
    """
    blocks: list[tuple[float, float, int]] = []  # mean, mass, pieces
    for value, weight in zip(sign * np.asarray(values, dtype=np.float64), np.maximum(mass, 1e-9), strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    return sign * np.repeat([mean for mean, _, _ in blocks], [count for _, _, count in blocks])
