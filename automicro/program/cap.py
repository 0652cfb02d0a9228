"""The cap of a program with the link exp: the power of two that its predictions are not above."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Program

__all__ = ["LEAST_CAP", "MOST_CAP", "cap_at_least", "cap_fault", "capped"]

LEAST_CAP, MOST_CAP = -1022, 1023  # powers of two that float64 holds in full


def cap_at_least(largest: float) -> int:
    """Return the cap with the smallest power of two that is not below a number; of numbers that have none, the nearest."""
    fraction, exponent = math.frexp(largest)
    return min(max(exponent - (fraction == 0.5), LEAST_CAP), MOST_CAP) if largest > 0 else LEAST_CAP


def capped(predictions: NDArray[np.float64], cap: int | None) -> NDArray[np.float64]:
    """Return predictions that are at most ``2**cap``; NaN stays."""
    return predictions if cap is None else np.minimum(predictions, 2.0**cap)


def cap_fault(program: Program) -> str | None:
    """Return what is wrong with the cap of a program, if anything is."""
    cap = program.cap
    if cap is None:
        return None
    if program.link != "exp" or program.labels is not None:
        return f"a cap goes with numbers under the link exp, but the link is {program.link} and the labels are {program.labels}"
    if type(cap) is not int or not LEAST_CAP <= cap <= MOST_CAP:
        return f"a cap must be a whole number in {LEAST_CAP}..{MOST_CAP}, but is {cap!r}"
    return None
