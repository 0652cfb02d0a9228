"""Messages along edges and pools of graphs as bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Pool, Propagate
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import (
    read_ascending,
    read_choice,
    read_number,
    write_ascending,
    write_choice,
    write_number,
)

if TYPE_CHECKING:
    from automicro.program.nodes import PoolKind
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_pool", "read_propagate", "write_pool", "write_propagate"]

MESSAGES = ("sum", "mean", "symmetric", "max")
OWN, OWN_CHANCES = (1.0, 0.0), (4, 3, 1)
POOLS: tuple[PoolKind, ...] = ("sum", "mean", "max", "count")


def write_propagate(sink: EventSink, node: Propagate) -> None:
    """Write how messages are propagated."""
    sink.uniform(MESSAGES.index(node.kind), len(MESSAGES))
    write_number(sink, node.hops - 1)
    own = OWN.index(node.own) if node.own in OWN else len(OWN)
    write_choice(sink, own, OWN_CHANCES)
    if own == len(OWN):
        write_block(sink, np.array([node.own], dtype=np.float32))
    write_number(sink, 0 if node.attribute is None else node.attribute + 1)


def read_propagate(source: RangeDecoder) -> Propagate:
    """Read what `write_propagate` wrote."""
    kind = MESSAGES[source.uniform(len(MESSAGES))]
    hops = read_number(source) + 1
    own = read_choice(source, OWN_CHANCES)
    share = OWN[own] if own < len(OWN) else float(read_block(source, 1)[0][0])
    attribute = read_number(source)
    return Propagate(kind, hops, share, attribute - 1 if attribute else None)  # type: ignore[arg-type]  # one of the four names


def write_pool(sink: EventSink, node: Pool, inputs: int) -> None:
    """Write the items of a pool: for each kind its features, if items are in that order and come once, else one by one."""
    items = [(POOLS.index(kind), feature) for kind, feature in zip(node.kinds, node.features, strict=True)]
    ordered = all(a < b for a, b in pairwise(items))
    sink.claim(len(items))
    sink.uniform(int(ordered), 2)
    if not ordered:
        write_number(sink, len(items) - 1, 2)
        for kind, feature in items:
            sink.uniform(kind, len(POOLS))
            if kind < len(POOLS) - 1:
                sink.uniform(feature, inputs)
        return
    for kind in range(len(POOLS) - 1):
        features = [feature for other, feature in items if other == kind]
        sink.uniform(len(features), inputs + 1)
        write_ascending(sink, features, 0, inputs - 1)
    sink.uniform(int(items[-1][0] == len(POOLS) - 1), 2)


def read_pool(source: RangeDecoder, inputs: int) -> Pool:
    """Read what `write_pool` wrote."""
    items: list[tuple[int, int]] = []
    if not source.uniform(2):
        count = read_number(source, 2) + 1
        source.claim(count)
        for _ in range(count):
            kind = source.uniform(len(POOLS))
            items.append((kind, source.uniform(inputs) if kind < len(POOLS) - 1 else -1))
    else:
        for kind in range(len(POOLS) - 1):
            count = source.uniform(inputs + 1)
            source.claim(count)
            items += [(kind, feature) for feature in read_ascending(source, count, 0, inputs - 1)]
        if source.uniform(2):
            source.claim(1)
            items.append((len(POOLS) - 1, -1))
    return Pool(tuple(POOLS[kind] for kind, _ in items), tuple(feature for _, feature in items))
