"""Blocks made of other blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.encodings import Fixed, Float32
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from automicro.program.encodings import Encoding

__all__ = ["ROUNDING", "joined"]

ROUNDING = 2.0**-21  # of the largest value: what summing a few float32 numbers may add


def joined(values: ArrayLike, sources: Sequence[Weights]) -> Weights:
    """Return values computed from other blocks; they count as rounded if all of those that are not zero do.

    Sums and differences of multiples of one scale are taken to be multiples of it, so that rounding to float32 does not make them look
    like anything else.
    """
    exact = np.clip(np.asarray(values, dtype=np.float64), -FLOAT32_MAX, FLOAT32_MAX)
    rounded = np.ascontiguousarray(exact.astype(np.float32) + np.float32(0))
    used = [source for source in sources if source.values.any()]
    scales = {source.encoding.scale if isinstance(source.encoding, Fixed) else 0.0 for source in used}
    encoding: Encoding | None = None
    if len(scales) == 1 and (scale := float(np.float32(scales.pop()))) > 0:
        snapped = _multiples(exact, scale)
        if snapped is not None:
            rounded, encoding = snapped
    if any(source.encoding is None for source in used):
        return Weights(rounded)
    return Weights(rounded, encoding or Float32())


def _multiples(exact: NDArray[np.float64], scale: float) -> tuple[NDArray[np.float32], Encoding] | None:
    """Return the nearest multiples of a scale, if they are all as near as rounding allows."""
    codes = np.rint(exact / scale)
    if np.abs(codes * scale - exact).max(initial=0) > ROUNDING * np.abs(exact).max(initial=0) or not codes.size:
        return None
    bits = int(codes.max() - codes.min()).bit_length()
    if bits > 24:
        return None
    return np.ascontiguousarray(codes * scale, dtype=np.float32) + np.float32(0), Fixed(bits, scale, int(codes.min()))
