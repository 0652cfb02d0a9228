"""Decoders: which source columns are read, and how."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.program.weights import Weights
from automicro.program.wire.coding.numbers import (
    Chances,
    LearntNumbers,
    read_ascending,
    read_choice,
    read_number,
    write_ascending,
    write_choice,
    write_number,
)
from automicro.program.wire.derived import read_derived, write_derived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder as Column
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["Level", "level_lists", "read_layout", "with_levels", "write_layout"]

PLAIN, FILLED, MISSING, ONE_HOT, LOOKUP, GRAMS, SUMMARY = range(7)
KIND_CHANCES, KIND_GAIN = (8, 8, 8, 8, 8, 1, 1), 16
SAME = (32, 24, 32, 8, 16, 16, 4, 4)  # chances of mixed kinds, and of all decoders being of one kind
KIND_OF = {Missing: MISSING, OneHot: ONE_HOT, Lookup: LOOKUP, Grams: GRAMS, Summary: SUMMARY}
Level = str | None


def _kind(decoder: Column) -> int:
    if isinstance(decoder, Numeric):
        return PLAIN if decoder.fill is None else FILLED
    return KIND_OF[type(decoder)]


def level_lists(decoders: Sequence[Column]) -> list[Sequence[Level]]:
    """Return the levels of every decoder that has some."""
    return [d.levels for d in decoders if isinstance(d, OneHot | Lookup)]


def write_layout(sink: EventSink, decoders: Sequence[Column], columns: int) -> None:
    """Write columns and kinds of decoders, how many levels each has, and the settings of grams and summaries."""
    sink.claim(len(decoders))
    _write_columns(sink, [d.column for d in decoders], columns)
    kinds = [_kind(d) for d in decoders]
    if decoders:
        same = len(set(kinds)) == 1
        write_choice(sink, kinds[0] + 1 if same else 0, SAME)
        chances = Chances(len(KIND_CHANCES), KIND_GAIN, KIND_CHANCES)
        for kind in kinds:
            if not same:
                chances.write(sink, kind)
    one_hot, lookup = LearntNumbers(), LearntNumbers()
    for decoder in decoders:
        if isinstance(decoder, OneHot):
            one_hot.write(sink, len(decoder.levels) - 1)
        elif isinstance(decoder, Lookup):
            lookup.write(sink, len(decoder.levels))
    write_derived(sink, decoders)


def _write_columns(sink: EventSink, columns: list[int], count: int) -> None:
    """Write the columns that decoders read: as a set if they ascend, and which of them are read again."""
    distinct = sorted(set(columns))
    ascending = columns == sorted(columns)
    sink.uniform(int(not ascending), 2)
    if not ascending:
        write_number(sink, len(columns), 3)
        for column in columns:
            sink.uniform(column, count)
        return
    sink.uniform(len(distinct), count + 1)
    write_ascending(sink, distinct, 0, count - 1)
    repeated = len(distinct) < len(columns)
    if distinct:
        sink.uniform(int(repeated), 2)
    if repeated:
        again = Chances(2, 2)
        for column, following in pairwise([*columns, -1]):
            again.write(sink, int(column == following))


def _read_columns(source: RangeDecoder, count: int) -> list[int]:
    if source.uniform(2):
        length = read_number(source, 3)
        source.claim(length)
        return [source.uniform(count) for _ in range(length)]
    used = source.uniform(count + 1)
    source.claim(used)
    distinct = read_ascending(source, used, 0, count - 1)
    if not distinct or not source.uniform(2):
        return distinct
    columns, again = [], Chances(2, 2)
    for column in distinct:
        columns.append(column)
        while again.read(source):
            source.claim(1)
            columns.append(column)
    return columns


def read_layout(source: RangeDecoder, count: int) -> list[Column]:
    """Return decoders as far as the layout has them: 0 for each fill, None for each level, and look-ups have no values yet."""
    columns = _read_columns(source, count)
    if not columns:
        return []
    same, chances = read_choice(source, SAME), Chances(len(KIND_CHANCES), KIND_GAIN, KIND_CHANCES)
    kinds = [same - 1 if same else chances.read(source) for _ in columns]
    nothing = Weights(np.empty(0, dtype=np.float32))
    decoders: list[Column] = []
    one_hot, lookup = LearntNumbers(), LearntNumbers()
    for column, kind in zip(columns, kinds, strict=True):
        if kind == GRAMS:
            decoders.append(Grams(column, "word", 1, 1, 1, (0,)))
        elif kind == SUMMARY:
            decoders.append(Summary(column, "mean"))
        elif kind >= ONE_HOT:
            size = one_hot.read(source) + 1 if kind == ONE_HOT else lookup.read(source)
            source.claim(size)
            levels = (None,) * size
            decoders.append(OneHot(column, levels) if kind == ONE_HOT else Lookup(column, levels, nothing, 0.0))
        else:
            decoders.append(Missing(column) if kind == MISSING else Numeric(column, None if kind == PLAIN else 0.0))
    return read_derived(source, decoders)


def with_levels(decoders: Sequence[Column], lists: Sequence[tuple[Level, ...]]) -> tuple[Column, ...]:
    """Return decoders with their levels."""
    levels = iter(lists)
    return tuple(replace(d, levels=next(levels)) if isinstance(d, OneHot | Lookup) else d for d in decoders)
