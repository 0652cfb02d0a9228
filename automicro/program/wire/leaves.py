"""The leaves of a forest: their distinct values, and the position of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import block_bits, read_block, write_block
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.numbers import Chances, read_choice, read_number, write_choice, write_number
from automicro.program.wire.coding.sorted_floats import read_set, write_set
from automicro.program.wire.coding.symbols import GAINS, SYMBOLS_AT_MOST, learnt_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro.program.nodes import Forest
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["LeafReader", "LeafWriter"]

IN_ORDER = len(GAINS)  # every leaf has the next row of the table, which follows the trees
MOST_ROWS = 1 << 22
MODES = (3, 3, 2, 2, 6)  # chances of the gains and of IN_ORDER


@dataclass(frozen=True, eq=False)
class LeafWriter:
    """Leaves of a forest with their table: rows in ascending order if there is one output a leaf, else as they first occur."""

    rows: NDArray[np.float32]
    place: dict[int, int]
    mode: int
    encoding: Encoding | None
    targets: _Targets
    chances: Chances | None

    @classmethod
    def of(cls, forest: Forest) -> LeafWriter:
        """Return the writer of a forest's leaves."""
        leaves = np.concatenate([t.leaf[t.feature < 0] for t in forest.trees] or [np.empty(0, dtype=np.int32)])
        used = (forest.leaves.values + np.float32(0))[leaves]
        distinct, codes = np.unique(used, axis=0, return_inverse=True)
        codes = codes.reshape(-1)
        if used.shape[1] > 1:  # vectors are in the order of first use
            order = np.argsort(np.unique(codes, return_index=True)[1])
            distinct, codes = distinct[order], np.argsort(order)[codes]
        mode = _shortest_mode(used, distinct, codes, forest.leaves.encoding)
        targets = _Targets.of([tree.output for tree in forest.trees], len(forest.bias.values), used.shape[1])
        place = dict(zip(leaves.tolist(), codes.tolist(), strict=True))
        chances = None if mode == IN_ORDER else Chances(len(distinct), GAINS[mode])
        return cls(used if mode == IN_ORDER else distinct, place, mode, forest.leaves.encoding, targets, chances)

    def write_table(self, sink: EventSink) -> None:
        """Write the table, and how trees and leaves refer to outputs and rows."""
        self.targets.write(sink)
        write_choice(sink, self.mode, MODES)
        if self.mode != IN_ORDER:
            write_number(sink, len(self.rows) - 1, 3)
            _write_rows(sink, self.rows, self.mode, self.encoding)

    def write_rows_in_order(self, sink: EventSink) -> None:
        """Write, after all trees, the rows if every leaf has its own."""
        if self.mode == IN_ORDER:
            _write_rows(sink, self.rows, self.mode, self.encoding)

    def write(self, sink: EventSink, leaf: int) -> None:
        """Write which row a leaf has."""
        if self.chances is not None:
            self.chances.write(sink, self.place[leaf])


def _write_rows(sink: EventSink, rows: NDArray[np.float32], mode: int, encoding: Encoding | None) -> None:
    if rows.shape[1] == 1 and mode != IN_ORDER:
        write_set(sink, rows[:, 0])
    else:
        write_block(sink, rows, encoding)


def _shortest_mode(
    used: NDArray[np.float32], distinct: NDArray[np.float32], codes: NDArray[np.int64], encoding: Encoding | None
) -> int:
    """Return the place in `GAINS` by which leaves refer to distinct rows, or `IN_ORDER` if repeating the rows is shorter."""
    if not len(codes):
        return IN_ORDER
    meter = Meter()
    write_number(meter, len(distinct) - 1, 3)
    _write_rows(meter, distinct, 0, encoding)
    counts = np.bincount(codes, minlength=len(distinct))
    modes = range(len(GAINS)) if len(distinct) <= SYMBOLS_AT_MOST else range(int(len(distinct) <= MOST_ROWS))
    bits = {mode: learnt_bits(counts, GAINS[mode]) + meter.bits for mode in modes}
    bits[IN_ORDER] = block_bits(used, encoding)
    return min(bits, key=lambda mode: bits[mode] - log2(MODES[mode]))


@dataclass(frozen=True)
class _Targets:
    """Which outputs the trees add to: all at once (wide leaves), each the next (cyclic), or one that is written."""

    of_tree: tuple[int, ...]
    outputs: int
    wide: bool
    cyclic: bool

    @classmethod
    def of(cls, of_tree: list[int], outputs: int, width: int) -> _Targets:
        cyclic = all(output == tree % outputs for tree, output in enumerate(of_tree))
        return cls(tuple(of_tree), outputs, width > 1, cyclic)

    def write(self, sink: EventSink) -> None:
        if self.outputs > 1:
            sink.uniform(0 if self.wide else 1 + self.cyclic, 3)
            if not (self.wide or self.cyclic):
                for output in self.of_tree:
                    sink.uniform(output, self.outputs)

    @classmethod
    def read(cls, source: RangeDecoder, outputs: int, trees: int) -> _Targets:
        kind = source.uniform(3) if outputs > 1 else 2
        if kind == 1:
            return cls(tuple(source.uniform(outputs) for _ in range(trees)), outputs, wide=False, cyclic=False)
        return cls(tuple((kind // 2) * (tree % outputs) for tree in range(trees)), outputs, kind == 0, kind == 2)


class LeafReader:
    """Reads the table of leaves, then leaf after leaf."""

    def __init__(self, source: RangeDecoder, outputs: int, trees: int) -> None:
        targets = _Targets.read(source, outputs, trees)
        self.outputs = targets.of_tree
        self._width = outputs if targets.wide else 1
        self._next = 0
        self._mode = read_choice(source, MODES)
        self._gain = 0 if self._mode == IN_ORDER else GAINS[self._mode]
        self._count = 0 if self._mode == IN_ORDER else read_number(source, 3) + 1
        source.claim(self._count)
        source.bounded(self._count, SYMBOLS_AT_MOST if self._gain else MOST_ROWS)
        self._chances = Chances(self._count, self._gain)
        self._table = None if self._mode == IN_ORDER else self._read_table(source, self._count)

    def _read_table(self, source: RangeDecoder, count: int) -> Weights:
        if self._width == 1 and self._mode != IN_ORDER:
            return Weights(read_set(source, count).reshape(-1, 1))
        values, encoding = read_block(source, count * self._width)
        return Weights(values.reshape(count, self._width), encoding)

    def read(self, source: RangeDecoder) -> int:
        """Return the row of the next leaf."""
        if self._mode != IN_ORDER:
            return self._chances.read(source)
        self._next += 1
        return self._next - 1

    def table(self, source: RangeDecoder) -> Weights:
        """Return the table, once all trees have been read."""
        return self._read_table(source, self._next) if self._table is None else self._table
