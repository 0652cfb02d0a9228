"""Numbers that take few bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["minifloats", "short_between", "short_numbers", "significant_bits"]

SIGNIFICANT = (1.0, 1.25, 1.5, 1.75)


def short_between(low: float, high: float) -> float:
    """Return the number in [low, high) with the fewest significant bits, in float32.

    Examples
    --------
    >>> short_between(36.2, 41.0), short_between(-3.0, 0.5), short_between(0.1, 0.11)
    (40.0, 0.0, 0.1015625)
    """
    if low <= 0 < high:
        return 0.0
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    for bits in range(1, 25):
        step = math.ldexp(1.0, exponent - bits)
        number = math.ceil(low / step) * step
        if low <= number < high:
            return number
    return low


def significant_bits(number: float) -> int:
    """Return the binary digits from the first to the last that is not 0; 0 for 0 and NaN."""
    if math.isnan(number) or number == 0:
        return 0
    numerator = abs(number.as_integer_ratio()[0])
    return numerator.bit_length() - (numerator & -numerator).bit_length() + 1


def short_numbers(low: float, high: float) -> NDArray[np.float64]:
    """Return, ascending, the numbers in [low, high] with at most two bits after the leading one; `low` is positive."""
    exponents = range(math.frexp(low)[1] - 1, math.frexp(high)[1])
    numbers = [math.ldexp(digits, exponent) for exponent in exponents for digits in SIGNIFICANT]
    return np.array([number for number in numbers if low <= number <= high])


def minifloats(exponent_bits: int, mantissa_bits: int) -> NDArray[np.float64]:
    """Return, ascending, the values of a minifloat whose largest exponent is 0."""
    exponents = np.arange(1.0 - 2.0**exponent_bits, 1.0)
    steps = 1.0 + np.arange(2**mantissa_bits) / 2**mantissa_bits
    positive = np.multiply.outer(2.0**exponents, steps).ravel()[1:]
    return np.concatenate([-positive[::-1], [0.0], positive])
