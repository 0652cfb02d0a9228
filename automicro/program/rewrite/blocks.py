"""Blocks made of other blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.rows import FLOAT32_MAX
from automicro.program.weights import Weights
from automicro.program.wire.blocks import describe_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

__all__ = ["joined"]


def joined(values: ArrayLike, sources: Iterable[Weights]) -> Weights:
    """Return values computed from other blocks; they count as rounded if all of those that are not zero do."""
    exact = np.clip(np.asarray(values, dtype=np.float64), -FLOAT32_MAX, FLOAT32_MAX)
    rounded = np.ascontiguousarray(exact.astype(np.float32) + np.float32(0))
    left_open = any(source.encoding is None and source.values.any() for source in sources)
    return Weights(rounded, None if left_open else describe_block(rounded))
