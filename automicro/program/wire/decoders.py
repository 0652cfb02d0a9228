"""Decoders: which source columns are read, and how."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Lookup, Missing, Numeric, OneHot
from automicro.program.weights import Weights
from automicro.program.wire.numbers import Chances, read_ascending, read_number, write_ascending, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder as Column
    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["Level", "level_lists", "read_layout", "with_levels", "write_layout"]

PLAIN, FILLED, MISSING, ONE_HOT, LOOKUP = range(5)
KINDS = 5
Level = str | None


def _kind(decoder: Column) -> int:
    if isinstance(decoder, Numeric):
        return PLAIN if decoder.fill is None else FILLED
    return MISSING if isinstance(decoder, Missing) else ONE_HOT if isinstance(decoder, OneHot) else LOOKUP


def level_lists(decoders: Sequence[Column]) -> list[Sequence[Level]]:
    """Return the levels of every decoder that has some."""
    return [d.levels for d in decoders if isinstance(d, OneHot | Lookup)]


def write_layout(sink: Sink, decoders: Sequence[Column], columns: int) -> None:
    """Write columns and kinds of decoders, and how many levels each has."""
    sink.claim(len(decoders))
    _write_columns(sink, [d.column for d in decoders], columns)
    kinds = [_kind(d) for d in decoders]
    if decoders:
        same = len(set(kinds)) == 1
        sink.uniform(kinds[0] + 1 if same else 0, KINDS + 1)
        chances = Chances(KINDS, 2)
        for kind in kinds:
            if not same:
                chances.write(sink, kind)
    for levels in level_lists(decoders):
        write_number(sink, len(levels), 1)


def _write_columns(sink: Sink, columns: list[int], count: int) -> None:
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


def _read_columns(source: Decoder, count: int) -> list[int]:
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


def read_layout(source: Decoder, count: int) -> tuple[list[Column], list[int]]:
    """Return decoders without levels and numbers, 0 standing for each fill, and how many levels those have that have some."""
    columns = _read_columns(source, count)
    if not columns:
        return [], []
    same, chances = source.uniform(KINDS + 1), Chances(KINDS, 2)
    kinds = [same - 1 if same else chances.read(source) for _ in columns]
    sizes = [read_number(source, 1) for kind in kinds if kind >= ONE_HOT]
    source.claim(sum(sizes))
    nothing = Weights(np.empty(0, dtype=np.float32))
    decoders: list[Column] = []
    for column, kind in zip(columns, kinds, strict=True):
        makers = (
            Numeric(column),
            Numeric(column, 0.0),
            Missing(column),
            OneHot(column, ()),
            Lookup(column, (), nothing, 0.0),
        )
        decoders.append(makers[kind])
    return decoders, sizes


def with_levels(decoders: Sequence[Column], lists: Sequence[tuple[Level, ...]]) -> list[Column]:
    """Return decoders with their levels."""
    levels = iter(lists)
    return [replace(d, levels=next(levels)) if isinstance(d, OneHot | Lookup) else d for d in decoders]
