"""Shapes of trees in preorder: whether each node is a leaf or a split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.numbers import Chances, read_number, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["Shapes", "read_shapes", "write_shapes"]

LEARNT, COUNTED = range(2)
MOST_COUNTED = 256  # trees and splits
DEEP = 7  # from this depth on, whether a node is a leaf follows from one common pair of chances
GAIN = 2


class Shapes(Protocol):
    """Distinguishes leaves from splits, node after node in preorder, tree after tree."""

    def write(self, sink: EventSink, depth: int, split: bool) -> None:
        """Write whether a node is a split."""

    def read(self, source: RangeDecoder, depth: int) -> bool:
        """Return whether a node is a split."""


class _Learnt:
    """For every depth, the chances of a leaf and of a split."""

    def __init__(self) -> None:
        self._at = [Chances(2, GAIN) for _ in range(DEEP + 1)]

    def write(self, sink: EventSink, depth: int, split: bool) -> None:
        self._at[min(depth, DEEP)].write(sink, int(split))

    def read(self, source: RangeDecoder, depth: int) -> bool:
        return bool(self._at[min(depth, DEEP)].read(source))


class _Counted:
    """All forests of so many trees and splits are equally likely (ballot numbers)."""

    def __init__(self, trees: int, splits: int) -> None:
        self._open, self._splits = trees, splits

    def _chances(self) -> tuple[int, int]:
        """Return the chances of a leaf and of a split, with so many nodes still open and so many splits to come."""
        return (self._open - 1) * (self._splits + self._open), (self._open + 1) * self._splits

    def _go(self, split: bool) -> None:
        self._open += 1 if split else -1
        self._splits -= split

    def write(self, sink: EventSink, depth: int, split: bool) -> None:  # noqa: ARG002 - depth does not matter here
        if self._splits:
            leaf, other = self._chances()
            sink.put(leaf if split else 0, other if split else leaf, leaf + other)
        self._go(split)

    def read(self, source: RangeDecoder, depth: int) -> bool:  # noqa: ARG002 - depth does not matter here
        split = False
        if self._splits:
            leaf, other = self._chances()
            split = source.peek(leaf + other) >= leaf
            source.take(leaf if split else 0, other if split else leaf, leaf + other)
        self._go(split)
        return split


def write_shapes(sink: EventSink, features: Sequence[NDArray[np.int32]], pairs: int, once: bool) -> Shapes:
    """Write what must be known before the first tree, and return what writes the nodes.

    There are `pairs` pairs of a feature and a cut, each used in at least one split, or in exactly one if `once`.
    """
    trees, splits = len(features), sum(int((feature >= 0).sum()) for feature in features)
    if trees + splits > MOST_COUNTED:
        sink.uniform(LEARNT, 2)
        return _Learnt()
    bits = []
    for shapes in (_Learnt(), _Counted(trees, splits)):
        meter = Meter()
        if isinstance(shapes, _Counted) and not once:
            write_number(meter, splits - pairs, 2)
        for feature in features:
            depths = [0]
            for f in feature.tolist():
                depth = depths.pop()
                shapes.write(meter, depth, f >= 0)
                depths += [depth + 1, depth + 1] if f >= 0 else []
        bits.append(meter.bits)
    mode = LEARNT if bits[LEARNT] < bits[COUNTED] else COUNTED
    sink.uniform(mode, 2)
    if mode == LEARNT:
        return _Learnt()
    if not once:
        write_number(sink, splits - pairs, 2)
    return _Counted(trees, splits)


def read_shapes(source: RangeDecoder, trees: int, pairs: int, once: bool) -> Shapes:
    """Read what `write_shapes` wrote, and return what reads the nodes."""
    if source.uniform(2) == LEARNT:
        return _Learnt()
    splits = pairs if once else pairs + read_number(source, 2)
    source.bounded(trees + splits, MOST_COUNTED)
    return _Counted(trees, splits)
