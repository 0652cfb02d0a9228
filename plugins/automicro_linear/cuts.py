"""Candidate cuts of a numeric feature: near its quantiles, and numbers of few significant bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import shortest_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["candidate_cuts"]

SLACK = 0.45  # of the distance between two quantiles, in which a shorter number is looked for


def candidate_cuts(x: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return at most `count` ascending cuts (or two, for a count of 1), each with data on both sides.

    Where one value takes more rows than a bin should have, it is cut off, and the others are cut by themselves.
    """
    values, counts = np.unique(x, return_counts=True)
    if len(values) < 2 or not count:
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
    cuts = [shortest_between(float(values[i]), float(values[j + 1])) for i, j in zip(low, high, strict=True)]
    return np.array(cuts, dtype=np.float32)
