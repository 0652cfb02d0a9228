"""Step tables: features, cuts, then the values of all pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import StepTables
from automicro.program.weights import Weights
from automicro.program.wire.blocks import read_block, write_block
from automicro.program.wire.cuts import read_counts, read_cuts, write_counts, write_cuts
from automicro.program.wire.numbers import read_ascending, read_number, write_ascending, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["read_tables", "write_tables"]


def write_tables(sink: Sink, node: StepTables, features: int, binary: Sequence[bool]) -> None:
    """Write step tables; the reader knows the number of features and which of them are 0 or 1."""
    outputs = len(node.bias.values)
    write_number(sink, outputs - 1)
    write_block(sink, node.bias.values, node.bias.encoding)
    write_number(sink, len(node.features), 2)
    sink.claim(len(node.features) + sum(node.pieces))
    _write_owners(sink, node, features, outputs)
    write_counts(sink, [pieces - 1 for pieces in node.pieces])
    ends = np.concatenate(([0], np.cumsum(np.asarray(node.pieces, dtype=np.int64) - 1)))
    cuts = [node.cuts.values[start:stop] + np.float32(0) for start, stop in pairwise(ends.tolist())]
    there = [bool(len(c)) for c in cuts]
    write_cuts(sink, [c for c in cuts if len(c)], [binary[f] for f, t in zip(node.features, there, strict=True) if t])
    write_block(sink, node.values.values, node.values.encoding)
    sink.uniform(int(node.missing is not None), 2)
    if node.missing is not None:
        write_block(sink, node.missing.values, node.missing.encoding)


def _write_owners(sink: Sink, node: StepTables, features: int, outputs: int) -> None:
    """Write which feature every table reads and which output it adds to."""
    ascending = all(a < b for a, b in pairwise(node.features))
    sink.uniform(int(not ascending), 2)
    if ascending:
        write_ascending(sink, list(node.features), 0, features - 1)
    else:
        for feature in node.features:
            sink.uniform(feature, features)
    for output in node.outputs:
        sink.uniform(output, outputs)


def read_tables(source: Decoder, features: int, binary: Sequence[bool]) -> StepTables:
    """Read what `write_tables` wrote."""
    outputs = read_number(source) + 1
    bias = Weights(*read_block(source, outputs))
    count = read_number(source, 2)
    source.claim(count)
    if source.uniform(2):
        owners = [source.uniform(source.at_least(features, 1)) for _ in range(count)]
    else:
        owners = read_ascending(source, source.bounded(count, features), 0, features - 1)
    targets = tuple(source.uniform(outputs) for _ in range(count))
    sizes = read_counts(source, count)
    source.claim(sum(sizes) + count)
    there = [(size, binary[owner]) for size, owner in zip(sizes, owners, strict=True) if size]
    cuts = read_cuts(source, [size for size, _ in there], [flag for _, flag in there])
    values = Weights(*read_block(source, sum(sizes) + count))
    missing = Weights(*read_block(source, count)) if source.uniform(2) else None
    flat = np.concatenate(cuts) if cuts else np.empty(0, dtype=np.float32)
    pieces = tuple(size + 1 for size in sizes)
    return StepTables(tuple(owners), targets, pieces, Weights(flat), values, bias, missing)
