"""What a network is fitted to: shares of classes or a standardised number, and how much each row weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import class_shares, row_weights, target_values, unit_of
from automicro.plugin.objectives import ABSOLUTE_ERRORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.program import Link

__all__ = ["Target", "target_of"]


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
    exact = row_weights(data)
    weights: NDArray[np.float32] = (exact / exact.mean()).astype(np.float32)
    if data.task == "classification":
        shares = class_shares(data)
        if data.outputs == 1:
            return Target(shares[:, -1:].astype(np.float32), weights, "sigmoid")
        return Target(shares.astype(np.float32), weights, "softmax")
    y = target_values(data).reshape(-1, 1)
    offset = float(np.average(y[:, 0], weights=weights))
    unit = unit_of(float(np.sqrt(np.average((y[:, 0] - offset) ** 2, weights=weights))), offset)
    is_absolute = data.metric.removeprefix("neg_") in ABSOLUTE_ERRORS
    return Target(((y - offset) / unit).astype(np.float32), weights, "identity", is_absolute, offset, unit)
