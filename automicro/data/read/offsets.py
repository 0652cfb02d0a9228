"""Offsets of columns whose numbers differ in their last digits only: what is subtracted before they are rounded to float32."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program.inputs.numbers import is_offset, numbers_of
from automicro.program.inputs.rows import level_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["different_numbers", "float32_values", "offset_of", "shortest_between"]

MERGED = 0.02  # of the different numbers of a column
NARROW = 256  # times the bulk is less than its distance from 0: of the 24 bits of a float 16 or fewer are left for it
BULK = (0.1, 0.9)  # quantiles between which it lies; the rest may be outliers, or numbers that represent missing
HIGHEST_POWER = 127
EXACT = 2.0**53  # beyond, float64 does not hold every whole number


def offset_of(values: NDArray[Any], known: NDArray[np.float64], distinct: NDArray[np.float64]) -> float:
    """Return what a column of numbers is read less: 0 unless many of its numbers are equal as float32 and far from 0.

    It is the number with the fewest binary digits in the middle of the column.

    Parameters
    ----------
    values : array of any dtype, (rows,)
        The column as it was given, in which whole numbers may have more digits than float64.
    known : array of float64, (known rows,)
        Its numbers without the missing ones.
    distinct : array of float64, (distinct numbers,)
        The same in ascending order, each once.
    """
    different, merged = different_numbers(values, distinct), len(float32_values(distinct))
    if different - merged <= MERGED * different:
        return 0.0
    low, middle, high = (float(q) for q in np.quantile(known, (BULK[0], 0.5, BULK[1])))
    width = high - low or float(np.ptp(known))
    if (high - low) * NARROW >= abs(middle):
        return 0.0
    offset = float(shortest_between(Fraction(low) - Fraction(width) / 2, Fraction(high) + Fraction(width) / 2))
    if not is_offset(offset):
        return 0.0
    read = numbers_of(values, 0, offset)
    left = len(np.unique(read[~np.isnan(read)]))
    return offset if 2 * (different - left) < different - merged else 0.0


def float32_values(distinct: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the different numbers as float32 of numbers in ascending order, in ascending order."""
    values = distinct.astype(np.float32)
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


def different_numbers(values: NDArray[Any], distinct: NDArray[np.float64]) -> int:
    """Return how many different numbers a column has: `distinct`, and whole ones that differ beyond the digits of float64."""
    is_long = len(distinct) and max(abs(distinct[0]), abs(distinct[-1])) >= EXACT
    if is_long and values.dtype.kind in "iu":
        return len(np.unique(values))
    if is_long and values.dtype.kind == "O":
        cells = [value for value in values.tolist() if level_text(value) is not None]
        if all(isinstance(value, int) for value in cells):
            return len(set(cells))
    return len(distinct)


def shortest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return the multiple of the largest power of two that lies between two numbers, the nearest to their middle.

    Examples
    --------
    >>> shortest_between(Fraction(1_700_000_000), Fraction(1_700_000_100))
    Fraction(1700000000, 1)
    """
    if low <= 0 <= high:
        return Fraction(0)
    middle = (low + high) / 2
    step = Fraction(2) ** HIGHEST_POWER
    while True:
        first, last = ceil(low / step), floor(high / step)
        if first <= last:
            return min(max(round(middle / step), first), last) * step
        step /= 2
