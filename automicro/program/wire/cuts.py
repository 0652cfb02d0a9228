"""Dictionaries of cuts: for every feature, the distinct thresholds that it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.wire.blocks import read_block, write_block
from automicro.program.wire.coder import Meter
from automicro.program.wire.numbers import read_number, write_number
from automicro.program.wire.sets import read_set, write_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.wire.coder import Decoder, Sink

    Values = NDArray[np.float32]

__all__ = ["read_counts", "read_cuts", "write_counts", "write_cuts"]

ORDERS = 8
HALF = np.float32(0.5)


def write_counts(sink: Sink, counts: Sequence[int]) -> None:
    """Write whole numbers >= 0 in the exponential Golomb code of the best order."""

    def bits(order: int) -> float:
        meter = Meter()
        for count in counts:
            write_number(meter, count, order)
        return meter.bits

    if counts:
        best = min(range(ORDERS), key=bits)
        sink.uniform(best, ORDERS)
        for count in counts:
            write_number(sink, count, best)


def read_counts(source: Decoder, length: int) -> list[int]:
    """Read what `write_counts` wrote."""
    order = source.uniform(ORDERS) if length else 0
    return [read_number(source, order) for _ in range(length)]


def write_cuts(sink: Sink, cuts: Sequence[Values], binary: Sequence[bool]) -> None:
    """Write dictionaries, each ascending and not empty, their sizes known; `binary` tells features that are 0 or 1.

    All cuts that are their feature's only one stand in one block; 0.5 is taken for granted where all binary features have it.
    """
    halves = [bool(b) for b in binary]
    granted = all(len(c) == 1 and c[0] == HALF for c, b in zip(cuts, halves, strict=True) if b)
    if any(halves):
        sink.uniform(int(granted), 2)
    left = [c for c, b in zip(cuts, halves, strict=True) if not (b and granted)]
    single = [c[0] for c in left if len(c) == 1]
    write_block(sink, np.array(single, dtype=np.float32))
    for several in (c for c in left if len(c) > 1):
        ranks = bool((several == np.arange(len(several), dtype=np.float32) + HALF).all())
        sink.uniform(int(ranks), 2)
        if not ranks:
            write_set(sink, several)


def read_cuts(source: Decoder, sizes: Sequence[int], binary: Sequence[bool]) -> list[Values]:
    """Read dictionaries of known sizes, each at least 1."""
    granted = bool(source.uniform(2)) if any(binary) else False
    known = [granted and b for b in binary]
    single = [size == 1 and not k for size, k in zip(sizes, known, strict=True)]
    singles = iter(read_block(source, sum(single))[0])
    cuts = []
    for size, taken, alone in zip(sizes, known, single, strict=True):
        if taken:
            cuts.append(np.full(source.bounded(size, 1), HALF))
        elif alone:
            cuts.append(np.array([next(singles)], dtype=np.float32))
        elif source.uniform(2):
            source.claim(size)
            cuts.append(np.arange(size, dtype=np.float32) + HALF)
        else:
            cuts.append(read_set(source, size))
    return cuts
