"""The codes of a second reader of packed programs, written from docs/reference/format.md: it shares no code with the package."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from itertools import pairwise

LARGEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


class DamagedError(ValueError):
    """The bytes are not a packed program."""


def need(holds: bool) -> None:
    """Refuse the bytes unless something holds."""
    if not holds:
        raise DamagedError


@dataclass
class Field:
    """One field that was read: its name, what its chances were, its value, and the bits that it took."""

    name: str
    chances: str
    value: object
    bits: float


@dataclass
class Chances:
    """Chances that grow by `gain` with every use."""

    of: list[int]
    gain: int

    def learn(self, symbol: int) -> None:
        self.of[symbol] += self.gain
        if sum(self.of) > 65536:
            self.of = [(chance + 1) // 2 for chance in self.of]


class Lengths:
    """What is learnt of the lengths of numbers."""

    def __init__(self) -> None:
        self.longer = [Chances([3, 1], 1) for _ in range(4)]


@dataclass
class Source:
    """The range decoder; notes every field that it is asked for."""

    data: bytes
    fields: list[Field] = field(default_factory=list)
    events: list[tuple[int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at, self.range, self.bits = 4, 2**32 - 1, 0.0
        self.code = int.from_bytes(self.data[:4].ljust(4, b"\0"), "big")
        self.left = 4096 + 32 * len(self.data)

    def claim(self, elements: int) -> None:
        self.left -= elements
        need(self.left >= 0)

    def peek(self, total: int) -> int:
        need(0 < total <= self.range)
        return min(self.code // (self.range // total), total - 1)

    def take(self, start: int, size: int, total: int) -> None:
        need(size > 0)
        step = self.range // total
        self.code -= step * start
        self.range = self.range - step * start if start + size == total else step * size
        while self.range < 1 << 24:
            digit = self.data[self.at] if self.at < len(self.data) else 0
            self.code, self.range, self.at = self.code * 256 + digit, self.range * 256, self.at + 1
        self.bits += math.log2(total / size)
        self.events.append((start, size, total))

    def plain(self, count: int) -> int:
        value, shift, most = 0, 0, count - 1
        while count > 1:
            part = min(count, 4096)
            digit = self.peek(part)
            self.take(digit, 1, part)
            value += digit << shift
            shift, count = shift + 12, (count - 1 >> 12) + 1
        need(value <= most)
        return value

    def golomb(self, order: int) -> int:
        length = 0
        while self.plain(2):
            length += 1
            need(length + order <= 48)
        return (self.plain(1 << length) + (1 << length) - 1 << order) + self.plain(1 << order)

    def one_of(self, chances: list[int] | tuple[int, ...]) -> int:
        total, start, symbol = sum(chances), 0, 0
        drawn = self.peek(total)
        while start + chances[symbol] <= drawn:
            start += chances[symbol]
            symbol += 1
        self.take(start, chances[symbol], total)
        return symbol

    def note(self, name: str, chances: str, value: int, before: float) -> int:
        self.fields.append(Field(name, chances, value, self.bits - before))
        return value

    def uniform(self, name: str, count: int) -> int:
        before = self.bits
        return self.note(name, f"1 of {count}", self.plain(count), before)

    def number(self, name: str, order: int) -> int:
        before = self.bits
        return self.note(name, f"G{order}", self.golomb(order), before)

    def signed(self, name: str, order: int) -> int:
        before, value = self.bits, self.golomb(order)
        return self.note(name, f"S{order}", -(value + 1 >> 1) if value & 1 else value >> 1, before)

    def choice(self, name: str, chances: tuple[int, ...]) -> int:
        before = self.bits
        return self.note(name, ":".join(map(str, chances)), self.one_of(chances), before)

    def learnt(self, name: str, chances: Chances) -> int:
        before, shown = self.bits, ":".join(map(str, chances.of))
        symbol = self.one_of(chances.of)
        chances.learn(symbol)
        return self.note(name, shown if len(shown) < 14 else f"learnt, {len(chances.of)}", symbol, before)

    def learnt_number(self, name: str, lengths: Lengths) -> int:
        before, length = self.bits, 0
        while True:
            longer = lengths.longer[min(length, 3)]
            more = self.one_of(longer.of)
            longer.learn(more)
            if not more:
                break
            length += 1
            need(length <= 48)
        return self.note(name, "learnt number", self.plain(1 << length) + (1 << length) - 1, before)

    def ascending(self, name: str, count: int, low: int, high: int) -> list[int]:
        if count == 0:
            return []
        middle = count // 2
        least, most = low + middle, high - (count - 1 - middle)
        need(least <= most)
        value = least + self.uniform(f"{name}, {least} +", most - least + 1)
        left = self.ascending(name, middle, low, value - 1)
        return [*left, value, *self.ascending(name, count - 1 - middle, value + 1, high)]

    def symbols(self, name: str, count: int, size: int) -> list[int]:
        gain = (0, 1, 2, 4)[self.choice(f"{name}: gain", (5, 1, 1, 1))] if count >= 16 else 0
        if not gain:
            return [self.uniform(name, size) for _ in range(count)]
        low = self.number(f"{name}: low bits", 0)
        need(low <= 48)
        need((size - 1 >> low) + 1 <= 4096)
        chances = Chances([1] * ((size - 1 >> low) + 1), gain)
        codes = []
        for _ in range(count):
            high = self.learnt(name, chances)
            codes.append((high << low) + self.plain(1 << low))
        need(max(codes) < size)
        return codes


def float32(value: float) -> float:
    """Return the nearest float32 number, which must be finite."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        raise DamagedError from None
    return rounded + 0.0


