"""What a model is fitted to: the loss that serves the metric, and the unit that the target is measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined
from automicro_linear.solve.losses import Absolute, Logistic, Loss, Poisson, Softmax, Squared, SquaredLog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Target", "row_weights", "target_of"]

ALIKE = frozenset({"balanced_accuracy", "recall_macro"})
ABSOLUTE = frozenset({"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"})
LOGARITHMIC = frozenset({"mean_squared_log_error", "root_mean_squared_log_error"})


@dataclass(frozen=True, eq=False)
class Target:
    """A loss of scores that are measured from `offset` on in multiples of `unit`."""

    loss: Loss
    offset: float = 0.0
    unit: float = 1.0


def target_of(data: TrainingData, link: str) -> Target:
    """Return the target of prepared rows, or of a teacher where there is one.

    Raises
    ------
    Declined
        If the link cannot give the targets.
    """
    if data.task == "classification":
        if data.soft_targets is not None:
            shares = np.asarray(data.soft_targets, dtype=np.float64).reshape(len(data.y), -1)
        else:
            shares = np.eye(data.classes)[data.y.astype(np.int64)]
        return Target(Softmax(shares) if data.classes > 2 else Logistic(shares[:, -1:]))
    y = np.asarray(data.y if data.soft_targets is None else data.soft_targets, dtype=np.float64).reshape(-1, 1)
    metric = data.metric.removeprefix("neg_")
    if link == "exp":
        return _positive(y, metric)
    weights = row_weights(data)
    offset = float(weights @ y[:, 0] / weights.sum())
    unit = float(np.sqrt(weights @ (y[:, 0] - offset) ** 2 / weights.sum()))
    unit = unit if unit > 1e-12 * max(1.0, abs(offset)) else 1.0
    return Target((Absolute if metric in ABSOLUTE else Squared)((y - offset) / unit), offset, unit)


def _positive(y: NDArray[np.float64], metric: str) -> Target:
    """Return a target for the link exp."""
    if metric in LOGARITHMIC and y.min() > 0:
        return Target(SquaredLog(np.log(y)))
    if y.min() < 0 or y.max() <= 0:
        raise Declined("the link exp needs a target that is never negative and not always 0")
    mean = float(y.mean())
    return Target(Poisson(y / mean), float(np.log(mean)))


def row_weights(data: TrainingData) -> NDArray[np.float64]:
    """Return the weights of the rows, turned so that they serve the metric: classes alike, or errors in percent."""
    weights = np.ones(len(data.y)) if data.weights is None else np.asarray(data.weights, dtype=np.float64)
    if not weights.any():
        weights = np.ones(len(data.y))
    if data.task == "classification" and data.metric in ALIKE:
        y = data.y.astype(np.int64)
        sums = np.bincount(y, weights=weights, minlength=data.classes)
        weights = weights / np.where(sums > 0, sums, 1.0)[y]
    elif data.metric.removeprefix("neg_") == "mean_absolute_percentage_error":
        size = np.abs(data.y.astype(np.float64))
        weights = weights / np.maximum(size, 0.01 * max(float(size.mean()), 1e-300))
    return weights
