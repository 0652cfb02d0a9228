"""Encodings fitted to values: where a grid, a minifloat or a codebook lies best."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.encodings import Codebook, Fixed, Minifloat, short_scale
from automicro.program.wire.coding.blocks import describe_block

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from automicro.program.encodings import Encoding

__all__ = ["cheapest", "fit_codebook", "fit_fixed", "fit_minifloat"]


def cheapest(values: ArrayLike) -> Encoding:
    """Return the encoding that `pack` would choose: the cheapest of those that keep every value (as float32)."""
    return describe_block(np.asarray(values, dtype=np.float32))


def fit_minifloat(values: ArrayLike, mantissa_bits: int, exponent_bits: int = 4) -> Minifloat:
    """Return the minifloat whose largest exponent is that of the largest magnitude."""
    largest = float(np.max(np.abs(np.asarray(values, dtype=np.float64)), initial=0.0))
    if largest == 0:
        return Minifloat(exponent_bits, mantissa_bits, 0)
    exponent = int(np.frexp(largest)[1]) - 1
    if largest > (2.0 - 2.0 ** -(mantissa_bits + 1)) * 2.0**exponent:  # rounds up to the next power of two
        exponent += 1
    return Minifloat(exponent_bits, mantissa_bits, 2**exponent_bits - 1 - exponent)


def fit_fixed(values: ArrayLike, bits: int) -> Fixed:
    """Return the fixed encoding of `bits` bits, with a scale that is cheap to store, that covers values and keeps zero."""
    exact = np.asarray(values, dtype=np.float64)
    low, high = float(np.min(exact, initial=np.inf)), float(np.max(exact, initial=-np.inf))
    if not low < high:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high or not np.isfinite(high - low):
        return Fixed(bits, 1.0, 0)
    steps = max(2**bits - 1, 1)
    scale = short_scale(max(high - low, np.finfo(np.float32).tiny) / steps)
    while np.rint(high / scale) - np.rint(low / scale) > steps:
        scale = short_scale(scale * (1 + 2.0**-3))
    return Fixed(bits, scale, int(np.rint(low / scale)))


def fit_codebook(values: ArrayLike, entries: int) -> Codebook:
    """Return the codebook with the least squared error: optimal one-dimensional k-means by dynamic programming.

    References
    ----------
    Wang and Song, "Ckmeans.1d.dp: optimal k-means clustering in one dimension by dynamic programming", The R Journal 3/2, 2011.
    """
    points, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    if len(points) <= entries:
        return Codebook(tuple(points.tolist()) or (0.0,))
    bounds = _clusters(points, counts.astype(np.float64), entries)
    centres = [float(np.average(points[start:stop], weights=counts[start:stop])) for start, stop in pairwise(bounds)]
    return Codebook(tuple(float(np.float32(c)) for c in centres))


def _clusters(points: NDArray[np.float64], counts: NDArray[np.float64], clusters: int) -> list[int]:
    """Return the bounds of the clusters in sorted points."""
    centred = points - np.average(points, weights=counts)
    weight = np.concatenate(([0.0], np.cumsum(counts)))
    first = np.concatenate(([0.0], np.cumsum(counts * centred)))
    second = np.concatenate(([0.0], np.cumsum(counts * centred**2)))

    def cost(start: NDArray[np.int64], stop: int) -> NDArray[np.float64]:
        spread: NDArray[np.float64] = (
            second[stop] - second[start] - (first[stop] - first[start]) ** 2 / (weight[stop] - weight[start])
        )
        return spread

    n = len(points)
    best = np.array([0.0] + [cost(np.array([0]), stop)[0] for stop in range(1, n + 1)])
    choices = []
    for k in range(1, clusters):
        following = np.full(n + 1, np.inf)
        choice = np.zeros(n + 1, dtype=np.int64)
        for stop in range(k + 1, n + 1):
            starts = np.arange(k, stop)
            totals = best[starts] + cost(starts, stop)
            at = int(np.argmin(totals))
            following[stop], choice[stop] = totals[at], starts[at]
        best = following
        choices.append(choice)
    bounds = [n]
    for choice in reversed(choices):
        bounds.append(int(choice[bounds[-1]]))
    return [0, *reversed(bounds)]
