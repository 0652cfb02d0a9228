"""Limits: the least and the greatest prediction of a program of numbers."""

from __future__ import annotations

from math import ldexp
from typing import TYPE_CHECKING

from automicro.program.limits import MOST_FRACTION_BITS, parts_of_limit
from automicro.program.wire.coding.numbers import (
    read_choice,
    read_number,
    read_signed,
    write_choice,
    write_number,
    write_signed,
)

if TYPE_CHECKING:
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_limits", "write_limits"]

SIGNS = (0, 1, -1)
LEAST_CHANCES = (5, 1, 2)  # of a least prediction that is 0, above it, below it
GREATEST_CHANCES = (1, 6, 1)  # of a greatest prediction where the least is negative
COMMON = 8  # exponents around this one, 0 to 15, are the cheapest
LEAST_EXPONENT, MOST_EXPONENT = -1022, 1023


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def write_limits(sink: EventSink, limits: tuple[float, float]) -> None:
    """Write the least, then the greatest prediction; the sign of the latter only where the former is negative."""
    least, greatest = limits
    write_choice(sink, SIGNS.index(_sign(least)), LEAST_CHANCES)
    _write_size(sink, least)
    if least < 0:
        write_choice(sink, SIGNS.index(_sign(greatest)), GREATEST_CHANCES)
    _write_size(sink, greatest)


def read_limits(source: RangeDecoder) -> tuple[float, float]:
    """Return what `write_limits` wrote."""
    least = _read_size(source, SIGNS[read_choice(source, LEAST_CHANCES)])
    sign = SIGNS[read_choice(source, GREATEST_CHANCES)] if least < 0 else 1
    return least, _read_size(source, sign)


def _write_size(sink: EventSink, value: float) -> None:
    if value == 0:
        return
    _, exponent, odd = parts_of_limit(value)
    bits = odd.bit_length() - 1
    write_signed(sink, exponent - COMMON, 4)
    write_number(sink, bits, 2)
    if bits:  # the last bit is 1
        top = 1 << (bits - 1)
        sink.uniform((odd >> 1) - top, top)


def _read_size(source: RangeDecoder, sign: int) -> float:
    if sign == 0:
        return 0.0
    exponent = source.bounded(source.at_least(read_signed(source, 4) + COMMON, LEAST_EXPONENT), MOST_EXPONENT)
    bits = source.bounded(read_number(source, 2), MOST_FRACTION_BITS)
    top = 1 << max(bits - 1, 0)
    odd = 2 * (top + source.uniform(top)) + 1 if bits else 1
    return sign * ldexp(ldexp(odd, -bits), exponent)
