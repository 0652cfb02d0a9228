"""Thresholds that take few bits: the shortest number between two values."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["shortest_between"]

LARGEST = float(np.finfo(np.float32).max)
SMALLEST_STEP = -149  # exponent of the smallest positive float32


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
