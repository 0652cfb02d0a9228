"""Distances to points and the nearest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.encodings import Float32
from automicro.program.nodes import Distances, Nearest
from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.number_grids import unit_of
from automicro.program.wire.coding.numbers import read_number, read_signed, write_number, write_signed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder
    from automicro.program.wire.inputs import Inputs

__all__ = ["grid_exponents", "read_distances", "read_nearest", "write_distances", "write_nearest"]

TOGETHER, BY_FEATURE = range(2)
IN_TURN, IN_GROUPS, ANY = range(3)


def grid_exponents(relevances: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return for each feature the exponent that its grid loses to relevance: half that of its largest relevance, rounded down."""
    largest = np.atleast_2d(relevances).max(axis=0, initial=0).astype(np.float64)
    exponents: NDArray[np.int64] = (np.frexp(largest)[1].astype(np.int64) - 1) >> 1
    return np.where(largest > 0, exponents, 0)


def write_distances(sink: EventSink, node: Distances) -> None:
    """Write points and relevances over a known number of features."""
    points, relevances = node.points.values, node.relevances.values
    write_number(sink, len(points) - 1, 3)
    sink.uniform(relevances.ndim - 1, 2)
    write_block(sink, relevances, node.relevances.encoding)
    together, by_feature = Meter(), Meter()
    write_block(together, points, node.points.encoding)
    _write_by_feature(by_feature, node)
    way = BY_FEATURE if by_feature.bits < together.bits else TOGETHER
    sink.uniform(way, 2)
    if way == TOGETHER:
        write_block(sink, points, node.points.encoding)
    else:
        _write_by_feature(sink, node)


def _write_by_feature(sink: EventSink, node: Distances) -> None:
    points = node.points.values
    exponents = grid_exponents(node.relevances.values)
    shown = np.flatnonzero(points.any(axis=0))
    units = [np.frexp(unit_of(points[:, j]))[1] - 1 + exponents[j] for j in shown.tolist()]
    step = int(min(units, default=0))
    write_signed(sink, step, 3)
    for j, exponent in enumerate(exponents.tolist()):
        write_block(sink, points[:, j], node.points.encoding, _unit(step, exponent))


def _unit(step: int, exponent: int) -> NDArray[np.float32]:
    """Return a block whose unit is the grid of a feature, as near as float32 can hold it."""
    return np.ldexp(np.ones(1, dtype=np.float32), min(max(step - exponent, -149), 127))


def read_distances(source: RangeDecoder, inputs: Inputs) -> Distances:
    """Read what `write_distances` wrote."""
    features = len(inputs)
    count = read_number(source, 3) + 1
    own = source.uniform(2)
    source.claim(count)
    values, encoding = read_block(source, features * (count if own else 1))
    relevances = Weights(values.reshape(count, features) if own else values, encoding)
    if source.uniform(2) == TOGETHER:
        values, encoding = read_block(source, count * features)
        return Distances(Weights(values.reshape(count, features), encoding), relevances)
    step = source.bounded(source.at_least(read_signed(source, 3), -512), 512)
    columns = [
        read_block(source, count, _unit(step, exponent))[0] for exponent in grid_exponents(relevances.values).tolist()
    ]
    points = np.stack(columns, axis=1) if columns else np.empty((count, 0), dtype=np.float32)
    return Distances(Weights(np.ascontiguousarray(points), Float32()), relevances)


def write_nearest(sink: EventSink, node: Nearest) -> None:
    """Write which output owns which input, biases and the score of the last output."""
    outputs = int(max(node.owners)) + 1
    write_number(sink, outputs - 1)
    counts = np.bincount(node.owners)
    way = _owning(node.owners, counts)
    sink.uniform(way, 3)
    if way == IN_GROUPS:
        left = len(node.owners) - outputs
        for count in counts[:-1].tolist():
            sink.uniform(count - 1, left + 1)
            left -= count - 1
    elif way == ANY:
        for owner in node.owners:
            sink.uniform(int(owner), outputs)
    sink.uniform(int(node.bias is not None), 2)
    if node.bias is not None:
        write_block(sink, node.bias.values, node.bias.encoding)
    sink.uniform(int(node.otherwise is not None), 2)
    if node.otherwise is not None:
        write_block(sink, np.array([node.otherwise], dtype=np.float32))


def _owning(owners: tuple[int, ...], counts: NDArray[np.int64]) -> int:
    if list(owners) != sorted(owners):
        return ANY
    return IN_TURN if (counts == counts[0]).all() else IN_GROUPS


def read_nearest(source: RangeDecoder, inputs: Inputs) -> Nearest:
    """Read what `write_nearest` wrote."""
    outputs = source.bounded(read_number(source), len(inputs) - 1) + 1
    source.claim(outputs)
    way = source.uniform(3)
    if way == ANY:
        owners = [source.uniform(outputs) for _ in range(len(inputs))]
    elif way == IN_TURN:
        if len(inputs) % outputs:
            raise ArtifactError("owners must have equally many inputs; the file is damaged")
        owners = np.repeat(np.arange(outputs), len(inputs) // outputs).tolist()
    else:
        counts, left = [], len(inputs) - outputs
        for _ in range(outputs - 1):
            counts.append(source.uniform(left + 1) + 1)
            left -= counts[-1] - 1
        owners = np.repeat(np.arange(outputs), [*counts, left + 1]).tolist()
    bias = Weights(*read_block(source, len(inputs))) if source.uniform(2) else None
    otherwise = float(read_block(source, 1)[0][0]) if source.uniform(2) else None
    return Nearest(tuple(owners), bias, otherwise)
