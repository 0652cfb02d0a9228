"""Sets of float32 values: distinct, ascending, their number known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.number_grids import fixed_codes, fixed_values, mantissa_bits, read_scale, write_scale
from automicro.program.wire.coding.numbers import (
    read_ascending,
    read_number,
    read_signed,
    write_ascending,
    write_number,
    write_signed,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_set", "write_set"]

FIXED, FLOATING = range(2)


def write_set(sink: EventSink, values: NDArray[np.float32]) -> None:
    """Write one or more distinct ascending values, on a fixed or a floating line, whichever is shorter."""
    values = np.ascontiguousarray(values) + np.float32(0)
    sink.claim(len(values))
    found = fixed_codes(values)
    meter_fixed, meter_floating = Meter(), Meter()
    _write_floating(meter_floating, values)
    if found:
        _write_fixed(meter_fixed, *found)
    if found and meter_fixed.bits <= meter_floating.bits:
        sink.uniform(FIXED, 2)
        _write_fixed(sink, *found)
    else:
        sink.uniform(FLOATING, 2)
        _write_floating(sink, values)


def _write_fixed(sink: EventSink, scale: float, codes: NDArray[np.int64]) -> None:
    write_scale(sink, scale)
    write_signed(sink, int(codes[0]), 4)
    _write_rest(sink, codes.tolist(), 2)


def _write_rest(sink: EventSink, codes: list[int], order: int) -> None:
    """Write all codes but the first: the last one, then those between."""
    if len(codes) > 1:
        write_number(sink, codes[-1] - codes[0] - len(codes) + 1, order)
        write_ascending(sink, codes[1:-1], codes[0] + 1, codes[-1] - 1)


def _ordered(values: NDArray[np.float32], bits: int) -> list[int]:
    """Return float32 patterns of some mantissa bits as whole numbers in the order of the values."""
    patterns = values.view(np.uint32).astype(np.int64)
    magnitude = (patterns & 0x7FFFFFFF) >> (23 - bits)
    return list(np.where(patterns >> 31, -magnitude, magnitude).tolist())


def _write_floating(sink: EventSink, values: NDArray[np.float32]) -> None:
    bits = mantissa_bits(values)
    codes = _ordered(values, bits)
    write_number(sink, bits, 2)
    sink.uniform(int(codes[0] < 0), 2)
    write_signed(sink, (abs(codes[0]) >> bits) - 127, 3)
    sink.uniform(abs(codes[0]) & ((1 << bits) - 1), 1 << bits)
    _write_rest(sink, codes, bits + 1)


def read_set(source: RangeDecoder, count: int) -> NDArray[np.float32]:
    """Read `count` >= 1 values that `write_set` wrote."""
    source.claim(count)
    if source.uniform(2) == FIXED:
        scale = read_scale(source)
        values = fixed_values(np.array(_read_rest(source, read_signed(source, 4), count, 2), dtype=np.int64), scale)
    else:
        bits = source.bounded(read_number(source, 2), 23)
        sign = source.uniform(2)
        exponent = source.bounded(source.at_least(read_signed(source, 3) + 127, 0), 254)
        first = (exponent << bits) + source.uniform(1 << bits)
        codes = np.array(_read_rest(source, -first if sign else first, count, bits + 1), dtype=np.int64)
        if np.abs(codes).max() >> bits > 254:
            raise ArtifactError("an exponent must be that of a float32 number; the file is damaged")
        patterns = ((codes < 0).astype(np.int64) << 31 | np.abs(codes) << (23 - bits)).astype(np.uint32)
        values = patterns.view(np.float32) + np.float32(0)
    if not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise ArtifactError("values of a set must be finite and ascend; the file is damaged")
    return values


def _read_rest(source: RangeDecoder, first: int, count: int, order: int) -> list[int]:
    if count == 1:
        return [first]
    last = first + count - 1 + read_number(source, order)
    return [first, *read_ascending(source, count - 2, first + 1, last - 1), last]
