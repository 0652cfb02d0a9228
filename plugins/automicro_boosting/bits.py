"""About how many bits the parts of a packed model take: what pruning weighs against the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Feature

    Floats = NDArray[np.float64]

__all__ = ["Bits"]

_CUT = {
    "numeric": 6.0,
    "lookup": 1.0,
    "level": 0.0,
    "missing": 0.0,
    "gram": 4.0,
    "summary": 6.0,
}  # a threshold that no other split uses
_COLUMN = 5.0
_TEXT = {
    "level": 12.0,
    "lookup": 4.0,
    "gram": 6.0,
    "summary": 4.0,
}  # a level's text; a look-up leaves some out, and columns may share them
_MOST_LEVELS = 128


@dataclass(frozen=True, eq=False)
class Bits:
    """Estimates from packed models.

    Parameters
    ----------
    cut, feature : array of float64, (features,)
        The first use of a threshold, and the first use of a feature: its column, and the texts of its levels.
    table : float
        A step table.
    piece : float
        A value of a step table.
    split : float
        A split of a tree: its place, which threshold it compares with, and one more leaf.
    """

    cut: Floats
    feature: Floats
    table: float = 6.0
    piece: float = 3.0
    split: float = 9.0

    @classmethod
    def of(cls, features: Sequence[Feature], X: NDArray[np.float32]) -> Bits:
        """Return the estimates for some features, given their values, (rows, features)."""
        texts = [_texts(feature, X[:, place]) for place, feature in enumerate(features)]
        return cls(np.array([_CUT[feature.kind] for feature in features]), _COLUMN + np.array(texts))


def _texts(feature: Feature, x: NDArray[np.float32]) -> float:
    """Return about how many bits the texts of a feature's levels take."""
    if feature.kind == "lookup":
        return _TEXT["lookup"] * min(len(np.unique(x)), _MOST_LEVELS)
    return _TEXT.get(feature.kind, 0.0)
