"""Numbers that take few bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["minifloats", "short_numbers", "significant_bits"]

SIGNIFICANT = (1.0, 1.25, 1.5, 1.75)


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
