"""The scaling of features to mean 0 and variance 1, as one factor and one shift for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from automicro.program import Affine, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Scaling"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Factors and shifts, float32 (features,): a scaled feature is factor * x + shift."""

    factors: NDArray[np.float32]
    shifts: NDArray[np.float32]

    @classmethod
    def of(cls, X: NDArray[np.float32]) -> Self:
        """Return the scaling that leaves each feature of X, (rows, features), with mean 0 and variance 1; NaN does not count."""
        mean = np.nanmean(X, axis=0, dtype=np.float64)
        deviation = np.nanstd(X, axis=0, dtype=np.float64)
        factors = (1.0 / np.where(deviation > 0, deviation, 1.0)).astype(np.float32)
        return cls(factors, (-mean * factors).astype(np.float32))

    def __call__(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scaled features in Fortran order."""
        return np.asfortranarray(X * self.factors.astype(np.float64) + self.shifts, dtype=np.float32)

    def node(self, kept: NDArray[np.int64] | None = None) -> Affine:
        """Return the affine map of a program that scales some features, by default all."""
        chosen = np.arange(len(self.factors)) if kept is None else kept
        return Affine(Weights.of(np.diag(self.factors[chosen])), Weights.of(self.shifts[chosen]))
