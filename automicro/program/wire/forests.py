"""Forests: dictionaries of cuts and leaves, then every tree in preorder without pointers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.nodes import Forest, Tree
from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import read_ascending, read_number, write_ascending, write_number
from automicro.program.wire.coding.shapes import read_shapes, write_shapes
from automicro.program.wire.coding.symbols import SYMBOLS_AT_MOST, learnt_bits
from automicro.program.wire.cuts import read_cuts, write_cuts
from automicro.program.wire.leaves import LeafReader, LeafWriter
from automicro.program.wire.splits import LEFT, MIXED, RIGHT, SPLIT_GAINS, SplitRules, Splits, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder
    from automicro.program.wire.coding.shapes import Shapes
    from automicro.program.wire.inputs import Inputs

__all__ = ["read_forest", "write_forest"]

MOST_SPLITS = 1 << 22


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Every split of a forest as positions in dictionaries; `cut` is a list for each tree, over its nodes."""

    features: list[int]
    cuts: list[NDArray[np.float32]]
    place: dict[int, int]
    cut: list[NDArray[np.int64]]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> _Pairs:
        owners = np.concatenate([t.feature for t in trees]) if trees else np.empty(0, dtype=np.int32)
        values = np.concatenate([t.threshold for t in trees]) + np.float32(0) if trees else np.empty(0, np.float32)
        features = np.unique(owners[owners >= 0]).tolist()
        codes = np.full(len(owners), -1, dtype=np.int64)
        cuts = []
        for feature in features:
            mine = owners == feature
            entries, inverse = np.unique(values[mine], return_inverse=True)
            cuts.append(entries)
            codes[mine] = inverse.reshape(-1)
        ends = np.cumsum([len(t.feature) for t in trees], dtype=np.int64)[:-1]
        return cls(features, cuts, {f: i for i, f in enumerate(features)}, np.split(codes, ends) if trees else [])


def _is_bounded(trees: Sequence[Tree], pairs: _Pairs) -> bool:
    """Whether no split repeats a comparison that the splits above it have settled."""
    splits = Splits([len(c) for c in pairs.cuts], [], SplitRules(0, bounded=True, direction=RIGHT))
    for tree, cuts in zip(trees, pairs.cut, strict=True):
        stack: list[Visit] = [(0, None)]
        for feature, cut in zip(tree.feature.tolist(), cuts.tolist(), strict=True):
            depth = _next(stack, splits)
            if feature < 0:
                continue
            if not splits.allows(pairs.place[feature], cut):
                return False
            stack += splits.below(depth, pairs.place[feature], cut)
        _next(stack, splits)
    return True


def _next(stack: list[Visit], splits: Splits) -> int:
    """Return the depth of the next node, -1 after the last, and make the changes on the way."""
    depth = -1
    while stack and depth < 0:
        depth, change = stack.pop()
        splits.change(change)
    return depth


def _gain(trees: Sequence[Tree], pairs: _Pairs) -> int:
    """Return the gain that is likely the shortest."""
    size = sum(len(c) for c in pairs.cuts)
    if size > SYMBOLS_AT_MOST:
        return 0
    counts = []
    for feature, cuts in zip(pairs.features, pairs.cuts, strict=True):
        used = [cut[tree.feature == feature] for tree, cut in zip(trees, pairs.cut, strict=True)]
        counts.append(np.bincount(np.concatenate(used), minlength=len(cuts)))
    joined = np.concatenate(counts)
    return -1 if joined.max() == 1 else min(SPLIT_GAINS[1:], key=lambda gain: learnt_bits(joined, gain))


def _direction(trees: Sequence[Tree], inputs: Inputs) -> int:
    """Return where NaN goes at the splits that it can reach."""
    found = {
        left
        for tree in trees
        for feature, left in zip(tree.feature.tolist(), tree.default_left.tolist(), strict=True)
        if feature >= 0 and inputs.missing[feature]
    }
    return MIXED if len(found) > 1 else LEFT if True in found else RIGHT


