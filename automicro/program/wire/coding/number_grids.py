"""Number lines: sets of float32 values that whole numbers represent.

A fixed line holds the multiples of a scale. A floating line holds the float32 values of some mantissa bits, in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.wire.coding.numbers import read_number, read_signed, write_number, write_signed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["finite", "fixed_codes", "fixed_values", "mantissa_bits", "read_scale", "unit_of", "write_scale"]

WIDEST = 40  # bits of the largest code of a fixed line
EXPONENT_ORIGIN = -4  # the exponent of a scale that is the cheapest to write


def mantissa_bits(values: NDArray[np.float32]) -> int:
    """Return the fewest mantissa bits, 0 to 23, of float32 patterns that hold all values."""
    joined = int(np.bitwise_or.reduce(values.view(np.uint32) & 0x7FFFFF, initial=0))
    return 23 - ((joined & -joined).bit_length() - 1) if joined else 0


def fixed_codes(values: NDArray[np.float32], scale: float | None = None) -> tuple[float, NDArray[np.int64]] | None:
    """Return the largest scale of which all values are multiples, and the multipliers; None if they would be too large.

    With a scale given, return the multipliers of that scale if they give the values.
    """
    if scale is None:
        scale = _common_scale(values)
    if scale is None:
        return None
    codes = np.rint(values.astype(np.float64) / scale)
    if np.abs(codes).max(initial=0) >= 2.0**WIDEST or not np.array_equal(fixed_values(codes, scale), values):
        return None
    return scale, codes.astype(np.int64)


def _lowest_digits(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return for nonzero values the exponent of their lowest binary digit."""
    mantissa, exponent = np.frexp(np.abs(values).astype(np.float64))
    digits = (mantissa * 2.0**24).astype(np.int64)
    lowest: NDArray[np.int64] = exponent - 24 + np.frexp((digits & -digits).astype(np.float64))[1] - 1
    return lowest


def unit_of(values: NDArray[np.float32]) -> float:
    """Return the largest power of two of which all values are multiples; 1 if they are all zero."""
    nonzero = values[values != 0]
    return float(np.ldexp(1.0, int(_lowest_digits(nonzero).min()))) if len(nonzero) else 1.0


def _common_scale(values: NDArray[np.float32]) -> float | None:
    nonzero = np.abs(values[values != 0]).astype(np.float64)
    if not len(nonzero):
        return 1.0
    lowest = int(_lowest_digits(values[values != 0]).min())
    if int(np.frexp(nonzero.max())[1]) - lowest > WIDEST:
        return None
    scale = float(np.ldexp(float(np.gcd.reduce(np.ldexp(nonzero, -lowest).astype(np.int64))), lowest))
    return scale if float(np.float32(scale)) == scale else None


def fixed_values(codes: NDArray[np.int64] | NDArray[np.float64], scale: float) -> NDArray[np.float32]:
    """Return the values of a fixed line; the product is taken in float64 and rounded to float32."""
    with np.errstate(over="ignore"):
        return (codes * np.float64(scale)).astype(np.float32) + np.float32(0)


def write_scale(sink: EventSink, scale: float) -> None:
    """Write a positive float32 as an odd number times a power of two."""
    mantissa, exponent = np.frexp(scale)
    odd, power = int(mantissa * 2**24), int(exponent) - 24
    while odd % 2 == 0:
        odd, power = odd // 2, power + 1
    write_number(sink, odd // 2)
    write_signed(sink, power - EXPONENT_ORIGIN, 3)


def read_scale(source: RangeDecoder) -> float:
    """Read what `write_scale` wrote."""
    odd = 2 * read_number(source) + 1
    power = read_signed(source, 3) + EXPONENT_ORIGIN
    if odd >= 1 << 24 or not -149 <= power <= 127 or not odd * 2.0**power < 2.0**128:
        raise ArtifactError("a scale must be a float32 number; the file is damaged")
    return odd * 2.0**power


def finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values, which must be finite."""
    if not np.isfinite(values).all():
        raise ArtifactError("numbers must be finite; the file is damaged")
    return values
