"""Candidate cuts of a numeric feature: near its quantiles, and numbers of few significant bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["candidate_cuts", "short_between"]

SLACK = 0.35  # of the distance between two quantiles, in which a shorter number is looked for


def candidate_cuts(x: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return at most `count` ascending cuts, each with data on both sides.

    Where one value takes more rows than a bin should have, the others are cut by themselves, and once next to that value.
    """
    values, counts = np.unique(x, return_counts=True)
    if len(values) < 2:
        return np.empty(0, dtype=np.float32)
    if len(values) <= count + 1:
        gaps = np.arange(len(values) - 1)
        return _short(values, gaps, gaps)
    most = int(counts.argmax())
    cuts = set[float]()
    if counts[most] > len(x) / (count + 1):
        for gap in (most - 1, most):
            if 0 <= gap < len(values) - 1:
                cuts.update(_short(values, np.array([gap]), np.array([gap])).tolist())
        counts = counts.copy()
        counts[most] = 0
    ranks = np.cumsum(counts) / counts.sum()
    free = count - len(cuts) if count > len(cuts) else 0
    at = np.arange(1, free + 1) / (free + 1)
    low = np.searchsorted(ranks, at - SLACK / (free + 1))
    high = np.searchsorted(ranks, at + SLACK / (free + 1))
    last = len(values) - 2
    cuts.update(_short(values, np.minimum(low, last), np.minimum(high, last)).tolist())
    return np.array(sorted(cuts), dtype=np.float32)


def _short(values: NDArray[np.float32], low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return short numbers, each at or above ``values[low]`` and below ``values[high + 1]``."""
    cuts = [short_between(float(values[i]), float(values[j + 1])) for i, j in zip(low, high, strict=True)]
    return np.array(cuts, dtype=np.float32)


def short_between(low: float, high: float) -> float:
    """Return the number in [low, high) with the fewest significant bits, in float32.

    Examples
    --------
    >>> short_between(36.2, 41.0), short_between(-3.0, 0.5), short_between(0.1, 0.11)
    (40.0, 0.0, 0.1015625)
    """
    if low <= 0 < high:
        return 0.0
    size = max(abs(low), abs(high))
    exponent = math.frexp(size)[1]
    for bits in range(1, 25):
        step = math.ldexp(1.0, exponent - bits)
        number = math.ceil(low / step) * step
        if low <= number < high:
            return number
    return low
