"""Forests: dictionaries of cuts and leaves, then every tree in preorder without pointers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.nodes import Forest, Tree
from automicro.program.weights import Weights
from automicro.program.wire.blocks import read_block, write_block
from automicro.program.wire.cuts import read_cuts, write_cuts
from automicro.program.wire.leaves import LeafReader, LeafWriter
from automicro.program.wire.numbers import (
    Chances,
    read_ascending,
    read_choice,
    read_number,
    write_ascending,
    write_choice,
    write_number,
)
from automicro.program.wire.shapes import read_shapes, write_shapes
from automicro.program.wire.splits import SPLIT_GAINS, Bounds, SplitChances
from automicro.program.wire.symbols import SYMBOLS_AT_MOST, learnt_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.wire.coder import Decoder, Sink
    from automicro.program.wire.inputs import Inputs
    from automicro.program.wire.shapes import Shapes

__all__ = ["read_forest", "write_forest"]

BOUNDED = (1, 15)
GAIN_CHANCES = (6, 6, 2, 2)
RIGHT, LEFT, MIXED = range(3)
MOST_SPLITS = 1 << 22


@dataclass(frozen=True, eq=False)
class _Splits:
    """Every split of a forest as positions in dictionaries; `cut` is a list for each tree, over its nodes."""

    features: list[int]
    cuts: list[NDArray[np.float32]]
    place: dict[int, int]
    cut: list[NDArray[np.int64]]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> _Splits:
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


def _children(bounds: Bounds, feature: int, cut: int, size: int) -> tuple[Bounds, Bounds]:
    low, high = bounds.get(feature, (0, size))
    return {**bounds, feature: (low, cut)}, {**bounds, feature: (cut + 1, high)}


def _is_bounded(trees: Sequence[Tree], splits: _Splits) -> bool:
    """Whether no split repeats a comparison that the splits above it have settled."""
    for tree, cuts in zip(trees, splits.cut, strict=True):
        stack: list[Bounds] = [{}]
        for feature, cut in zip(tree.feature.tolist(), cuts.tolist(), strict=True):
            bounds = stack.pop()
            if feature < 0:
                continue
            low, high = bounds.get(feature, (0, MOST_SPLITS))
            if not low <= cut < high:
                return False
            left, right = _children(bounds, feature, cut, MOST_SPLITS)
            stack += [right, left]
    return True


def _gain(trees: Sequence[Tree], splits: _Splits) -> int:
    """Return the place in `SPLIT_GAINS` that is likely the shortest."""
    size = sum(len(c) for c in splits.cuts)
    if size > SYMBOLS_AT_MOST:
        return SPLIT_GAINS.index(0)
    counts = []
    for feature, cuts in zip(splits.features, splits.cuts, strict=True):
        used = [cut[tree.feature == feature] for tree, cut in zip(trees, splits.cut, strict=True)]
        counts.append(np.bincount(np.concatenate(used), minlength=len(cuts)))
    joined = np.concatenate(counts)
    if joined.max() == 1:
        return SPLIT_GAINS.index(-1)
    return min(range(1, len(SPLIT_GAINS)), key=lambda place: learnt_bits(joined, SPLIT_GAINS[place]))


def write_forest(sink: Sink, forest: Forest, inputs: Inputs) -> None:
    """Write a forest over known inputs."""
    trees, outputs = forest.trees, len(forest.bias.values)
    splits = _Splits.of(trees)
    write_number(sink, outputs - 1)
    write_number(sink, len(trees), 1)
    sink.claim(len(trees) + sum(len(t.feature) for t in trees))
    _write_dictionaries(sink, splits, inputs)
    leaves = LeafWriter.of(forest)
    leaves.write_table(sink)
    missing = [inputs.missing[f] for f in splits.features]
    direction = _direction(trees, inputs)
    bounded, gain = _is_bounded(trees, splits), _gain(trees, splits) if splits.features else 0
    if splits.features:
        if any(missing):
            sink.uniform(direction, 3)
        write_choice(sink, int(bounded), BOUNDED)
        write_choice(sink, gain, GAIN_CHANCES)
        shapes = write_shapes(sink, [t.feature for t in trees], sum(map(len, splits.cuts)), SPLIT_GAINS[gain] < 0)
    chances = SplitChances([len(c) for c in splits.cuts], SPLIT_GAINS[gain])
    directions = Chances(2, 1)
    for number, tree in enumerate(trees):
        stack: list[tuple[int, Bounds]] = [(0, {})]
        for i, feature in enumerate(tree.feature.tolist()):
            depth, bounds = stack.pop()
            if splits.features:
                shapes.write(sink, depth, feature >= 0)
            if feature < 0:
                leaves.write(sink, int(tree.leaf[i]))
                continue
            place, cut = splits.place[feature], int(splits.cut[number][i])
            chances.write(sink, place, cut, bounds)
            if direction == MIXED and missing[place]:
                directions.write(sink, int(tree.default_left[i]))
            left, right = _children(bounds, place, cut, len(splits.cuts[place])) if bounded else ({}, {})
            stack += [(depth + 1, right), (depth + 1, left)]
    leaves.write_rows_in_order(sink)
    write_block(sink, forest.bias.values, forest.bias.encoding, leaves.rows)


def _direction(trees: Sequence[Tree], inputs: Inputs) -> int:
    """Return where NaN goes at the splits that it can reach."""
    found = {
        left
        for tree in trees
        for feature, left in zip(tree.feature.tolist(), tree.default_left.tolist(), strict=True)
        if feature >= 0 and inputs.missing[feature]
    }
    return MIXED if len(found) > 1 else LEFT if True in found else RIGHT


def _write_dictionaries(sink: Sink, splits: _Splits, inputs: Inputs) -> None:
    used = splits.features
    sink.uniform(len(used), len(inputs) + 1)
    write_ascending(sink, used, 0, len(inputs) - 1)
    write_cuts(sink, splits.cuts, [inputs.binary[f] for f in used], 1)


def read_forest(source: Decoder, inputs: Inputs) -> Forest:
    """Read what `write_forest` wrote."""
    outputs = read_number(source) + 1
    count = read_number(source, 1)
    source.claim(count)
    used = read_ascending(source, source.uniform(len(inputs) + 1), 0, len(inputs) - 1)
    cuts = read_cuts(source, [inputs.binary[f] for f in used], 1)
    sizes = [len(own) for own in cuts]
    if sum(sizes) > MOST_SPLITS:
        raise ArtifactError(f"a forest must have at most {MOST_SPLITS} distinct splits; the file is damaged")
    leaves = LeafReader(source, outputs, count)
    missing = [inputs.missing[f] for f in used]
    direction = source.uniform(3) if any(missing) else RIGHT
    bounded = bool(read_choice(source, BOUNDED)) if used else False
    gain = SPLIT_GAINS[read_choice(source, GAIN_CHANCES)] if used else 0
    if gain and sum(sizes) > SYMBOLS_AT_MOST:
        raise ArtifactError(f"chances are learnt of at most {SYMBOLS_AT_MOST} splits; the file is damaged")
    shapes = read_shapes(source, count, sum(sizes), gain < 0) if used else None
    directions = _Directions(direction, missing)
    reader = _TreeReader(used, cuts, SplitChances(sizes, gain), leaves, directions, shapes, bounded)
    trees = tuple(reader.read(source, number) for number in range(count))
    table = leaves.table(source)
    return Forest(trees, table, Weights(*read_block(source, outputs, table.values)))


class _Directions:
    """Where NaN goes at the splits that it can reach."""

    def __init__(self, direction: int, missing: Sequence[bool]) -> None:
        self._direction, self._missing, self._chances = direction, missing, Chances(2, 1)

    def read(self, source: Decoder, place: int) -> int:
        if not self._missing[place]:
            return RIGHT
        return self._chances.read(source) if self._direction == MIXED else self._direction


class _TreeReader:
    """Reads one tree after the other."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a forest that its trees refer to
        self,
        used: list[int],
        cuts: list[NDArray[np.float32]],
        chances: SplitChances,
        leaves: LeafReader,
        directions: _Directions,
        shapes: Shapes | None,
        bounded: bool,
    ) -> None:
        self._used, self._cuts, self._chances, self._leaves = used, cuts, chances, leaves
        self._directions, self._shapes, self._bounded = directions, shapes, bounded

    def read(self, source: Decoder, number: int) -> Tree:
        feature: list[int] = []
        threshold: list[np.float32] = []
        left_default: list[int] = []
        leaf: list[int] = []
        stack: list[tuple[int, Bounds]] = [(0, {})]
        while stack:
            depth, bounds = stack.pop()
            source.claim(1)
            if self._shapes is None or not self._shapes.read(source, depth):
                feature.append(-1)
                threshold.append(np.float32(0))
                left_default.append(0)
                leaf.append(self._leaves.read(source))
                continue
            place, cut = self._chances.read(source, bounds)
            feature.append(self._used[place])
            threshold.append(self._cuts[place][cut])
            left_default.append(self._directions.read(source, place))
            leaf.append(0)
            left, right = _children(bounds, place, cut, len(self._cuts[place])) if self._bounded else ({}, {})
            stack += [(depth + 1, right), (depth + 1, left)]
        return Tree(
            np.array(feature, dtype=np.int32),
            np.array(threshold, dtype=np.float32),
            np.array(left_default, dtype=np.bool_),
            np.array(leaf, dtype=np.int32),
            self._leaves.outputs[number],
        )
