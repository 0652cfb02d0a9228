"""What a network is trained towards: shares of classes or standardised targets, and the weight of every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.plugin import class_shares, row_weights, target_values, unit_of
from automicro.plugin.objectives import ABSOLUTE_ERRORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Target", "target_of"]


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
    exact = row_weights(data)
    weights: NDArray[np.float32] = (exact / exact.mean()).astype(np.float32)
    if data.task == "classification":
        shares, wide = class_shares(data), data.classes > 2
        values = np.asarray(shares if wide else shares[:, -1:], dtype=np.float32)
        return Target("softmax" if wide else "sigmoid", values, weights)
    y = target_values(data)
    offset = float(np.average(y, weights=weights))
    spread = float(np.sqrt(np.average((y - offset) ** 2, weights=weights)))
    unit = float(np.exp2(np.rint(np.log2(unit_of(spread, offset)))))
    values = np.asarray((y - offset) / unit, dtype=np.float32)[:, None]
    absolute = data.metric.removeprefix("neg_") in ABSOLUTE_ERRORS
    return Target("absolute" if absolute else "squared", values, weights, offset, unit)
