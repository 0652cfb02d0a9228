"""Blocks of float32 values in the order given: each written in the shortest of several ways, none of which loses anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.encodings import Codebook, Fixed, Float32, Minifloat
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.number_grids import (
    finite,
    fixed_codes,
    fixed_values,
    mantissa_bits,
    read_scale,
    unit_of,
    write_scale,
)
from automicro.program.wire.coding.numbers import (
    read_choice,
    read_number,
    read_signed,
    write_choice,
    write_number,
    write_signed,
)
from automicro.program.wire.coding.sorted_floats import read_set, write_set
from automicro.program.wire.coding.symbols import SYMBOLS_AT_MOST, read_symbols, write_symbols

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

    Values = NDArray[np.float32]

__all__ = ["block_bits", "describe_block", "read_block", "write_block"]

ZEROS, FIXED, FLOATING, LISTED, UNITS = range(5)
CHANCES = (2, 6, 6, 2, 0)
FEW = (2, 7, 7, 0, 0)  # of blocks with fewer than LISTED_AT_LEAST values
BESIDE = (5, 1, 3, 0, 7)  # of blocks beside another one whose unit they may share
LISTED_AT_LEAST = 4
POSITIVE, NEGATIVE, MIXED = range(3)


def _chances(count: int, unit: float | None) -> tuple[int, ...]:
    return BESIDE if unit is not None else CHANCES if count >= LISTED_AT_LEAST else FEW


@dataclass(frozen=True, eq=False)
class _Zeros:
    """All values are zero."""

    kind = ZEROS

    def write(self, sink: EventSink) -> None:
        """Write nothing."""

    def encoding(self) -> Encoding:
        return Fixed(0, 1.0, 0)


@dataclass(frozen=True, eq=False)
class _OnFixed:
    """Multiples of a scale, or of the unit of another block."""

    scale: float
    codes: NDArray[np.int64]
    kind: int = FIXED

    def write(self, sink: EventSink) -> None:
        if self.kind == FIXED:
            write_scale(sink, self.scale)
        write_codes(sink, self.codes)

    def encoding(self) -> Encoding:
        return _fixed_encoding(self.codes, self.scale)


def _fixed_encoding(codes: NDArray[np.int64], scale: float) -> Encoding:
    low, high = int(codes.min()), int(codes.max())
    bits = (high - low).bit_length()
    return Fixed(bits, scale, low) if bits <= 24 else Float32()


def write_codes(sink: EventSink, codes: NDArray[np.int64]) -> None:
    """Write whole numbers of either sign: their range, which mostly has 0 in it, then each."""
    low, high = int(codes.min()), int(codes.max())
    if len(codes) == 1:
        write_signed(sink, low, 4)
        return
    write_number(sink, high - low, 3)
    around = low <= 0 <= high
    write_choice(sink, int(around), AROUND_ZERO)
    if around:
        sink.uniform(-low, high - low + 1)
    else:
        write_signed(sink, low, 4)
    write_symbols(sink, codes - low, high - low + 1)


AROUND_ZERO = (1, 7)


def read_codes(source: RangeDecoder, count: int) -> NDArray[np.int64]:
    """Read what `write_codes` wrote."""
    if count == 1:
        return np.array([read_signed(source, 4)], dtype=np.int64)
    span = read_number(source, 3)
    low = -source.uniform(span + 1) if read_choice(source, AROUND_ZERO) else read_signed(source, 4)
    return low + read_symbols(source, count, span + 1)


@dataclass(frozen=True, eq=False)
class _Floating:
    """Sign, exponent and the upper mantissa bits of float32 patterns."""

    values: Values
    kind = FLOATING

    def write(self, sink: EventSink) -> None:
        patterns = self.values.view(np.uint32).astype(np.int64)
        nonzero = self.values != 0
        exponents = (patterns >> 23) & 255
        low, high = int(exponents[nonzero].min()), int(exponents[nonzero].max())
        bits = mantissa_bits(self.values)
        negative = patterns[nonzero] >> 31
        signs = MIXED if 0 < negative.sum() < len(negative) else int(negative[0])
        several = len(patterns) > 1
        write_number(sink, bits, 2)
        write_signed(sink, high - 127, 3)
        sink.uniform(signs, 3 if several else 2)
        if several:
            zeros = int(not nonzero.all())
            sink.uniform(zeros, 2)
            write_number(sink, high - low, 2)
            codes = np.where(nonzero, high - exponents + zeros, 0)
            write_symbols(sink, codes, high - low + 1 + zeros)
        if signs == MIXED:
            write_symbols(sink, negative, 2)
        for mantissa in ((patterns[nonzero] & 0x7FFFFF) >> (23 - bits)).tolist():
            sink.uniform(mantissa, 1 << bits)

    def encoding(self) -> Encoding:
        return _float_encoding(self.values)


@dataclass(frozen=True, eq=False)
class _Listed:
    """The distinct values, then the position of each."""

    entries: Values
    codes: NDArray[np.int64]
    kind = LISTED

    def write(self, sink: EventSink) -> None:
        write_number(sink, len(self.entries) - 1, 1)
        write_set(sink, self.entries)
        write_symbols(sink, self.codes, len(self.entries))

    def encoding(self) -> Encoding:
        return Codebook(tuple(self.entries.tolist()))


def _float_encoding(values: Values) -> Encoding:
    """Return the smallest minifloat that holds values, or float32."""
    bits = mantissa_bits(values)
    nonzero = np.abs(values[values != 0]).astype(np.float64)
    exponents = np.frexp(nonzero)[1] - 1
    if bits >= 23 or exponents.min() < -126:
        return Float32()
    lowest = int(exponents.min())
    if bool((nonzero == 2.0**lowest).any()):
        lowest -= 1  # the pattern of the smallest number represents zero
    span = int(exponents.max()) - lowest
    exponent_bits = max(span.bit_length(), 1)
    return Minifloat(exponent_bits, bits, -lowest) if exponent_bits <= 8 else Float32()


_Way = _Zeros | _OnFixed | _Floating | _Listed


def _ways(values: Values, encoding: Encoding | None, unit: float | None) -> list[_Way]:
    if not values.any():
        return [_Zeros()]
    ways: list[_Way] = [_Floating(values)]
    if found := fixed_codes(values):
        ways.append(_OnFixed(*found))
    if isinstance(encoding, Fixed) and (found := fixed_codes(values, float(np.float32(encoding.scale)))):
        ways.append(_OnFixed(*found))
    if unit is not None and (found := fixed_codes(values, unit)):
        ways.append(_OnFixed(*found, UNITS))
    if len(values) >= LISTED_AT_LEAST and unit is None:
        entries, codes = np.unique(values, return_inverse=True)
        if 1 < len(entries) <= min(SYMBOLS_AT_MOST, len(values) // 2):
            ways.append(_Listed(entries, codes.reshape(-1)))
    return ways


def _shortest(values: Values, encoding: Encoding | None, unit: float | None) -> _Way:
    def bits(way: _Way) -> float:
        meter = Meter()
        write_choice(meter, way.kind, _chances(len(values), unit))
        way.write(meter)
        return meter.bits

    return min(_ways(values, encoding, unit), key=bits)


def write_block(
    sink: EventSink, values: Values, encoding: Encoding | None = None, beside: Values | None = None
) -> None:
    """Write float32 values in their order; the reader knows their number and the block `beside`, if there is one."""
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1) + np.float32(0)
    sink.claim(len(flat))
    if len(flat):
        unit = None if beside is None else unit_of(beside)
        way = _shortest(flat, encoding, unit)
        write_choice(sink, way.kind, _chances(len(flat), unit))
        way.write(sink)


def read_block(source: RangeDecoder, count: int, beside: Values | None = None) -> tuple[Values, Encoding]:
    """Read `count` values, and the encoding that they stood in."""
    source.claim(count)
    if not count:
        return np.empty(0, dtype=np.float32), Fixed(0, 1.0, 0)
    unit = None if beside is None else unit_of(beside)
    kind = read_choice(source, _chances(count, unit))
    if kind == ZEROS:
        return np.zeros(count, dtype=np.float32), Fixed(0, 1.0, 0)
    if kind == FLOATING:
        return _read_floating(source, count)
    if kind == LISTED:
        entries = read_set(source, read_number(source, 1) + 1)
        values = entries[read_symbols(source, count, len(entries))]
        return values, Codebook(tuple(entries.tolist()))
    scale = read_scale(source) if kind == FIXED or unit is None else unit
    codes = read_codes(source, count)
    return finite(fixed_values(codes, scale)), _fixed_encoding(codes, scale)


def _read_floating(source: RangeDecoder, count: int) -> tuple[Values, Encoding]:
    bits = source.bounded(read_number(source, 2), 23)
    high = read_signed(source, 3) + 127
    signs = source.uniform(3 if count > 1 else 2)
    exponents, nonzero = np.array([high]), np.array([True])
    if count > 1:
        zeros = source.uniform(2)
        span = read_number(source, 2)
        codes = read_symbols(source, count, source.bounded(span, 255) + 1 + zeros)
        exponents, nonzero = high + zeros - codes, (codes > 0) | (zeros == 0)
    if not 0 <= exponents[nonzero].min(initial=0) <= exponents[nonzero].max(initial=0) <= 254:
        raise ArtifactError("an exponent must be that of a float32 number; the file is damaged")
    left = int(nonzero.sum())
    negative = read_symbols(source, left, 2) if signs == MIXED else np.full(left, signs)
    mantissas = np.array([source.uniform(1 << bits) for _ in range(left)], dtype=np.int64) << (23 - bits)
    patterns = np.zeros(count, dtype=np.uint32)
    patterns[nonzero] = negative << 31 | exponents[nonzero] << 23 | mantissas
    values = patterns.view(np.float32) + np.float32(0)
    return values, _float_encoding(values) if values.any() else Fixed(0, 1.0, 0)


def block_bits(values: Values, encoding: Encoding | None = None, beside: Values | None = None) -> float:
    """Return the bits that a block takes."""
    meter = Meter()
    write_block(meter, values, encoding, beside)
    return meter.bits


def describe_block(values: Values) -> Encoding:
    """Return the encoding that a block is written in."""
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1) + np.float32(0)
    return _shortest(flat, None, None).encoding() if len(flat) else Fixed(0, 1.0, 0)
