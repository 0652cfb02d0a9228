"""How features reach the first layer: times powers of two, and shifted by what its biases take up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Scaling", "scaling_of"]

ALIKE = 0.5  # of the features must range alike for all to share a factor, as the pixels of an image do
RANGE = 4.0
CLIP = 8.0  # spreads: what is farther out counts as this far while training


@dataclass(frozen=True, eq=False)
class Scaling:
    """x becomes factors * x - shifts, with factors (features,) powers of two and shifts (features,) whole numbers."""

    factors: NDArray[np.float64]
    shifts: NDArray[np.float64]

    def apply(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scaled features, (rows, features)."""
        scaled = X.astype(np.float64) * self.factors - self.shifts
        return np.clip(scaled, -CLIP, CLIP).astype(np.float32)


def scaling_of(data: TrainingData) -> Scaling:
    """Return the scaling of prepared rows: to a spread of about 1, around about 0."""
    X = data.X.astype(np.float64)
    spread, reach = X.std(axis=0), np.ptp(X, axis=0)
    varied = reach > 0
    spread[~varied] = 1.0
    binary = varied & np.array([feature.kind in {"level", "missing"} for feature in data.features], dtype=np.bool_)
    wide = varied & ~binary
    if wide.any() and (reach[wide] >= reach[wide].max() / RANGE).mean() >= ALIKE:
        spread[wide] = np.sqrt((spread[wide] ** 2).mean())
    exponent = np.clip(np.rint(-np.log2(spread)), -120, 120)
    exponent[binary] = 0
    factors = np.ldexp(1.0, exponent.astype(np.int64))
    shifts = np.rint(X.mean(axis=0) * factors)
    shifts[binary] = 0
    return Scaling(np.where(varied, factors, 0.0), np.where(varied, shifts, 0.0))
