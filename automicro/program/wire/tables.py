"""Step tables: which features go to which outputs, cuts, then the values of all pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.analyse.usage import cut_ranges
from automicro.program.nodes import StepTables
from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import (
    Chances,
    read_ascending,
    read_choice,
    read_number,
    write_ascending,
    write_choice,
    write_number,
)
from automicro.program.wire.cuts import read_cuts, write_cuts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder
    from automicro.program.wire.inputs import Inputs

    Values = NDArray[np.float32]

__all__ = ["read_tables", "write_tables"]

NOT_CUT = (15, 1)
ONE_EACH, BY_FEATURE, LISTED = range(3)  # one table a feature; in the order of feature and output; in any order


def write_tables(sink: EventSink, node: StepTables, inputs: Inputs) -> None:
    """Write step tables over known inputs."""
    outputs = len(node.bias.values)
    write_number(sink, outputs - 1)
    features = sorted(set(node.features))
    sink.claim(len(node.features) + sum(node.pieces))
    sink.uniform(len(features), len(inputs) + 1)
    write_ascending(sink, features, 0, len(inputs) - 1)
    if not features:
        write_block(sink, node.bias.values, node.bias.encoding)
        return
    owners = [features.index(feature) for feature in node.features]
    shape = _write_owners(sink, owners, node.outputs, len(features), outputs)
    cuts = [node.cuts.values[start:stop] + np.float32(0) for start, stop in cut_ranges(node)]
    pools = [
        np.unique(np.concatenate([c for c, o in zip(cuts, owners, strict=True) if o == f]))
        for f in range(len(features))
    ]
    all_cut = all(map(len, pools))  # else some feature only says whether it is NaN
    write_choice(sink, int(not all_cut), NOT_CUT)
    write_cuts(sink, pools, [inputs.binary[f] for f in features], int(all_cut))
    if shape != ONE_EACH:
        for own, owner in zip(cuts, owners, strict=True):
            size = len(pools[owner])
            sink.uniform(len(own), size + 1)
            write_ascending(sink, np.searchsorted(pools[owner], own).tolist(), 0, size - 1)
    _write_values(sink, node, inputs)
    write_block(sink, node.bias.values, node.bias.encoding, node.values.values)


def _write_owners(sink: EventSink, owners: Sequence[int], targets: Sequence[int], features: int, outputs: int) -> int:
    """Write which feature every table reads and which output it adds to; return how."""
    pairs = list(zip(owners, targets, strict=True))
    if outputs == 1 and len(owners) == features and owners == sorted(owners):
        shape = ONE_EACH
    else:
        shape = BY_FEATURE if pairs == sorted(set(pairs)) else LISTED
    sink.uniform(shape, 3)
    if shape == BY_FEATURE:
        there = Chances(2, 1)
        for feature in range(features):
            for output in range(outputs):
                there.write(sink, int((feature, output) in pairs))
    elif shape == LISTED:
        write_number(sink, len(pairs), 2)
        for feature, output in pairs:
            sink.uniform(feature, features)
            sink.uniform(output, outputs)
    return shape


def _read_owners(source: RangeDecoder, features: int, outputs: int) -> tuple[int, list[tuple[int, int]]]:
    shape = source.uniform(3)
    if shape == ONE_EACH:
        return shape, [(feature, 0) for feature in range(features)]
    if shape == LISTED:
        count = read_number(source, 2)
        source.claim(count)
        return shape, [(source.uniform(features), source.uniform(outputs)) for _ in range(count)]
    source.claim(features * outputs)
    there = Chances(2, 1)
    return shape, [(f, o) for f in range(features) for o in range(outputs) if there.read(source)]


def _write_values(sink: EventSink, node: StepTables, inputs: Inputs) -> None:
    """Write the values of all pieces, without the first of each table if they are all 0, then those of NaN where it can come."""
    values = node.values.values
    first = np.cumsum([0, *node.pieces[:-1]])
    anchored = not values[first].any()
    sink.uniform(int(anchored), 2)
    write_block(sink, np.delete(values, first) if anchored else values, node.values.encoding)
    open_tables = [table for table, feature in enumerate(node.features) if inputs.missing[feature]]
    if open_tables:
        sink.uniform(int(node.missing is not None), 2)
        if node.missing is not None:
            write_block(sink, node.missing.values[open_tables], node.missing.encoding)


def read_tables(source: RangeDecoder, inputs: Inputs) -> StepTables:
    """Read what `write_tables` wrote."""
    outputs = read_number(source) + 1
    features = read_ascending(source, source.uniform(len(inputs) + 1), 0, len(inputs) - 1)
    if not features:
        nothing = Weights(np.empty(0, dtype=np.float32))
        return StepTables((), (), (), nothing, nothing, Weights(*read_block(source, outputs)))
    shape, pairs = _read_owners(source, len(features), outputs)
    least = 1 - read_choice(source, NOT_CUT)
    pool = read_cuts(source, [inputs.binary[f] for f in features], least)
    cuts = [pool[owner] if shape == ONE_EACH else _read_subset(source, pool[owner]) for owner, _ in pairs]
    pieces = tuple(len(own) + 1 for own in cuts)
    source.claim(sum(pieces))
    owners = tuple(features[owner] for owner, _ in pairs)
    values, missing = _read_values(source, owners, pieces, inputs)
    bias = Weights(*read_block(source, outputs, values.values))
    joined = Weights(np.concatenate([np.empty(0, dtype=np.float32), *cuts]))
    return StepTables(owners, tuple(output for _, output in pairs), pieces, joined, values, bias, missing)


def _read_subset(source: RangeDecoder, pool: Values) -> Values:
    count = source.uniform(len(pool) + 1)
    source.claim(count)
    return pool[np.array(read_ascending(source, count, 0, len(pool) - 1), dtype=np.int64)]


def _read_values(
    source: RangeDecoder, owners: tuple[int, ...], pieces: tuple[int, ...], inputs: Inputs
) -> tuple[Weights, Weights | None]:
    if not pieces:
        raise ArtifactError("step tables must be there for every feature that they read; the file is damaged")
    anchored = source.uniform(2)
    first = np.cumsum([0, *pieces[:-1]])
    block, encoding = read_block(source, sum(pieces) - anchored * len(pieces))
    values = np.zeros(sum(pieces), dtype=np.float32)
    values[np.setdiff1d(np.arange(sum(pieces)), first) if anchored else slice(None)] = block
    open_tables = [table for table, feature in enumerate(owners) if inputs.missing[feature]]
    if not open_tables or not source.uniform(2):
        return Weights(values, encoding), None
    known, missing_encoding = read_block(source, len(open_tables))
    missing = np.zeros(len(pieces), dtype=np.float32)
    missing[open_tables] = known
    return Weights(values, encoding), Weights(missing, missing_encoding)
