"""Numbers without a known range, and symbols whose chances are learnt while they are coded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = [
    "LONGEST",
    "Chances",
    "LearntNumbers",
    "read_ascending",
    "read_choice",
    "read_number",
    "read_signed",
    "write_ascending",
    "write_choice",
    "write_number",
    "write_signed",
]

LONGEST = 48  # bits of the largest number
LENGTHS = 4  # lengths whose chances are learnt apart
CHANCES = 1 << 16  # the sum of chances past which all are halved


def write_number(sink: EventSink, value: int, order: int = 0) -> None:
    """Write a whole number >= 0 in exponential Golomb code; numbers below 2**order are the cheapest."""
    length = ((value >> order) + 1).bit_length() - 1
    for _ in range(length):
        sink.uniform(1, 2)
    sink.uniform(0, 2)
    sink.uniform((value >> order) + 1 - (1 << length), 1 << length)
    sink.uniform(value & ((1 << order) - 1), 1 << order)


def read_number(source: RangeDecoder, order: int = 0) -> int:
    """Read what `write_number` wrote."""
    length = 0
    while source.uniform(2):
        length += 1
        if length + order > LONGEST:
            raise ArtifactError(f"a number must have at most {LONGEST} bits; the file is damaged")
    high = source.uniform(1 << length) + (1 << length) - 1
    return (high << order) | source.uniform(1 << order)


def write_signed(sink: EventSink, value: int, order: int = 0) -> None:
    """Write a whole number of either sign: 0, -1, 1, -2, ... become 0, 1, 2, 3, ..."""
    write_number(sink, 2 * value if value >= 0 else -2 * value - 1, order)


def read_signed(source: RangeDecoder, order: int = 0) -> int:
    """Read what `write_signed` wrote."""
    value = read_number(source, order)
    return -((value + 1) >> 1) if value & 1 else value >> 1


def write_choice(sink: EventSink, choice: int, chances: Sequence[int]) -> None:
    """Write one of some symbols with these chances."""
    sink.put(sum(chances[:choice]), chances[choice], sum(chances))


def read_choice(source: RangeDecoder, chances: Sequence[int]) -> int:
    """Read what `write_choice` wrote with the same chances."""
    total = sum(chances)
    drawn, choice = source.peek(total), 0
    while sum(chances[: choice + 1]) <= drawn:
        choice += 1
    source.take(sum(chances[:choice]), chances[choice], total)
    return choice


class Chances:
    """The chances of some symbols: they start at 1 each, unless given, and grow by `gain` with every use.

    With a gain of 0 all symbols stay equally likely; with a gain of -1 every symbol comes once.
    """

    def __init__(self, symbols: int, gain: int, start: Sequence[int] | None = None) -> None:
        self._even = gain == 0 and start is None
        self._of = [] if self._even else [1] * symbols if start is None else list(start)
        self._gain = gain
        self._total = symbols if start is None else sum(start)

    def write(self, sink: EventSink, symbol: int) -> None:
        """Write a symbol and learn from it."""
        if self._even:
            sink.put(symbol, 1, self._total)
        else:
            sink.put(sum(self._of[:symbol]), self._of[symbol], self._total)
            self._learn(symbol)

    def read(self, source: RangeDecoder) -> int:
        """Read a symbol and learn from it."""
        if self._total < 1:
            raise ArtifactError("a symbol must have a chance; the file is damaged")
        drawn = source.peek(self._total)
        if self._even:
            source.take(drawn, 1, self._total)
            return drawn
        start, symbol = 0, 0
        while start + self._of[symbol] <= drawn:
            start += self._of[symbol]
            symbol += 1
        source.take(start, self._of[symbol], self._total)
        self._learn(symbol)
        return symbol

    def _learn(self, symbol: int) -> None:
        self._of[symbol] += self._gain
        self._total += self._gain
        if self._total > CHANCES:
            self._of = [(chance + 1) >> 1 for chance in self._of]
            self._total = sum(self._of)


class LearntNumbers:
    """Whole numbers in an exponential Golomb code whose lengths are learnt."""

    def __init__(self) -> None:
        self._longer = [Chances(2, 1, (3, 1)) for _ in range(LENGTHS)]

    def write(self, sink: EventSink, value: int) -> None:
        """Write a whole number >= 0."""
        length = (value + 1).bit_length() - 1
        for at in range(length + 1):
            self._longer[min(at, LENGTHS - 1)].write(sink, int(at < length))
        sink.uniform(value + 1 - (1 << length), 1 << length)

    def read(self, source: RangeDecoder) -> int:
        """Read a whole number."""
        length = 0
        while self._longer[min(length, LENGTHS - 1)].read(source):
            length = source.bounded(length + 1, LONGEST)
        return source.uniform(1 << length) + (1 << length) - 1


def write_ascending(sink: EventSink, values: list[int], low: int, high: int) -> None:
    """Write distinct ascending whole numbers within low..high: the middle one first, then both halves (interpolative coding)."""
    todo = [(0, len(values), low, high)]
    while todo:
        start, stop, low, high = todo.pop()
        if start == stop:
            continue
        middle = (start + stop) // 2
        least, most = low + middle - start, high - (stop - 1 - middle)
        sink.uniform(values[middle] - least, most - least + 1)
        todo.append((middle + 1, stop, values[middle] + 1, high))
        todo.append((start, middle, low, values[middle] - 1))


def read_ascending(source: RangeDecoder, count: int, low: int, high: int) -> list[int]:
    """Read what `write_ascending` wrote; `count` must be claimed and fit in low..high."""
    values = [0] * count
    todo = [(0, count, low, high)]
    while todo:
        start, stop, low, high = todo.pop()
        if start == stop:
            continue
        middle = (start + stop) // 2
        least, most = low + middle - start, high - (stop - 1 - middle)
        values[middle] = least + source.uniform(most - least + 1)
        todo.append((middle + 1, stop, values[middle] + 1, high))
        todo.append((start, middle, low, values[middle] - 1))
    return values
