"""Values to predict: what a regression tree is grown on, and what its leaves say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import target_values
from automicro.plugin.objectives import LOGARITHMIC_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["centres", "regression_target"]

MEDIAN_METRICS = frozenset({"mean_absolute_error", "median_absolute_error", "d2_absolute_error_score"})
SMALLEST_LOG_TARGET = -1 + 1e-6


def regression_target(data: TrainingData) -> NDArray[np.float64]:
    """Return what a regression tree is grown on: values, or logarithms where the metric compares those, centred."""
    values = target_values(data)
    if _metric(data) in LOGARITHMIC_ERRORS:
        values = _logarithm(values)
    centred = values - np.average(values, weights=data.weights)
    spread = float(np.abs(centred).max(initial=0.0))
    return centred / spread if spread > 0 else centred


def centres(data: TrainingData) -> Callable[[NDArray[np.int64]], float]:
    """Return the function from rows to the value with the least training error for them; 0 for classes."""
    if data.task == "classification":
        return lambda rows: 0.0  # noqa: ARG005 - leaves of classes come from their masses
    y = target_values(data)
    weights = np.ones(len(y)) if data.weights is None else data.weights
    metric = _metric(data)
    if metric in MEDIAN_METRICS:
        return lambda rows: _median(y[rows], weights[rows])
    if metric == "mean_absolute_percentage_error":
        relative = weights / np.maximum(np.abs(y), np.finfo(np.float64).eps)
        return lambda rows: _median(y[rows], relative[rows])
    if metric == "max_error":
        return lambda rows: (float(y[rows].min()) + float(y[rows].max())) / 2
    if metric in LOGARITHMIC_ERRORS:
        logarithms = _logarithm(y)
        return lambda rows: float(np.expm1(np.average(logarithms[rows], weights=weights[rows])))
    return lambda rows: float(np.average(y[rows], weights=weights[rows]))


def _metric(data: TrainingData) -> str:
    return data.metric.removeprefix("neg_")


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithms: NDArray[np.float64] = np.log1p(np.maximum(values, SMALLEST_LOG_TARGET))
    return logarithms


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(reached, reached[-1] / 2)]])