def pattern_value(negative: int, pattern: int) -> float:
    """Return the float32 number of 31 bits and a sign."""
    value: float = struct.unpack("<f", struct.pack("<I", negative << 31 | pattern))[0]
    need(math.isfinite(value))
    return value + 0.0


def scale(s: Source, name: str) -> float:
    odd = 2 * s.number(f"{name}: scale, half its odd part", 0) + 1
    power = s.signed(f"{name}: scale, exponent + 4", 3) - 4
    need(odd < 1 << 24 and -149 <= power <= 127 and odd * 2.0**power < 2.0**128)
    return odd * 2.0**power


def rest(s: Source, name: str, first: int, count: int, order: int) -> list[int]:
    if count == 1:
        return [first]
    last = first + count - 1 + s.number(f"{name}: last", order)
    return [first, *s.ascending(name, count - 2, first + 1, last - 1), last]


def value_set(s: Source, name: str, count: int) -> list[float]:
    """Read distinct ascending values."""
    s.claim(count)
    if s.uniform(f"{name}: line", 2) == 0:
        unit = scale(s, name)
        values = [float32(k * unit) for k in rest(s, name, s.signed(f"{name}: first", 4), count, 2)]
    else:
        bits = s.number(f"{name}: mantissa bits", 2)
        need(bits <= 23)
        negative = s.uniform(f"{name}: first is negative", 2)
        first = s.signed(f"{name}: first, exponent - 127", 3) + 127 << bits
        need(first >= 0)
        first += s.uniform(f"{name}: first, mantissa", 1 << bits)
        codes = rest(s, name, -first if negative else first, count, bits + 1)
        need(max(map(abs, codes)) >> bits <= 254)
        values = [pattern_value(int(c < 0), abs(c) << (23 - bits)) for c in codes]
    need(all(a < b for a, b in pairwise(values)))
    return values


def unit_of(values: list[float]) -> float:
    """Return the largest power of two of which all values are multiples, 1 if they are all zero."""
    parts = [math.frexp(abs(v)) for v in values if v]
    if not parts:
        return 1.0
    digits = [(int(m * 2**24), e - 24) for m, e in parts]
    return 2.0 ** min(e + (d & -d).bit_length() - 1 for d, e in digits)


def block(s: Source, name: str, count: int, beside: list[float] | None = None) -> list[float]:
    """Read values in their order."""
    s.claim(count)
    if count == 0:
        return []
    chances = (5, 1, 3, 0, 7) if beside is not None else (2, 6, 6, 2, 0) if count >= 4 else (2, 7, 7, 0, 0)
    way = s.choice(f"{name}: way", chances)
    if way == 0:
        return [0.0] * count
    if way == 2:
        return floating(s, name, count)
    if way == 3:
        entries = value_set(s, f"{name}: entries", s.number(f"{name}: entries - 1", 1) + 1)
        return [entries[k] for k in s.symbols(name, count, len(entries))]
    unit = unit_of(beside or []) if way == 4 else scale(s, name)
    if count == 1:
        return [float32(s.signed(name, 4) * unit)]
    span = s.number(f"{name}: span", 3)
    around = s.choice(f"{name}: 0 within", (1, 7))
    low = -s.uniform(f"{name}: -lowest", span + 1) if around else s.signed(f"{name}: lowest", 4)
    return [float32((low + k) * unit) for k in s.symbols(f"{name}, {low} +", count, span + 1)]


def floating(s: Source, name: str, count: int) -> list[float]:
    bits = s.number(f"{name}: mantissa bits", 2)
    need(bits <= 23)
    top = s.signed(f"{name}: top exponent - 127", 3) + 127
    signs = s.uniform(f"{name}: signs", 3 if count > 1 else 2)
    exponents: list[int | None] = [top]
    if count > 1:
        zeros = s.uniform(f"{name}: some are 0", 2)
        span = s.number(f"{name}: exponent span", 2)
        need(span <= 255)
        codes = s.symbols(f"{name}: top - exponent", count, span + 1 + zeros)
        exponents = [None if zeros and k == 0 else top + zeros - k for k in codes]
    left = [e for e in exponents if e is not None]
    need(all(0 <= e <= 254 for e in left))
    negative = s.symbols(f"{name}: negative", len(left), 2) if signs == 2 else [signs] * len(left)
    read = [
        pattern_value(sign, e << 23 | s.uniform(f"{name}: mantissa", 1 << bits) << (23 - bits))
        for sign, e in zip(negative, left, strict=True)
    ]
    values = iter(read)
    return [0.0 if e is None else next(values) for e in exponents]
