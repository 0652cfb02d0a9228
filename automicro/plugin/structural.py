"""Constraints of a request on the structure of a model, as a family sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin.feature import Feature

__all__ = ["StructuralConstraints"]


@dataclass(frozen=True)
class StructuralConstraints:
    """Constraints on the structure of the model; a family honours what it can, and what it returns is checked.

    Parameters
    ----------
    monotone : tuple of (int, int)
        Source columns, each with 1 where the score (of two classes that of the second) must never fall as the column
        rises, or -1 where it must never rise. Missing values must not lead beyond the scores of the least and the largest number.
    max_operations : int or None
        Operations of one decision.
    max_interactions : int or None
        Pairs of source columns that act together; 0 means a sum of functions of one column each.
    must_use : tuple of int
        Source columns that the model must read.

    Examples
    --------
    >>> StructuralConstraints(monotone=((0, 1),), must_use=(0,)).monotone
    ((0, 1),)
    """

    monotone: tuple[tuple[int, int], ...] = ()
    max_operations: int | None = None
    max_interactions: int | None = None
    must_use: tuple[int, ...] = ()

    def signs(self, features: Sequence[Feature]) -> NDArray[np.int64]:
        """Return what is required of each prepared feature, (features,): 1 never to fall, -1 never to rise, 0 nothing."""
        wanted = dict(self.monotone)
        return np.array([wanted.get(f.column, 0) if f.kind == "numeric" else 0 for f in features], dtype=np.int64)

    def flags(self, features: Sequence[Feature]) -> NDArray[np.bool_]:
        """Return which prepared features, (features,), say that a column with a wanted direction is missing: best left alone."""
        wanted = dict(self.monotone)
        return np.array([f.column in wanted and f.kind == "missing" for f in features], dtype=np.bool_)
