"""What distances to points and the nearest of them mean, for many rows and for one, bit for bit the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Distances, Nearest

    Floats = NDArray[np.float64]
    Features = NDArray[np.float32] | NDArray[np.float64]
    Scores = Callable[[Sequence[float]], list[float]]

__all__ = ["distances", "distances_of_row", "nearest", "nearest_of_row"]

CELLS = 1 << 16  # rows x points that stay in a cache
FEW = 8  # points up to which plain Python is faster than numpy on one row


def distances(node: Distances, X: Features) -> Floats:
    """Return distances, (rows, points): terms relevance * (d * d) with d = x - point, added up by ascending feature."""
    points = node.points.values.astype(np.float64)
    relevances = np.broadcast_to(node.relevances.values.astype(np.float64), points.shape)
    used = [(j, np.flatnonzero(relevances[:, j])) for j in np.flatnonzero(relevances.any(axis=0)).tolist()]
    total = np.zeros((len(X), len(points)))
    step = max(CELLS // len(points), 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(X), step):
            part = total[start : start + step]
            for j, rows in used:
                difference = X[start : start + step, j, None].astype(np.float64) - points[:, j]
                if len(rows) == len(points):
                    part += relevances[:, j] * (difference * difference)
                else:
                    part[:, rows] += relevances[rows, j] * (difference * difference)[:, rows]
    return total


def distances_of_row(node: Distances) -> Scores:
    """Return the function from the features of one row to its distances."""
    points = node.points.values.astype(np.float64)
    relevances = np.broadcast_to(node.relevances.values.astype(np.float64), points.shape)
    if len(points) > FEW and (relevances.all(axis=0) == relevances.any(axis=0)).all():
        return _by_feature(points, relevances)
    terms = [
        [(j, float(r[j]), float(p[j])) for j in np.flatnonzero(r).tolist()]
        for r, p in zip(relevances, points, strict=True)
    ]

    def scores(features: Sequence[float]) -> list[float]:
        result = []
        for point in terms:
            total = 0.0
            for j, relevance, place in point:
                difference = features[j] - place
                total += relevance * (difference * difference)
            result.append(total)
        return result

    return scores


def _by_feature(points: Floats, relevances: Floats) -> Scores:
    columns = [
        (j, points[:, j].copy(), relevances[:, j].copy()) for j in np.flatnonzero(relevances.any(axis=0)).tolist()
    ]
    count = len(points)

    def scores(features: Sequence[float]) -> list[float]:
        total = np.zeros(count)
        with np.errstate(over="ignore", invalid="ignore"):
            for j, place, relevance in columns:
                difference = features[j] - place
                total += relevance * (difference * difference)
        values: list[float] = total.tolist()
        return values

    return scores


def nearest(node: Nearest, X: Features) -> Floats:
    """Return the largest bias - x of each owner, (rows, outputs); NaN where one of them is NaN."""
    result = np.full((len(X), node.outputs), -np.inf)
    bias = np.zeros(len(node.owners)) if node.bias is None else node.bias.values.astype(np.float64)
    for i, owner in enumerate(node.owners):
        result[:, owner] = np.maximum(result[:, owner], bias[i] - X[:, i].astype(np.float64))
    if node.otherwise is not None:
        result[:, -1] = node.otherwise
    return result


def nearest_of_row(node: Nearest) -> Scores:
    """Return the function from the features of one row to the scores of owners."""
    bias = [0.0] * len(node.owners) if node.bias is None else node.bias.values.tolist()
    inputs = list(zip(node.owners, bias, strict=True))
    owned = max(node.owners) + 1
    last = [] if node.otherwise is None else [float(node.otherwise)]

    def scores(features: Sequence[float]) -> list[float]:
        result = [float("-inf")] * owned
        for (owner, start), x in zip(inputs, features, strict=True):
            value = start - x
            if value > result[owner] or value != value:  # noqa: PLR0124 - NaN differs from itself
                result[owner] = value
        return result + last

    return scores