def write_forest(sink: EventSink, forest: Forest, inputs: Inputs) -> None:
    """Write a forest over known inputs."""
    trees, pairs = forest.trees, _Pairs.of(forest.trees)
    used = pairs.features
    write_number(sink, len(forest.bias.values) - 1)
    write_number(sink, len(trees), 1)
    sink.claim(len(trees) + sum(len(t.feature) for t in trees))
    sink.uniform(len(used), len(inputs) + 1)
    write_ascending(sink, used, 0, len(inputs) - 1)
    write_cuts(sink, pairs.cuts, [inputs.binary[f] for f in used], 1)
    leaves = LeafWriter.of(forest)
    leaves.write_table(sink)
    if used:
        _write_trees(sink, trees, pairs, leaves, inputs)
    else:
        for tree in trees:
            leaves.write(sink, int(tree.leaf[0]))
    leaves.write_rows_in_order(sink)
    write_block(sink, forest.bias.values, forest.bias.encoding, leaves.rows)


def _write_trees(sink: EventSink, trees: Sequence[Tree], pairs: _Pairs, leaves: LeafWriter, inputs: Inputs) -> None:
    missing = [inputs.missing[f] for f in pairs.features]
    rules = SplitRules(_gain(trees, pairs), _is_bounded(trees, pairs), _direction(trees, inputs))
    rules.write(sink, missing)
    sizes = [len(cuts) for cuts in pairs.cuts]
    shapes = write_shapes(sink, [t.feature for t in trees], sum(sizes), once=rules.gain < 0)
    splits = Splits(sizes, missing, rules)
    for number, tree in enumerate(trees):
        stack: list[Visit] = [(0, None)]
        for i, feature in enumerate(tree.feature.tolist()):
            depth = _next(stack, splits)
            shapes.write(sink, depth, feature >= 0)
            if feature < 0:
                leaves.write(sink, int(tree.leaf[i]))
                continue
            place, cut = pairs.place[feature], int(pairs.cut[number][i])
            splits.write(sink, place, cut, bool(tree.default_left[i]))
            stack += splits.below(depth, place, cut)
        _next(stack, splits)


def read_forest(source: RangeDecoder, inputs: Inputs) -> Forest:
    """Read what `write_forest` wrote."""
    outputs = read_number(source) + 1
    count = read_number(source, 1)
    source.claim(count)
    used = read_ascending(source, source.uniform(len(inputs) + 1), 0, len(inputs) - 1)
    cuts = read_cuts(source, [inputs.binary[f] for f in used], 1)
    leaves = LeafReader(source, outputs, count)
    if used:
        trees = _read_trees(source, _Dictionary(used, cuts), leaves, [inputs.missing[f] for f in used], count)
    else:
        trees = tuple(_constant(leaves.read(source), leaves.outputs[number]) for number in range(count))
    table = leaves.table(source)
    return Forest(trees, table, Weights(*read_block(source, outputs, table.values)))


def _constant(leaf: int, output: int) -> Tree:
    nothing = np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.bool_)
    return Tree(np.full(1, -1, dtype=np.int32), *nothing, np.full(1, leaf, dtype=np.int32), output)


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """The features that splits read, and the cuts of each."""

    features: list[int]
    cuts: list[NDArray[np.float32]]


def _read_trees(
    source: RangeDecoder, known: _Dictionary, leaves: LeafReader, missing: list[bool], count: int
) -> tuple[Tree, ...]:
    sizes = [len(own) for own in known.cuts]
    rules = SplitRules.read(source, missing)
    most = SYMBOLS_AT_MOST if rules.gain else MOST_SPLITS
    if sum(sizes) > most:
        raise ArtifactError(f"a forest must have at most {most} distinct splits; the file is damaged")
    shapes = read_shapes(source, count, sum(sizes), once=rules.gain < 0)
    splits = Splits(sizes, missing, rules)
    return tuple(_read_tree(source, known, (shapes, splits), leaves, leaves.outputs[n]) for n in range(count))


def _read_tree(
    source: RangeDecoder, known: _Dictionary, form: tuple[Shapes, Splits], leaves: LeafReader, output: int
) -> Tree:
    (shapes, splits), nodes = form, []
    stack: list[Visit] = [(0, None)]
    while (depth := _next(stack, splits)) >= 0:
        source.claim(1)
        if not shapes.read(source, depth):
            nodes.append((-1, np.float32(0), False, leaves.read(source)))
            continue
        place, cut, to_left = splits.read(source)
        nodes.append((known.features[place], known.cuts[place][cut], to_left, 0))
        stack += splits.below(depth, place, cut)
    feature, threshold, default_left, leaf = zip(*nodes, strict=True)
    return Tree(
        np.array(feature, dtype=np.int32),
        np.array(threshold, dtype=np.float32),
        np.array(default_left, dtype=np.bool_),
        np.array(leaf, dtype=np.int32),
        output,
    )
