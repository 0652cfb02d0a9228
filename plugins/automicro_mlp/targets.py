"""What a network is fitted to: shares of classes or a standardised number, and how much each row weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.program import Link

__all__ = ["Target", "target_of"]

ALIKE = frozenset({"balanced_accuracy", "recall_macro"})
ABSOLUTE = frozenset({"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"})


@dataclass(frozen=True, eq=False)
class Target:
    """Targets (rows, outputs), shares or standardised numbers, and weights (rows,) of mean 1.

    A score s represents the number `offset` + `unit` * s.
    """

    values: NDArray[np.float32]
    weights: NDArray[np.float32]
    link: Link
    is_absolute: bool = False
    offset: float = 0.0
    unit: float = 1.0


def target_of(data: TrainingData) -> Target:
    """Return the target of prepared rows, or of a teacher where there is one."""
    weights = _row_weights(data)
    soft = None if data.soft_targets is None else np.asarray(data.soft_targets, dtype=np.float64)
    if data.task == "classification":
        shares = np.eye(data.classes)[data.y.astype(np.int64)] if soft is None else soft.reshape(len(data.y), -1)
        if data.outputs == 1:
            return Target(shares[:, -1:].astype(np.float32), weights, "sigmoid")
        return Target(shares.astype(np.float32), weights, "softmax")
    y = (data.y.astype(np.float64) if soft is None else soft).reshape(-1, 1)
    offset = float(np.average(y[:, 0], weights=weights))
    unit = float(np.sqrt(np.average((y[:, 0] - offset) ** 2, weights=weights)))
    unit = unit if unit > 1e-12 * max(1.0, abs(offset)) else 1.0
    is_absolute = data.metric.removeprefix("neg_") in ABSOLUTE
    return Target(((y - offset) / unit).astype(np.float32), weights, "identity", is_absolute, offset, unit)


def _row_weights(data: TrainingData) -> NDArray[np.float32]:
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
    result: NDArray[np.float32] = (weights / weights.mean()).astype(np.float32)
    return result
