"""The limits of a program of numbers: the least and the greatest that it predicts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Program

__all__ = ["MOST_FRACTION_BITS", "limits_fault", "parts_of_limit", "shortest_between", "within_limits"]

MOST_FRACTION_BITS = 52  # of a float64
LEAST_EXPONENT = -1022  # of a float64 with all its bits


def parts_of_limit(limit: float) -> tuple[int, int, int]:
    """Return sign, exponent and odd whole number of ``sign * odd * 2**(exponent - bits)``, where odd has `bits` bits after its first."""
    fraction, exponent = math.frexp(abs(limit))
    odd = int(fraction * 2.0 ** (MOST_FRACTION_BITS + 1))
    return (1 if limit > 0 else -1), exponent - 1, odd // (odd & -odd)


def shortest_between(low: float, high: float) -> float:
    """Return the number from `low` to `high` whose binary fraction is the shortest: 0 where that lies between."""
    if low <= 0 <= high:
        return 0.0
    if high < 0:
        return -shortest_between(-high, -low)
    if low < 2.0**LEAST_EXPONENT:
        return 2.0**LEAST_EXPONENT
    exponent = math.frexp(low)[1] - 1
    for bits in range(MOST_FRACTION_BITS):
        step = math.ldexp(1.0, exponent - bits)
        if step and (found := math.ceil(low / step) * step) <= high:
            return found
    return low


def within_limits(predictions: NDArray[np.float64], limits: tuple[float, float] | None) -> NDArray[np.float64]:
    """Return predictions that are no less than the first and no more than the second limit; NaN stays."""
    return predictions if limits is None else np.clip(predictions, *limits)


def limits_fault(program: Program) -> str | None:
    """Return what is wrong with the limits of a program, if anything is."""
    limits = program.limits
    if limits is None:
        return None
    if program.link not in ("identity", "exp") or program.labels is not None:
        return f"limits go with numbers under the link identity or exp, but the link is {program.link} and the labels are {program.labels}"
    if len(limits) != 2 or not all(map(_is_limit, limits)) or not limits[0] < limits[1]:
        return f"limits must be two numbers in float64, the smaller one first, but are {limits!r}"
    return None


def _is_limit(limit: object) -> bool:
    return type(limit) is float and math.isfinite(limit) and (limit == 0 or abs(limit) >= 2.0**LEAST_EXPONENT)
