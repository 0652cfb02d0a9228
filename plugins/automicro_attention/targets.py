"""What a network is trained towards: shares of classes or standardised targets, and the weight of every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Target", "target_of"]

ALIKE = frozenset({"balanced_accuracy", "recall_macro"})
ABSOLUTE = frozenset({"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"})


@dataclass(frozen=True, eq=False)
class Target:
    """Scores to reach, (rows, outputs): class shares, or numbers measured from `offset` on in multiples of `unit`, a power of two.

    `weights` (rows,) have mean 1.
    """

    loss: Literal["softmax", "sigmoid", "squared", "absolute"]
    values: NDArray[np.float32]
    weights: NDArray[np.float32]
    offset: float = 0.0
    unit: float = 1.0

    @property
    def link(self) -> Literal["softmax", "sigmoid", "identity"]:
        """What turns scores into predictions."""
        return self.loss if self.loss == "softmax" or self.loss == "sigmoid" else "identity"  # noqa: PLR1714 - mypy follows comparisons


def target_of(data: TrainingData) -> Target:
    """Return the target of prepared rows, or of a teacher where there is one."""
    weights = _row_weights(data)
    if data.task == "classification":
        if data.soft_targets is not None:
            shares = np.asarray(data.soft_targets, dtype=np.float64).reshape(len(data.y), -1)
        else:
            shares = np.eye(data.classes)[data.y.astype(np.int64)]
        wide = data.classes > 2
        values = np.asarray(shares if wide else shares[:, -1:], dtype=np.float32)
        return Target("softmax" if wide else "sigmoid", values, weights)
    y = np.asarray(data.y if data.soft_targets is None else data.soft_targets, dtype=np.float64).reshape(-1)
    offset = float(np.average(y, weights=weights))
    spread = float(np.sqrt(np.average((y - offset) ** 2, weights=weights)))
    unit = float(np.exp2(np.rint(np.log2(spread)))) if spread > 1e-12 * max(1.0, abs(offset)) else 1.0
    values = np.asarray((y - offset) / unit, dtype=np.float32)[:, None]
    absolute = data.metric.removeprefix("neg_") in ABSOLUTE
    return Target("absolute" if absolute else "squared", values, weights, offset, unit)


def _row_weights(data: TrainingData) -> NDArray[np.float32]:
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
    return np.asarray(weights / weights.mean(), dtype=np.float32)
