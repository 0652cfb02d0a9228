"""Offsets: what is subtracted from numbers of columns before they are rounded to float32."""

from __future__ import annotations

from dataclasses import replace
from math import ldexp
from typing import TYPE_CHECKING

from automicro.program.inputs.numbers import MOST_OFFSET_BITS, MOST_OFFSET_POWER, parts_of_offset
from automicro.program.inputs.rows import offsets_of
from automicro.program.nodes import Numeric
from automicro.program.wire.coding.numbers import (
    read_ascending,
    read_number,
    read_signed,
    write_ascending,
    write_number,
    write_signed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder as Column
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_offsets", "write_offsets"]


def _numeric_columns(decoders: Sequence[Column]) -> list[int]:
    return sorted({decoder.column for decoder in decoders if isinstance(decoder, Numeric)})


def write_offsets(sink: EventSink, decoders: Sequence[Column]) -> None:
    """Write which columns of numbers have an offset, at least one, and each offset."""
    numeric, offsets = _numeric_columns(decoders), offsets_of(decoders)
    places = [place for place, column in enumerate(numeric) if column in offsets]
    sink.uniform(len(places) - 1, len(numeric))
    write_ascending(sink, places, 0, len(numeric) - 1)
    for place in places:
        odd, power = parts_of_offset(offsets[numeric[place]])
        half = abs(odd) >> 1
        sink.uniform(int(odd < 0), 2)
        write_number(sink, half.bit_length(), 3)
        if half:
            top = 1 << (half.bit_length() - 1)
            sink.uniform(half - top, top)
        write_signed(sink, power, 4)


def read_offsets(source: RangeDecoder, decoders: Sequence[Column]) -> list[Column]:
    """Return decoders with the offsets that `write_offsets` wrote."""
    numeric = _numeric_columns(decoders)
    count = source.uniform(source.at_least(len(numeric), 1)) + 1
    source.claim(count)
    offsets = {numeric[place]: _read_offset(source) for place in read_ascending(source, count, 0, len(numeric) - 1)}
    return [replace(d, offset=offsets.get(d.column, 0.0)) if isinstance(d, Numeric) else d for d in decoders]


def _read_offset(source: RangeDecoder) -> float:
    sign = -1 if source.uniform(2) else 1
    bits = source.bounded(read_number(source, 3), MOST_OFFSET_BITS - 1)
    half = (1 << (bits - 1)) + source.uniform(1 << (bits - 1)) if bits else 0
    power = read_signed(source, 4)
    source.bounded(abs(power), MOST_OFFSET_POWER)
    return ldexp(sign * (2 * half + 1), power)
