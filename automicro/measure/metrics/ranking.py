"""Metrics of how well probabilities order the rows."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.arithmetic import mean_defined, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.metrics.arithmetic import Batch, Codes, Predicted

__all__ = ["average_precision", "roc_auc", "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted"]


def roc_auc(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Area under the ROC curve of class 1; with three or more classes the mean over one class against the rest."""
    if prediction.shape[1] > 2:
        return roc_auc_ovr(y, prediction, weights)
    return _area(y == 1, prediction[:, -1], weights)


def roc_auc_ovr(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Mean area of each class against the rest, over the classes that are there."""
    return mean_defined(_one_against_rest(y, prediction, weights))


def roc_auc_ovr_weighted(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Area of each class against the rest, weighted by the classes' frequencies."""
    shares = [weights @ (y == k) for k in range(prediction.shape[1])]
    return mean_defined(_one_against_rest(y, prediction, weights), shares)


def roc_auc_ovo(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Mean area over all pairs of classes (Hand and Till 2001)."""
    return mean_defined([area for area, _ in _one_against_one(y, prediction, weights)])


def roc_auc_ovo_weighted(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Area over all pairs of classes, weighted by the pairs' frequencies."""
    pairs = _one_against_one(y, prediction, weights)
    return mean_defined([area for area, _ in pairs], [share for _, share in pairs])


def average_precision(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Sum of precisions weighted by the gain in recall; with three or more classes the mean over classes."""
    if prediction.shape[1] > 2:
        return mean_defined([_precision_area(y == k, prediction[:, k], weights) for k in range(prediction.shape[1])])
    return _precision_area(y == 1, prediction[:, -1], weights)


def _one_against_rest(y: Codes, prediction: Predicted, weights: Batch) -> list[Batch]:
    return [_area(y == k, prediction[:, k], weights) for k in range(prediction.shape[1])]


def _one_against_one(y: Codes, prediction: Predicted, weights: Batch) -> list[tuple[Batch, Batch]]:
    pairs = []
    for a, b in combinations(range(prediction.shape[1]), 2):
        rows = np.flatnonzero((y == a) | (y == b))
        chosen, part = y[rows], weights[:, rows]
        forward = _area(chosen == a, prediction[rows, a], part)
        backward = _area(chosen == b, prediction[rows, b], part)
        pairs.append(((forward + backward) / 2, part.sum(axis=1)))
    return pairs


def _area(positive: NDArray[np.bool_], score: Predicted, weights: Batch) -> Batch:
    """Rank statistic of Mann and Whitney, ties counted half, for every row of `weights`."""
    hits, misses = _by_falling_score(positive, score, weights)
    above = np.cumsum(misses, axis=1)
    lost = np.sum(hits * (above - misses / 2), axis=1)
    pairs = hits.sum(axis=1) * above[:, -1]
    return 1.0 - ratio(lost, pairs)


def _precision_area(positive: NDArray[np.bool_], score: Predicted, weights: Batch) -> Batch:
    hits, misses = _by_falling_score(positive, score, weights)
    found = np.cumsum(hits, axis=1)
    taken = found + np.cumsum(misses, axis=1)
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return ratio(np.sum(hits * precision, axis=1), found[:, -1])


def _by_falling_score(positive: NDArray[np.bool_], score: Predicted, weights: Batch) -> tuple[Batch, Batch]:
    """Weight of positive and of negative rows at each distinct score, highest score first."""
    if not score.size:
        nothing = np.zeros((len(weights), 1))
        return nothing, nothing
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sorted_weights = weights[:, order]
    sorted_positive = positive[order]
    hits = sorted_weights * sorted_positive
    return np.add.reduceat(hits, starts, axis=1), np.add.reduceat(sorted_weights - hits, starts, axis=1)
