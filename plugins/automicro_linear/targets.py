"""What a model is fitted to: the loss that serves the metric, and the unit that the target is measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined, class_shares, row_weights, target_values, unit_of
from automicro.plugin.objectives import ABSOLUTE_ERRORS, LOGARITHMIC_ERRORS
from automicro_linear.solve.losses import Absolute, Logistic, Loss, Poisson, Softmax, Squared, SquaredLog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Target", "target_of"]


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
        shares = class_shares(data)
        return Target(Softmax(shares) if data.classes > 2 else Logistic(shares[:, -1:]))
    y = target_values(data).reshape(-1, 1)
    metric = data.metric.removeprefix("neg_")
    if link == "exp":
        return _positive(y, metric)
    weights = row_weights(data)
    offset = float(weights @ y[:, 0] / weights.sum())
    unit = unit_of(float(np.sqrt(weights @ (y[:, 0] - offset) ** 2 / weights.sum())), offset)
    return Target((Absolute if metric in ABSOLUTE_ERRORS else Squared)((y - offset) / unit), offset, unit)


def _positive(y: NDArray[np.float64], metric: str) -> Target:
    """Return a target for the link exp."""
    if metric in LOGARITHMIC_ERRORS and y.min() > 0:
        return Target(SquaredLog(np.log(y)))
    if y.min() < 0 or y.max() <= 0:
        raise Declined("the link exp needs a target that is never negative and not always 0")
    mean = float(y.mean())
    return Target(Poisson(y / mean), float(np.log(mean)))
