"""Dictionaries of cuts: for every feature, the distinct thresholds that it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import LearntNumbers
from automicro.program.wire.coding.sorted_floats import read_set, write_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

    Values = NDArray[np.float32]

__all__ = ["read_cuts", "write_cuts"]

HALF = np.float32(0.5)


def write_cuts(sink: EventSink, cuts: Sequence[Values], binary: Sequence[bool], least: int) -> None:
    """Write dictionaries, each ascending and of at least `least` cuts; `binary` marks features that are 0 or 1.

    That binary features have 0.5 as their only cut is taken for granted if it is so for all of them. Of the others, cuts that are
    their feature's only one are in one block.
    """
    granted = all(len(c) == 1 and c[0] == HALF for c, b in zip(cuts, binary, strict=True) if b)
    if any(binary):
        sink.uniform(int(granted), 2)
    left = [c for c, b in zip(cuts, binary, strict=True) if not (b and granted)]
    numbers = LearntNumbers()
    for own in left:
        numbers.write(sink, len(own) - least)
    write_block(sink, np.array([own[0] for own in left if len(own) == 1], dtype=np.float32))
    for several in (own for own in left if len(own) > 1):
        ranks = bool((several == np.arange(len(several), dtype=np.float32) + HALF).all())
        sink.uniform(int(ranks), 2)
        if not ranks:
            write_set(sink, several)


def read_cuts(source: RangeDecoder, binary: Sequence[bool], least: int) -> list[Values]:
    """Read what `write_cuts` wrote."""
    granted = any(binary) and bool(source.uniform(2))
    numbers = LearntNumbers()
    sizes = [1 if b and granted else numbers.read(source) + least for b in binary]
    source.claim(sum(sizes))
    single = [size == 1 and not (b and granted) for size, b in zip(sizes, binary, strict=True)]
    singles = iter(read_block(source, sum(single))[0])
    cuts = []
    for size, alone in zip(sizes, single, strict=True):
        if alone:
            cuts.append(np.array([next(singles)], dtype=np.float32))
        elif size < 2 or source.uniform(2):
            cuts.append(np.arange(size, dtype=np.float32) + HALF)
        else:
            cuts.append(read_set(source, size))
    return cuts
