"""Trees that keep the required directions, missing values included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import fills_of, ordered_leaves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Order", "filled"]


@dataclass(frozen=True, eq=False)
class Order:
    """Directions (features,): 1, -1 or 0; and what a missing value of a feature with a direction counts as, (features,)."""

    signs: NDArray[np.int64]
    fills: NDArray[np.float32]

    def kept(
        self, feature: NDArray[np.int32], scores: NDArray[np.float64], mass: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return scores (nodes,) of leaves that keep the directions."""
        return ordered_leaves(feature, scores, mass, self.signs)

    def default_left(
        self, feature: NDArray[np.int32], threshold: NDArray[np.float32], given: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return where missing values go at each split, (nodes,): as their filling, where the feature has a direction."""
        ordered = (feature >= 0) & (self.signs[feature] != 0)
        return np.where(ordered, self.fills[feature] <= threshold, given)


def filled(data: TrainingData) -> tuple[TrainingData, Order | None]:
    """Return the data with missing values of features with a direction filled, and the order to keep; None if none is requested."""
    signs = data.structural.signs(data.features)
    if not signs.any():
        return data, None
    fills = fills_of(data)
    known = np.where(np.isnan(data.X), fills, data.X)
    return replace(data, X=np.asfortranarray(known, dtype=np.float32)), Order(signs, fills)
