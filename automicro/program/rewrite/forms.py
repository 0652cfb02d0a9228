"""Forms that one body can take: step tables as trees, affine maps of 0-or-1 features as step tables, and which is shortest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import cut_ranges
from automicro.program.nodes import Affine, Forest, StepTables, Sum, Tree
from automicro.program.rewrite.blocks import joined
from automicro.program.rewrite.tables import Step
from automicro.program.wire.bodies import write_node
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.program.nodes import Node
    from automicro.program.rewrite.domains import Domain

__all__ = ["binary_steps", "body_of", "shortest", "with_trees"]

HALF = np.float32(0.5)


def body_of(parts: Sequence[Node]) -> Node:
    """Return the sum of parts, or the only one."""
    return parts[0] if len(parts) == 1 else Sum(tuple(parts))


def shortest(bodies: Sequence[Node], domains: Sequence[Domain]) -> Node:
    """Return the body that takes the fewest bits, the first of those that take equally many."""
    if len(bodies) == 1:
        return bodies[0]
    binary = tuple(d.values is not None and d.values.tolist() == [0.0, 1.0] for d in domains)
    inputs = Inputs(binary, tuple(d.has_nan for d in domains))

    def bits(body: Node) -> float:
        meter = Meter()
        write_node(meter, body, inputs)
        return round(meter.bits, 6)

    return min(bodies, key=bits)


def binary_steps(affine: Affine, domains: Sequence[Domain]) -> list[tuple[int, int, Step]] | None:
    """Return the terms of an affine map as step functions: feature, output, function; None if a feature is not 0 or 1."""
    weights = affine.weights.values
    used = np.flatnonzero(weights.any(axis=0)).tolist()
    listed = [domains[feature].values for feature in used]
    if not all(values is not None and values.tolist() == [0.0, 1.0] for values in listed):
        return None
    cut = np.array([HALF])
    return [
        (feature, int(output), Step(cut, np.array([0.0, float(weights[output, feature])]), None))
        for feature in used
        for output in np.flatnonzero(weights[:, feature])
    ]


def with_trees(forest: Forest, tables: StepTables) -> Forest | None:
    """Return a forest of narrow leaves with step tables added as trees; None if NaN adds what no piece of its table does."""
    leaves = np.concatenate([forest.leaves.values, tables.values.values[:, None]])
    trees = list(forest.trees)
    start = len(forest.leaves.values)
    for table, (first, last) in enumerate(cut_ranges(tables)):
        values = tables.values.values[start - len(forest.leaves.values) :][: last - first + 1]
        missing = values[0] if tables.missing is None else tables.missing.values[table]
        places = np.flatnonzero(values == missing)
        if not len(places):
            return None
        nodes = list(_balanced(0, len(values), int(places[0])))
        is_split = np.array([is_split for is_split, _, _ in nodes])
        place = np.array([place for _, place, _ in nodes])
        cuts = np.append(tables.cuts.values[first:last], np.float32(0))
        trees.append(
            Tree(
                np.where(is_split, tables.features[table], -1).astype(np.int32),
                np.where(is_split, cuts[np.where(is_split, place, 0)], 0).astype(np.float32),
                is_split & np.array([left for _, _, left in nodes]),
                np.where(is_split, 0, place + start).astype(np.int32),
                tables.outputs[table],
            )
        )
        start += len(values)
    return Forest(tuple(trees), joined(leaves, [forest.leaves, tables.values]), tables.bias)


def _balanced(first: int, stop: int, missing: int) -> Iterator[tuple[bool, int, bool]]:
    """Yield the nodes of a tree over pieces first..stop-1 in preorder: whether a split, its cut or piece, whether NaN goes left."""
    if stop - first == 1:
        yield False, first, False
        return
    cut = (first + stop) // 2 - 1
    yield True, cut, missing <= cut
    yield from _balanced(first, cut + 1, missing)
    yield from _balanced(cut + 1, stop, missing)
