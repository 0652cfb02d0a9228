"""Sequences of symbols of a known range, plain or with chances that are learnt, whichever is shorter."""

from __future__ import annotations

from math import lgamma, log, log2
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.numbers import (
    LONGEST,
    Chances,
    read_choice,
    read_number,
    write_choice,
    write_number,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["GAINS", "SYMBOLS_AT_MOST", "learnt_bits", "read_symbols", "write_symbols"]

GAINS = (0, 1, 2, 4)
GAIN_CHANCES = (5, 1, 1, 1)
SYMBOLS_AT_MOST = 4096  # chances are learnt of at most so many symbols, which bounds the reader's time
SHORT = 16


def learnt_bits(counts: NDArray[np.int64], gain: int) -> float:
    """Return the bits that symbols with these counts take under `Chances` with a gain, in whatever order they come."""
    total = int(counts.sum())
    if gain == 0:
        return total * log2(len(counts))
    if gain < 0:
        return lgamma(total + 1) / log(2)
    used = counts[counts > 0]
    start, one = len(counts) / gain, 1 / gain
    own = sum(lgamma(int(c) + one) for c in used) - len(used) * lgamma(one)
    return (lgamma(total + start) - lgamma(start) - own) / log(2)


def _best(codes: NDArray[np.int64], size: int) -> tuple[float, int, int]:
    """Return the fewest bits, and the place in `GAINS` and the number of low digits kept apart that reach them."""
    best = (len(codes) * log2(size), 0, 0)
    if size == 1:
        return best
    for low in range((size - 1).bit_length()):
        high = ((size - 1) >> low) + 1
        if high > SYMBOLS_AT_MOST:
            continue
        counts = np.bincount(codes >> low, minlength=high)
        for place, gain in enumerate(GAINS[1:], 1):
            best = min(best, (learnt_bits(counts, gain) + (len(codes) + 2) * low + 1, place, low))
    return best


def write_symbols(sink: EventSink, codes: NDArray[np.int64], size: int) -> None:
    """Write codes of 0..size-1; the reader knows their number and `size`."""
    bits, place, low = _best(codes, size) if len(codes) >= SHORT else (len(codes) * log2(size), 0, 0)
    if len(codes) >= SHORT:
        write_choice(sink, place, GAIN_CHANCES)
    if isinstance(sink, Meter):
        sink.bits += bits
    elif place == 0:
        for code in codes.tolist():
            sink.uniform(code, size)
    else:
        write_number(sink, low)
        chances = Chances(((size - 1) >> low) + 1, GAINS[place])
        for code in codes.tolist():
            chances.write(sink, code >> low)
            sink.uniform(code & ((1 << low) - 1), 1 << low)


def read_symbols(source: RangeDecoder, count: int, size: int) -> NDArray[np.int64]:
    """Read what `write_symbols` wrote; `count` must be claimed."""
    place = read_choice(source, GAIN_CHANCES) if count >= SHORT else 0
    if place == 0:
        return np.array([source.uniform(size) for _ in range(count)], dtype=np.int64)
    low = source.bounded(read_number(source), LONGEST)
    symbols = ((size - 1) >> low) + 1
    chances = Chances(source.bounded(symbols, SYMBOLS_AT_MOST), GAINS[place])
    codes = [chances.read(source) << low | source.uniform(1 << low) for _ in range(count)]
    return np.array([source.bounded(code, size - 1) for code in codes], dtype=np.int64)
