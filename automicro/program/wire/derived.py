"""Decoders of texts and series: which buckets of which grams, which statistics of which windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from automicro.program.inputs.series import MOST_LEVEL
from automicro.program.nodes import Grams, Statistic, Summary
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.numbers import Chances, LearntNumbers, read_number, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder as Column
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_derived", "write_derived"]

STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
BITS = 24
GAIN = 2


class _Summaries:
    """What is learnt from one summary to the next."""

    def __init__(self) -> None:
        self.statistic = Chances(len(STATISTICS), GAIN)
        self.level = Chances(MOST_LEVEL + 1, GAIN)


def write_derived(sink: EventSink, decoders: Sequence[Column]) -> None:
    """Write the settings of grams and summaries, in the order of the decoders."""
    learnt = _Summaries()
    for decoder in decoders:
        if isinstance(decoder, Grams):
            _write_grams(sink, decoder)
        elif isinstance(decoder, Summary):
            learnt.statistic.write(sink, STATISTICS.index(decoder.statistic))
            learnt.level.write(sink, decoder.level)
            sink.uniform(decoder.window, 1 << decoder.level)


def read_derived(source: RangeDecoder, decoders: Sequence[Column]) -> list[Column]:
    """Return decoders with the settings that `write_derived` wrote."""
    learnt = _Summaries()
    result: list[Column] = []
    for decoder in decoders:
        if isinstance(decoder, Grams):
            result.append(_read_grams(source, decoder))
        elif isinstance(decoder, Summary):
            statistic, level = STATISTICS[learnt.statistic.read(source)], learnt.level.read(source)
            result.append(Summary(decoder.column, statistic, level, source.uniform(1 << level)))
        else:
            result.append(decoder)
    return result


def _write_grams(sink: EventSink, grams: Grams) -> None:
    sink.uniform(int(grams.unit == "character"), 2)
    write_number(sink, grams.low - 1)
    write_number(sink, grams.high - grams.low)
    write_number(sink, grams.prefix, 1)
    sink.uniform(int(grams.counted), 2)
    sink.uniform(int(grams.scaled), 2)
    sink.uniform(grams.bits - 1, BITS)
    sink.claim(len(grams.buckets))
    write_number(sink, len(grams.buckets) - 1, 6)

    def cost(low_bits: int) -> float:
        meter = Meter()
        _write_gaps(meter, grams.buckets, low_bits)
        return meter.bits

    usual = max(((1 << grams.bits) // len(grams.buckets)).bit_length() - 1, 0)
    low_bits = min(range(max(usual - 2, 0), min(usual + 2, BITS)), key=cost)
    sink.uniform(low_bits, BITS)
    _write_gaps(sink, grams.buckets, low_bits)


def _write_gaps(sink: EventSink, buckets: tuple[int, ...], low_bits: int) -> None:
    """Write what lies between one bucket and the next: the upper bits learnt, `low_bits` as they are."""
    upper, expected = LearntNumbers(), 0
    for bucket in buckets:
        gap = bucket - expected
        upper.write(sink, gap >> low_bits)
        sink.uniform(gap & ((1 << low_bits) - 1), 1 << low_bits)
        expected = bucket + 1


def _read_grams(source: RangeDecoder, grams: Grams) -> Grams:
    unit = source.uniform(2)
    low = read_number(source) + 1
    high = low + read_number(source)
    prefix = read_number(source, 1)
    counted, scaled = bool(source.uniform(2)), bool(source.uniform(2))
    bits = source.uniform(BITS) + 1
    count = read_number(source, 6) + 1
    source.claim(count)
    low_bits = source.uniform(BITS)
    upper, expected, buckets = LearntNumbers(), 0, list[int]()
    for _ in range(count):
        gap = upper.read(source) << low_bits
        gap |= source.uniform(1 << low_bits)
        buckets.append(source.bounded(expected + gap, (1 << bits) - 1))
        expected = buckets[-1] + 1
    return replace(
        grams,
        unit="character" if unit else "word",
        low=low,
        high=high,
        bits=bits,
        buckets=tuple(buckets),
        prefix=prefix,
        counted=counted,
        scaled=scaled,
    )
