"""Thresholds that take few bits: the shortest number between two values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HALF", "shared_thresholds", "shortest_between"]

LARGEST = float(np.finfo(np.float32).max)
SMALLEST_STEP = -149  # exponent of the smallest positive float32
HALF = (0.5, float(np.nextafter(np.float32(0.5), np.float32(1))))
"""Between these lies no other float32 number than 0.5."""


def shortest_between(low: float, high: float) -> float:
    """Return the float32 number t, ``low <= t < high``, with the most zeros at the end of its binary digits.

    Parameters
    ----------
    low, high : float
        Float32 numbers, `low` below `high`.

    Examples
    --------
    >>> shortest_between(0.3, 0.7), shortest_between(5.0, 7.0), shortest_between(-3.0, 2.0)
    (0.5, 6.0, 0.0)
    """
    if low <= 0 < high:
        return 0.0
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    while exponent >= SMALLEST_STEP:
        found = math.ldexp(math.ceil(math.ldexp(low, -exponent)), exponent)
        if low <= found < high and abs(found) <= LARGEST:
            return found
        exponent -= 1
    return low


def shared_thresholds(
    feature: NDArray[np.int32], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return a threshold for every split, each between its `low` and `high`; the fewest different ones that can be.

    Parameters
    ----------
    feature : array, (nodes,)
        -1 at leaves, which get a threshold of 0.
    low, high : array, (nodes,)
    """
    threshold = np.zeros(len(feature), dtype=np.float32)
    for each in np.unique(feature[feature >= 0]):
        mine = np.flatnonzero(feature == each)
        waiting = mine[np.lexsort((mine, high[mine]))]
        while waiting.size:  # what overlaps the interval that ends first shares a threshold: the fewest that reach all
            together = waiting[low[waiting] < high[waiting[0]]]
            threshold[together] = shortest_between(float(low[together].max()), float(high[waiting[0]]))
            waiting = waiting[low[waiting] >= high[waiting[0]]]
    return threshold
