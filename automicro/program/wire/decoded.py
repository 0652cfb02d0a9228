"""Numbers of decoders, written after the body, from which parts of them follow: fills and look-ups.

Where a feature is only compared with cuts, a fill follows from the piece that it falls into, and a look-up holds ranks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Lookup, Numeric, feature_count
from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import read_block, write_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder as Column
    from automicro.program.nodes import Node
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_numbers", "write_numbers"]


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Places of decoders by how their numbers are written; `cuts` of those whose feature is only compared."""

    filled: list[int]
    filled_pieces: list[int]
    lookups: list[int]
    ranked: list[int]
    cuts: dict[int, NDArray[np.float32]]

    @classmethod
    def of(cls, decoders: Sequence[Column], body: Node) -> _Sorted:
        found, feature = usage(body), 0
        result = cls([], [], [], [], {})
        for place, decoder in enumerate(decoders):
            own = None if found.positional else found.cuts(feature)
            if own is not None and len(own):
                result.cuts[place] = own
            if isinstance(decoder, Numeric) and decoder.fill is not None:
                (result.filled if own is None else result.filled_pieces).append(place)
            if isinstance(decoder, Lookup):
                is_ranked = own is not None and len(own) and _are_halves(own)
                (result.ranked if is_ranked else result.lookups).append(place)
            feature += feature_count(decoder)
        return result

    def ends(self, place: int) -> NDArray[np.float32]:
        """Return the ends of the pieces of a feature."""
        return np.append(self.cuts.get(place, np.empty(0, dtype=np.float32)), np.float32(FLOAT32_MAX))


def _are_halves(cuts: NDArray[np.float32]) -> bool:
    return bool((cuts == np.arange(len(cuts)) + 0.5).all())


def write_numbers(sink: EventSink, decoders: Sequence[Column], body: Node) -> None:
    """Write fills, then defaults and values of look-ups."""
    places = _Sorted.of(decoders, body)
    fills = {p: d.fill for p, d in enumerate(decoders) if isinstance(d, Numeric) and d.fill is not None}
    at_ends = all(np.float32(fills[p]) in places.ends(p) for p in places.filled_pieces)
    if places.filled_pieces:
        sink.uniform(int(at_ends), 2)
    if at_ends:
        for place in places.filled_pieces:
            ends = places.ends(place)
            sink.uniform(int(np.searchsorted(ends, np.float32(fills[place]))), len(ends))
    blocked = places.filled if at_ends else sorted(places.filled + places.filled_pieces)
    write_block(sink, np.array([fills[p] for p in blocked], dtype=np.float32))
    _write_lookups(sink, decoders, places)


def _write_lookups(sink: EventSink, decoders: Sequence[Column], places: _Sorted) -> None:
    lookups = {p: d for p, d in enumerate(decoders) if isinstance(d, Lookup)}
    ranked = all(_is_ranked(lookups[p], len(places.cuts[p]) + 1) for p in places.ranked)
    if places.ranked:
        sink.uniform(int(ranked), 2)
    if ranked:
        for place in places.ranked:
            pieces, default = len(places.cuts[place]) + 1, int(lookups[place].default)
            sink.uniform(default, pieces)
            for rank in lookups[place].values.values.astype(int).tolist():
                sink.uniform(rank - (rank > default), pieces - 1)
    blocked = [lookups[p] for p in (places.lookups if ranked else sorted(places.lookups + places.ranked))]
    defaults = np.array([d.default for d in blocked], dtype=np.float32)
    encoding = blocked[0].values.encoding if blocked else None
    write_block(sink, np.concatenate([defaults, *(d.values.values for d in blocked)]), encoding)


def _is_ranked(lookup: Lookup, pieces: int) -> bool:
    """Whether a look-up holds ranks below `pieces`, no level that of the others."""
    ranks = np.append(lookup.values.values, np.float32(lookup.default))
    return (
        bool(((ranks >= 0) & (ranks < pieces) & (ranks == np.floor(ranks))).all())
        and not (ranks[:-1] == ranks[-1]).any()
    )


def read_numbers(source: RangeDecoder, decoders: Sequence[Column], body: Node) -> tuple[Column, ...]:
    """Return decoders with their fills and look-ups."""
    places = _Sorted.of(decoders, body)
    result = list(decoders)
    at_ends = bool(places.filled_pieces) and bool(source.uniform(2))
    if at_ends:
        for place in places.filled_pieces:
            ends = places.ends(place)
            result[place] = _filled(result[place], float(ends[source.uniform(len(ends))]))
    blocked = places.filled if at_ends else sorted(places.filled + places.filled_pieces)
    fills = read_block(source, len(blocked))[0].tolist()
    for place, fill in zip(blocked, fills, strict=True):
        result[place] = _filled(result[place], fill)
    _read_lookups(source, result, places)
    return tuple(result)


def _filled(decoder: Column, fill: float) -> Numeric:
    assert isinstance(decoder, Numeric)  # noqa: S101 - the places of these were sorted out
    return replace(decoder, fill=fill)


def _read_lookups(source: RangeDecoder, result: list[Column], places: _Sorted) -> None:
    ranked = bool(places.ranked) and bool(source.uniform(2))
    for place in places.ranked if ranked else []:
        result[place] = _read_ranks(source, result[place], len(places.cuts[place]) + 1)
    blocked = [
        p
        for p in (places.lookups if ranked else sorted(places.lookups + places.ranked))
        if isinstance(result[p], Lookup)
    ]
    sizes = [len(d.levels) for p in blocked if isinstance(d := result[p], Lookup)]
    block, encoding = read_block(source, len(blocked) + sum(sizes))
    parts = np.split(block, np.cumsum([len(blocked), *sizes])[:-1]) if blocked else []
    for number, place in enumerate(blocked):
        known = result[place]
        if isinstance(known, Lookup):
            result[place] = replace(known, values=Weights(parts[number + 1], encoding), default=float(parts[0][number]))


def _read_ranks(source: RangeDecoder, lookup: Column, pieces: int) -> Column:
    if not isinstance(lookup, Lookup):
        raise ArtifactError("ranks must belong to a look-up; the file is damaged")
    default = source.uniform(pieces)
    ranks = np.array([source.uniform(pieces - 1) for _ in lookup.levels], dtype=np.float32)
    return replace(lookup, values=Weights(ranks + (ranks >= default)), default=float(default))
