"""Thresholds: those of few binary digits, and float32 ones that compare as float64 ones do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rounded_down", "shortest_between"]

DIGITS = 24  # of a float32
LARGEST = float(np.finfo(np.float32).max)


def shortest_between(low: float, high: float, *, central: bool = False) -> float:
    """Return the float32 number t, ``low <= t < high``, with the fewest binary digits.

    Parameters
    ----------
    low, high : float
        Float32 numbers, `low` below `high`.
    central : bool
        Whether of several that are equally short the one nearest the middle is returned, else the least.

    Returns
    -------
    float
        The number; `low` where no other has at most 24 digits.

    Examples
    --------
    >>> shortest_between(0.3, 0.7), shortest_between(5.0, 7.0), shortest_between(-3.0, 2.0)
    (0.5, 6.0, 0.0)
    >>> shortest_between(9.0, 15.5), shortest_between(9.0, 15.5, central=True)
    (12.0, 12.0)
    """
    if low <= 0 < high:
        return 0.0
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    for digits in range(1, DIGITS + 1):
        step = math.ldexp(1.0, exponent - digits)
        first, last = math.ceil(low / step), math.ceil(high / step) - 1
        code = min(max(round(0.5 * (low + high) / step), first), last) if central else first
        if first <= last and abs(code * step) <= LARGEST:
            return code * step
    return low


def rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 number not above each threshold: float32 features compare with it as with the threshold.

    Parameters
    ----------
    thresholds : array of float64
        Thresholds of ``x <= threshold``.

    Returns
    -------
    array of float32
        The numbers, none beyond the largest float32.

    Examples
    --------
    >>> rounded_down(np.array([0.5, 0.1])) <= np.array([0.5, 0.1])
    array([ True,  True])
    """
    near = np.clip(thresholds, -LARGEST, LARGEST).astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-LARGEST)), near)
