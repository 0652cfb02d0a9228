"""What a score at a target says of single rows: numbers whose mean is above 0 if, and only if, the score is better than the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.evidence.function_test import row_terms
from automicro.evidence.mean_test import Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

    Floats = NDArray[np.float64]

__all__ = ["terms_of"]

PERCENT_FLOOR = float(np.finfo(np.float64).eps)


def terms_of(held_out: HeldOutPredictions, limit: float) -> Terms | None:
    """Return the terms of a score at an absolute limit; None for a score that is no ratio of means.

    An error keeps its sign turned: a mean above 0 always says that the score is better than `limit`. Sample weights multiply the
    terms. Ratios are cleared of their denominator: F1 = 2 TP / (2 TP + FP + FN) is above t where 2 (1 - t) TP - t (FP + FN) is, on average,
    above 0, and R2 is above t where (1 - t) (y - mean y)^2 - (y - f)^2 is.
    """
    if (own := row_terms(held_out, limit)) is not None:
        return _weighted(held_out, own[0], own[1:])
    name = held_out.metric.removeprefix("neg_")
    bound = -limit if held_out.metric.startswith("neg_") else limit
    if name in _LABELS and held_out.prediction.ndim == 2:
        values, low, high = _LABELS[name](held_out.y, held_out.prediction.argmax(axis=1), bound)
    elif name in _LOSSES:
        values, low, high = _loss_terms(name, held_out, bound)
    elif name in ("r2", "explained_variance"):
        values, low, high = _explained(name, held_out, bound), -np.inf, np.inf
    else:
        return None
    return _weighted(held_out, values, (low, high))


def _weighted(held_out: HeldOutPredictions, values: Floats, bounds: tuple[float, float]) -> Terms:
    if held_out.weights is None:
        return Terms(values, *bounds, held_out.units)
    largest = float(held_out.weights.max(initial=0.0))
    low, high = (bound * largest if np.isfinite(bound) else bound for bound in bounds)
    return Terms(values * held_out.weights, min(low, 0.0), max(high, 0.0), held_out.units)


Labelled = tuple["Floats", float, float]


def _accuracy(y: NDArray[np.int64], predicted: NDArray[np.int64], limit: float) -> Labelled:
    return (y == predicted) - limit, -limit, 1 - limit


def _precision(y: NDArray[np.int64], predicted: NDArray[np.int64], limit: float) -> Labelled:
    return np.where(predicted == 1, (y == 1) - limit, 0.0), -limit, 1 - limit


def _recall(y: NDArray[np.int64], predicted: NDArray[np.int64], limit: float) -> Labelled:
    return np.where(y == 1, (predicted == 1) - limit, 0.0), -limit, 1 - limit


def _f_measure(beta: float) -> Callable[[NDArray[np.int64], NDArray[np.int64], float], Labelled]:
    """Return the terms of (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP)."""
    square = beta**2

    def terms(y: NDArray[np.int64], predicted: NDArray[np.int64], limit: float) -> Labelled:
        hit, lost, false = (y == 1) & (predicted == 1), (y == 1) & (predicted != 1), (y != 1) & (predicted == 1)
        gain = (1 + square) * (1 - limit)
        return gain * hit - limit * (square * lost + false), -limit * max(square, 1.0), gain

    return terms


def _jaccard(y: NDArray[np.int64], predicted: NDArray[np.int64], limit: float) -> Labelled:
    hit = (y == 1) & (predicted == 1)
    miss = (y == 1) != (predicted == 1)
    return (1 - limit) * hit - limit * miss, -limit, 1 - limit


_LABELS: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64], float], Labelled]] = {
    "accuracy": _accuracy,
    "f0.5": _f_measure(0.5),
    "f1": _f_measure(1.0),
    "f1_micro": _accuracy,
    "f2": _f_measure(2.0),
    "jaccard": _jaccard,
    "precision": _precision,
    "precision_micro": _accuracy,
    "recall": _recall,
    "recall_micro": _accuracy,
}


def _loss_terms(name: str, held_out: HeldOutPredictions, limit: float) -> Labelled:
    losses, most = _LOSSES[name](held_out.y, held_out.prediction)
    allowed = limit**2 if name.startswith("root_") else limit
    return allowed - losses, allowed - most, allowed


def _absolute(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    return np.abs(y - prediction), np.inf


def _squared(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    return (y - prediction) ** 2, np.inf


def _percentage(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    return np.abs(y - prediction) / np.maximum(np.abs(y), PERCENT_FLOOR), np.inf


def _squared_log(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    predicted = np.where(prediction > -1, prediction, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.log1p(y.astype(np.float64)) - np.log1p(predicted)) ** 2, np.inf


def _logarithmic(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    smallest = np.finfo(np.float64).eps
    true_class = prediction[np.arange(len(y)), y.astype(np.int64)]
    return -np.log(np.clip(true_class, smallest, 1 - smallest)), np.inf  # 36 at most, too far away to be a useful bound


def _brier(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    classes = prediction.shape[1]
    distance = np.sum((prediction - np.eye(classes)[y.astype(np.int64)]) ** 2, axis=1)
    return (distance / 2, 1.0) if classes == 2 else (distance, 2.0)


def _poisson(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    real, predicted = y.astype(np.float64), np.where(prediction > 0, prediction, np.nan)
    losses = 2 * (real * np.log(np.where(real > 0, real, 1.0) / predicted) - real + predicted)
    return np.where(prediction > 0, losses, np.inf), np.inf


def _gamma(y: NDArray[Any], prediction: Floats) -> tuple[Floats, float]:
    real, predicted = y.astype(np.float64), np.where(prediction > 0, prediction, np.nan)
    losses = 2 * (np.log(predicted / real) + real / predicted - 1)
    return np.where(prediction > 0, losses, np.inf), np.inf


_LOSSES: dict[str, Callable[[NDArray[Any], Floats], tuple[Floats, float]]] = {
    "brier_score": _brier,
    "log_loss": _logarithmic,
    "mean_absolute_error": _absolute,
    "mean_absolute_percentage_error": _percentage,
    "mean_gamma_deviance": _gamma,
    "mean_poisson_deviance": _poisson,
    "mean_squared_error": _squared,
    "mean_squared_log_error": _squared_log,
    "root_mean_squared_error": _squared,
    "root_mean_squared_log_error": _squared_log,
}


def _explained(name: str, held_out: HeldOutPredictions, limit: float) -> Floats:
    weights = np.ones(len(held_out.y)) if held_out.weights is None else held_out.weights
    y, residual = held_out.y.astype(np.float64), held_out.y.astype(np.float64) - held_out.prediction
    if name == "explained_variance":
        residual = residual - np.average(residual, weights=weights)
    degrees = len(y) / max(len(y) - 1, 1)
    values: Floats = (1 - limit) * degrees * (y - np.average(y, weights=weights)) ** 2 - residual**2
    return values
