"""The range coder: whole numbers of known range in, bytes out, and back."""

from __future__ import annotations

from math import log2
from typing import Protocol

from automicro.errors import ArtifactError

__all__ = ["DIGIT", "EventSink", "Meter", "RangeDecoder", "RangeEncoder", "claims_of"]

TOP = 1 << 24
MASK = (1 << 32) - 1
DIGIT = 12  # bits of a large number that are coded in one step
CLAIMS_AT_LEAST, CLAIMS_A_BYTE = 4096, 32


def claims_of(length: int) -> int:
    """Return how many elements the program of a file of some bytes may have: what bounds the reader's time and memory."""
    return CLAIMS_AT_LEAST + CLAIMS_A_BYTE * length


class EventSink(Protocol):
    """What takes numbers: a `RangeEncoder`, which makes bytes of them, or a `Meter`, which says how many bits they take."""

    def put(self, start: int, size: int, total: int) -> None:
        """Take the event that has `size` chances of `total`, after `start` chances of others."""

    def uniform(self, value: int, count: int) -> None:
        """Take a value in 0..count-1, all equally likely."""

    def claim(self, elements: int) -> None:
        """Take note of elements that the reader will make room for."""


class Meter:
    """Adds up the bits that numbers will take."""

    def __init__(self) -> None:
        self.bits = 0.0

    def put(self, start: int, size: int, total: int) -> None:  # noqa: ARG002 - where the event lies does not matter
        """Take an event."""
        self.bits += log2(total / size)

    def uniform(self, value: int, count: int) -> None:  # noqa: ARG002 - all values cost the same
        """Take a value in 0..count-1."""
        self.bits += log2(count)

    def claim(self, elements: int) -> None:
        """Take note of elements."""


class RangeEncoder:
    """Turns numbers into bytes; the inverse of `RangeDecoder`."""

    def __init__(self) -> None:
        self._low = 0
        self._range = MASK
        self._out = bytearray()
        self.claims = 0

    def put(self, start: int, size: int, total: int) -> None:
        """Take an event."""
        step = self._range // total
        self._low += step * start
        self._range = self._range - step * start if start + size == total else step * size
        if self._low > MASK:
            self._low &= MASK
            self._carry()
        while self._range < TOP:
            self._out.append(self._low >> 24)
            self._low = (self._low << 8) & MASK
            self._range <<= 8

    def _carry(self) -> None:
        at = len(self._out) - 1
        while self._out[at] == 255:
            self._out[at] = 0
            at -= 1
        self._out[at] += 1

    def uniform(self, value: int, count: int) -> None:
        """Take a value in 0..count-1, low digits first so that what is left has a known range as well."""
        if not 0 <= value < count:
            raise ValueError(f"a value must lie in 0..{count - 1}, but got {value}")
        while count > 1 << DIGIT:
            self.put(value & ((1 << DIGIT) - 1), 1, 1 << DIGIT)
            value >>= DIGIT
            count = ((count - 1) >> DIGIT) + 1
        if count > 1:
            self.put(value, 1, count)

    def claim(self, elements: int) -> None:
        """Take note of elements that the reader will make room for."""
        self.claims += elements

    def finish(self) -> bytes:
        """Return the bytes: the shortest string whose number lies in the final interval, zeros at its end left out."""
        last = self._low + self._range - 1
        unit = next(u for u in (32, 24, 16, 8, 0) if (last >> u) << u >= self._low)
        value = (last >> unit) << unit
        if value > MASK:
            value &= MASK
            self._carry()
        return bytes(self._out + value.to_bytes(4, "big")).rstrip(b"\0")


class RangeDecoder:
    """Turns bytes into numbers.

    Past its end a string of bytes goes on with zeros. What the numbers may add up to is bounded: every element of the program is
    claimed before room is made for it, and claims are bounded by `claims_of`. A mirror encoder shows at the end whether the
    bytes are the ones that `RangeEncoder` would have written.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4
        self._code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")
        self._range = MASK
        self._mirror = RangeEncoder()
        self._left = claims_of(len(data))

    def peek(self, total: int) -> int:
        """Return which of `total` chances came true."""
        if total > TOP:
            raise ArtifactError(f"an event must have at most {TOP} chances, but has {total}; the file is damaged")
        return min(self._code // (self._range // total), total - 1)

    def take(self, start: int, size: int, total: int) -> None:
        """Go past the event that `peek` has found."""
        step = self._range // total
        self._code -= step * start
        self._range = self._range - step * start if start + size == total else step * size
        while self._range < TOP:
            digit = self._data[self._at] if self._at < len(self._data) else 0
            self._at += 1
            self._code = (self._code << 8) | digit
            self._range <<= 8
        self._mirror.put(start, size, total)

    def uniform(self, count: int) -> int:
        """Return a value in 0..count-1."""
        value, shift = 0, 0
        whole = count
        while count > 1 << DIGIT:
            digit = self.peek(1 << DIGIT)
            self.take(digit, 1, 1 << DIGIT)
            value |= digit << shift
            shift += DIGIT
            count = ((count - 1) >> DIGIT) + 1
        if count > 1:
            digit = self.peek(count)
            self.take(digit, 1, count)
            value |= digit << shift
        return self.bounded(value, whole - 1)

    @staticmethod
    def bounded(value: int, most: int) -> int:
        """Return a value that must be at most `most`."""
        if value > most:
            raise ArtifactError(f"a value of the file must be at most {most}, but is larger; the file is damaged")
        return value

    @staticmethod
    def at_least(value: int, least: int) -> int:
        """Return a value that must be at least `least`."""
        if value < least:
            raise ArtifactError(f"a value of the file must be at least {least}, but is smaller; the file is damaged")
        return value

    def claim(self, elements: int) -> None:
        """Refuse more elements than a file of this length can hold."""
        self._left -= elements
        if self._left < 0:
            raise ArtifactError(
                f"a model of {len(self._data)} bytes cannot hold that many elements; the file is damaged"
            )

    def close(self) -> None:
        """Check that the bytes end where the program ends."""
        if self._mirror.finish() != self._data:
            raise ArtifactError("the file must end where its program ends, but other bytes follow")
