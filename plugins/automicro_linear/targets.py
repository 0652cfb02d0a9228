"""What a model is fitted to: the loss, and the scale that the target is measured in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined
from automicro_linear.losses import Logistic, Loss, Poisson, Softmax, Squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Target", "balanced", "target_of"]


@dataclass(frozen=True, eq=False)
class Target:
    """A loss on scaled targets; ``y = offset + unit * scaled`` for the identity, ``y = unit * scaled`` for exp."""

    loss: Loss
    offset: float = 0.0
    unit: float = 1.0

    def unscale(
        self, slopes: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return slopes and bias for targets in their own unit."""
        if isinstance(self.loss, Squared):
            return slopes * self.unit, bias * self.unit + self.offset
        if isinstance(self.loss, Poisson):
            return slopes, bias + np.log(self.unit)
        return slopes, bias


def target_of(data: TrainingData, link: str) -> Target:
    """Return the target of prepared rows, or of a teacher where there is one."""
    if data.task == "classification":
        if data.soft_targets is not None:
            shares = np.asarray(data.soft_targets, dtype=np.float64)
        else:
            shares = np.eye(data.classes)[data.y.astype(np.int64)]
        return Target(Softmax(shares) if data.classes > 2 else Logistic(shares[:, 1:]))
    y = np.asarray(data.y if data.soft_targets is None else data.soft_targets, dtype=np.float64).reshape(-1, 1)
    if link == "exp":
        if y.min() < 0 or y.max() <= 0:
            raise Declined("the link exp needs a target that is never negative and not always 0")
        unit = float(y.mean())
        return Target(Poisson(y / unit), 0.0, unit)
    offset = float(np.average(y[:, 0], weights=data.weights))
    unit = float(np.sqrt(np.average((y[:, 0] - offset) ** 2, weights=data.weights)))
    unit = unit if unit > 1e-12 * max(1.0, abs(offset)) else 1.0
    return Target(Squared((y - offset) / unit), offset, unit)


def balanced(data: TrainingData) -> TrainingData:
    """Return `data` with weights that give all classes the same sum, where the metric counts classes alike."""
    if data.task != "classification" or data.metric not in {"balanced_accuracy", "f1_macro", "recall_macro"}:
        return data
    y = data.y.astype(np.int64)
    weights = np.ones(len(y)) if data.weights is None else data.weights
    sums = np.bincount(y, weights=weights, minlength=data.classes)
    return replace(data, weights=weights / np.maximum(sums, 1e-12)[y])
