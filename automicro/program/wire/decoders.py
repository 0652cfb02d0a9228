"""Decoders: which source columns are read, and how."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.nodes import Lookup, Missing, Numeric, OneHot
from automicro.program.weights import Weights
from automicro.program.wire.blocks import read_block, write_block
from automicro.program.wire.numbers import Chances, read_ascending, read_number, write_ascending, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder as Column
    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["Level", "binary_features", "feature_count", "level_lists", "read_layout", "write_layout", "write_numbers"]

PLAIN, FILLED, MISSING, ONE_HOT, LOOKUP = range(5)
Level = str | None


def _kind(decoder: Column) -> int:
    if isinstance(decoder, Numeric):
        return PLAIN if decoder.fill is None else FILLED
    return MISSING if isinstance(decoder, Missing) else ONE_HOT if isinstance(decoder, OneHot) else LOOKUP


def feature_count(decoders: Sequence[Column]) -> int:
    """Return the number of features that decoders make."""
    return sum(len(d.levels) if isinstance(d, OneHot) else 1 for d in decoders)


def binary_features(decoders: Sequence[Column]) -> list[bool]:
    """Return for every feature whether it can only be 0 or 1."""
    flags: list[bool] = []
    for decoder in decoders:
        binary = isinstance(decoder, OneHot | Missing)
        flags.extend([binary] * (len(decoder.levels) if isinstance(decoder, OneHot) else 1))
    return flags


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
        sink.uniform(kinds[0] + 1 if same else 0, LOOKUP + 2)
        chances = Chances(LOOKUP + 1, 2)
        for kind in kinds:
            if not same:
                chances.write(sink, kind)
    for levels in level_lists(decoders):
        write_number(sink, len(levels) - 1, 1)


def _write_columns(sink: Sink, columns: list[int], count: int) -> None:
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


def read_layout(source: Decoder, count: int) -> list[tuple[int, int, int]]:
    """Return column, kind and number of levels of every decoder."""
    columns = _read_columns(source, count)
    if not columns:
        return []
    same, chances = source.uniform(LOOKUP + 2), Chances(LOOKUP + 1, 2)
    kinds = [same - 1 if same else chances.read(source) for _ in columns]
    layout = []
    for column, kind in zip(columns, kinds, strict=True):
        levels = read_number(source, 1) + 1 if kind in (ONE_HOT, LOOKUP) else 0
        source.claim(levels)
        layout.append((column, kind, levels))
    return layout


def write_numbers(sink: Sink, decoders: Sequence[Column]) -> None:
    """Write fills in one block, then defaults and values of all look-ups in another."""
    fills = [d.fill for d in decoders if isinstance(d, Numeric) and d.fill is not None]
    write_block(sink, np.array(fills, dtype=np.float32))
    lookups = [d for d in decoders if isinstance(d, Lookup)]
    defaults = np.array([d.default for d in lookups], dtype=np.float32)
    encoding = lookups[0].values.encoding if lookups else None
    write_block(sink, np.concatenate([defaults, *(d.values.values for d in lookups)]), encoding)


def read_decoders(
    source: Decoder, layout: list[tuple[int, int, int]], lists: Sequence[tuple[Level, ...]]
) -> tuple[Column, ...]:
    """Read the numbers of decoders and put them together with their layout and levels."""
    fills = iter(read_block(source, sum(kind == FILLED for _, kind, _ in layout))[0].tolist())
    lookups = [levels for _, kind, levels in layout if kind == LOOKUP]
    block, encoding = read_block(source, len(lookups) + sum(lookups))
    defaults, position, texts = iter(block[: len(lookups)].tolist()), len(lookups), iter(lists)
    decoders: list[Column] = []
    for column, kind, levels in layout:
        if kind in (PLAIN, FILLED):
            decoders.append(Numeric(column, None if kind == PLAIN else next(fills)))
        elif kind == MISSING:
            decoders.append(Missing(column))
        elif kind == ONE_HOT:
            decoders.append(OneHot(column, next(texts)))
        else:
            values = Weights(block[position : position + levels], encoding)
            decoders.append(Lookup(column, next(texts), values, next(defaults)))
            position += levels
    if len({(c, k in (ONE_HOT, LOOKUP)) for c, k, _ in layout if k != MISSING}) != len(
        {c for c, k, _ in layout if k != MISSING}
    ):
        raise ArtifactError("a column must be read as numbers or as levels, not both; the file is damaged")
    return tuple(decoders)
