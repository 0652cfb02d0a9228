"""Numbers near a given one that take few bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.inputs.rows import FLOAT32_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["short_grid", "short_number"]


def short_number(value: float, tolerance: float) -> float:
    """Return the float32 with the fewest mantissa bits within `tolerance` of `value`; 0 if that is near enough.

    Examples
    --------
    >>> short_number(37.4, 2.0), short_number(-0.02, 0.1)
    (36.0, 0.0)
    """
    if abs(value) <= tolerance:
        return 0.0
    mantissa, exponent = math.frexp(value)
    for bits in range(1, 24):
        rounded = math.ldexp(round(mantissa * 2**bits) / 2**bits, exponent)
        if abs(rounded - value) <= tolerance and abs(rounded) <= FLOAT32_MAX:
            return rounded
    return float(np.float32(value))


def short_grid(values: NDArray[np.float64], steps: int = 128) -> NDArray[np.float64]:
    """Round values to multiples of a power of two so that their range holds some `steps` of them."""
    spread = float(values.max() - values.min())
    if spread <= 0:
        return values.astype(np.float32).astype(np.float64)
    step = 2.0 ** math.floor(math.log2(spread / steps) + 0.5)
    return np.round(values / step) * step
