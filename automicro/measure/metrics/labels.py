"""Metrics of predicted labels, all computed from confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.arithmetic import ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.measure.metrics.arithmetic import Batch, Codes, Predicted

__all__ = [
    "accuracy",
    "averaged",
    "balanced_accuracy",
    "cohen_kappa",
    "cohen_kappa_quadratic",
    "confusion",
    "f_half",
    "f_measure",
    "f_two",
    "jaccard",
    "matthews_corrcoef",
    "precision",
    "recall",
]


def confusion(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Return confusion matrices (batch, classes, classes): true classes down, the likeliest predicted class across."""
    classes = prediction.shape[1]
    cells = y * classes + np.argmax(prediction, axis=1)
    if len(weights) == 1:
        counts: Batch = np.bincount(cells, weights[0], minlength=classes**2).astype(np.float64)
        return counts.reshape(1, classes, classes)
    matrices = np.zeros((len(weights), classes**2))
    order = np.argsort(cells, kind="stable")
    found, starts = np.unique(cells[order], return_index=True)
    matrices[:, found] = np.add.reduceat(weights[:, order], starts, axis=1)
    return matrices.reshape(-1, classes, classes)


def accuracy(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Share of rows with the right label."""
    return ratio(weights @ (np.argmax(prediction, axis=1) == y).astype(np.float64), weights.sum(axis=1))


def balanced_accuracy(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Mean recall over the classes that are there."""
    hit, real, _ = _counts(confusion(y, prediction, weights))
    return ratio(ratio(hit, real, 0.0).sum(axis=1), (real > 0).sum(axis=1))


def matthews_corrcoef(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Correlation of true and predicted classes (Gorodkin 2004); 0 where either is constant."""
    hit, real, predicted = _counts(confusion(y, prediction, weights))
    total = real.sum(axis=1)
    covariance = hit.sum(axis=1) * total - (real * predicted).sum(axis=1)
    spread = (total**2 - (real**2).sum(axis=1)) * (total**2 - (predicted**2).sum(axis=1))
    return ratio(covariance, np.sqrt(np.maximum(spread, 0.0)), 0.0)


def cohen_kappa(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Agreement beyond chance (Cohen 1960); undefined where both are the same constant."""
    return _kappa(y, prediction, weights, 1.0 - np.eye(prediction.shape[1], dtype=np.float64))


def cohen_kappa_quadratic(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Agreement beyond chance, disagreements weighed by the squared distance of the classes' codes."""
    codes = np.arange(prediction.shape[1], dtype=np.float64)
    return _kappa(y, prediction, weights, (codes[:, None] - codes[None, :]) ** 2)


def _kappa(y: Codes, prediction: Predicted, weights: Batch, costs: Batch) -> Batch:
    matrices = confusion(y, prediction, weights)
    real, predicted = matrices.sum(axis=2), matrices.sum(axis=1)
    by_chance = np.einsum("bi,bj,ij->b", real, predicted, costs)
    return 1.0 - ratio(np.einsum("bij,ij->b", matrices, costs) * real.sum(axis=1), by_chance)


def precision(hit: Batch, real: Batch, predicted: Batch) -> Batch:  # noqa: ARG001 - all measures of one class take the same counts
    """Share of the rows told to be of a class that are."""
    return ratio(hit, predicted, 0.0)


def recall(hit: Batch, real: Batch, predicted: Batch) -> Batch:  # noqa: ARG001 - all measures of one class take the same counts
    """Recall: share of the rows of a class with that prediction."""
    return ratio(hit, real, 0.0)


def f_measure(hit: Batch, real: Batch, predicted: Batch) -> Batch:
    """Harmonic mean of precision and recall."""
    return ratio(2 * hit, real + predicted, 0.0)


def f_two(hit: Batch, real: Batch, predicted: Batch) -> Batch:
    """Weighted harmonic mean that counts recall four times precision (beta 2)."""
    return ratio(5 * hit, 4 * real + predicted, 0.0)


def f_half(hit: Batch, real: Batch, predicted: Batch) -> Batch:
    """Weighted harmonic mean that counts precision four times recall (beta 0.5)."""
    return ratio(1.25 * hit, 0.25 * real + predicted, 0.0)


def jaccard(hit: Batch, real: Batch, predicted: Batch) -> Batch:
    """Rows both of a class and told to be, among those that are either."""
    return ratio(hit, real + predicted - hit, 0.0)


def averaged(
    measure: Callable[[Batch, Batch, Batch], Batch], average: str
) -> Callable[[Codes, Predicted, Batch], Batch]:
    """Return a scorer that averages the `measure` of single classes.

    `average` is ``"binary"`` (class 1 alone), ``"macro"`` (plain mean over the classes that are there or predicted),
    ``"micro"`` (of the summed counts) or ``"weighted"`` (by true frequency), as scikit-learn defines them.
    """

    def scorer(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
        hit, real, predicted = _counts(confusion(y, prediction, weights))
        if average == "micro":
            return measure(hit.sum(axis=1), real.sum(axis=1), predicted.sum(axis=1))
        each = measure(hit, real, predicted)
        if average == "binary":
            return each[:, 1]
        parts = real if average == "weighted" else (real + predicted > 0).astype(np.float64)
        return ratio((each * parts).sum(axis=1), parts.sum(axis=1))

    return scorer


def _counts(matrices: Batch) -> tuple[Batch, Batch, Batch]:
    """Weight of rows of each class (batch, classes): rightly told, really there, told."""
    return np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=2), matrices.sum(axis=1)
