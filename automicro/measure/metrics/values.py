"""Metrics of predicted values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.arithmetic import ratio, weighted_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.metrics.arithmetic import Batch, Predicted

__all__ = [
    "d2_absolute_error_score",
    "explained_variance",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "median_absolute_error",
    "r2",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
]


def r2(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Share of the variance around the mean that is explained."""
    return 1.0 - ratio(mean_squared_error(y, prediction, weights), _variance(y, weights))


def explained_variance(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Share of the variance that is explained, a constant shift forgiven."""
    return 1.0 - ratio(_variance(y - prediction, weights), _variance(y, weights))


def mean_absolute_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Mean distance."""
    return weighted_mean(np.abs(y - prediction), weights)


def mean_squared_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Mean squared distance."""
    return weighted_mean((y - prediction) ** 2, weights)


def root_mean_squared_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Root of the mean squared distance, in the target's unit."""
    return np.sqrt(mean_squared_error(y, prediction, weights))


def median_absolute_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Median distance."""
    return _median(np.abs(y - prediction), weights)


def mean_absolute_percentage_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Mean distance as a share of the target (1 is 100 %)."""
    return weighted_mean(np.abs(y - prediction) / np.maximum(np.abs(y), np.finfo(np.float64).eps), weights)


def mean_squared_log_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Mean squared distance of ``log(1 + value)``; infinite if a prediction is -1 or less, undefined if a target is."""
    real, predicted = np.where(y > -1, y, np.nan), np.where(prediction > -1, prediction, -1.0)
    with np.errstate(divide="ignore"):
        return _mean_or_infinite((np.log1p(real) - np.log1p(predicted)) ** 2, weights)


def root_mean_squared_log_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Root of the mean squared log error."""
    return np.sqrt(mean_squared_log_error(y, prediction, weights))


def mean_poisson_deviance(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Deviance of counts; infinite if a prediction is 0 or less, undefined if a target is negative."""
    real, predicted = np.where(y >= 0, y, np.nan), np.where(prediction > 0, prediction, np.nan)
    logarithm = real * np.log(np.where(real > 0, real, 1.0) / predicted)
    return _mean_or_infinite(_infinite_outside(2 * (logarithm - real + predicted), prediction), weights)


def mean_gamma_deviance(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Deviance of positive amounts; infinite if a prediction is 0 or less, undefined if a target is."""
    real, predicted = np.where(y > 0, y, np.nan), np.where(prediction > 0, prediction, np.nan)
    return _mean_or_infinite(
        _infinite_outside(2 * (np.log(predicted / real) + real / predicted - 1), prediction), weights
    )


def d2_absolute_error_score(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Share of the mean distance to the median that is explained."""
    centre = _median(y, weights)[:, None]
    null = ratio(np.sum(np.abs(y - centre) * weights, axis=1), weights.sum(axis=1))
    return 1.0 - ratio(mean_absolute_error(y, prediction, weights), null)


def max_error(y: Predicted, prediction: Predicted, weights: Batch) -> Batch:
    """Largest distance."""
    largest: Batch = np.max(np.where(weights > 0, np.abs(y - prediction), -np.inf), axis=1)
    return largest


def _variance(values: NDArray[np.float64], weights: Batch) -> Batch:
    mean = weighted_mean(values, weights)[:, None]
    return ratio(np.sum((values - mean) ** 2 * weights, axis=1), weights.sum(axis=1))


def _median(values: NDArray[np.float64], weights: Batch) -> Batch:
    """Median under each row of `weights`; between the two middle values where the weights fall half and half."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    slack = 1e-9 * half
    lower = np.argmax(reached >= half - slack, axis=1)
    upper = np.argmax(reached > half + slack, axis=1)
    middle: Batch = (values[order[lower]] + values[order[upper]]) / 2
    return middle


def _infinite_outside(losses: NDArray[np.float64], prediction: Predicted) -> NDArray[np.float64]:
    return np.where(prediction > 0, losses, np.inf)


def _mean_or_infinite(losses: NDArray[np.float64], weights: Batch) -> Batch:
    """Mean of losses of which some may be infinite; those count only where their weight is not 0."""
    infinite = np.isinf(losses)
    mean = weighted_mean(np.where(infinite, 0.0, losses), weights)
    return np.where(weights @ infinite > 0, np.inf, mean)
