"""What extends a program, in the second reader, written from docs/reference/format.md: it shares no code with the package."""

from __future__ import annotations

from typing import Any

from format_source import Source, need


def header(s: Source, *, extended: bool) -> tuple[bool, int, tuple[float, float] | None]:
    """Read whether a program has offsets, its link and its limits."""
    extensions = s.choice("extensions", (2, 5, 1)) if extended else -1
    if extensions < 1:
        return extensions == 0, s.choice("link", (4, 1, 6, 5)), None
    return extensions == 2, s.choice("link", (4, 1)), limits(s)


def limits(s: Source) -> tuple[float, float]:
    """Read the least and the greatest prediction."""
    least = limit(s, s.choice("least is 0, above, below", (5, 1, 2)))
    greatest = limit(s, s.choice("greatest is 0, above, below", (1, 6, 1)) if least < 0 else 1)
    need(least < greatest)
    return least, greatest


def limit(s: Source, sign: int) -> float:
    """Read a limit of a sign: 0 for 0, 1 above it, 2 below it."""
    if sign == 0:
        return 0.0
    exponent = s.signed("exponent - 8", 4) + 8
    need(-1022 <= exponent <= 1023)
    bits = s.number("bits after the first", 2)
    need(bits <= 52)
    odd = 1 if bits == 0 else 2 * (2 ** (bits - 1) + s.uniform("those between first and last", 2 ** (bits - 1))) + 1
    return (1.0, -1.0)[sign - 1] * (odd / 2**bits) * 2.0**exponent


def offsets(s: Source, decoders: list[dict[str, Any]], kinds: tuple[int, ...]) -> None:
    """Read which columns of numbers have an offset, and put it into their decoders, those of `kinds`."""
    numeric = sorted({d["column"] for d in decoders if d["kind"] in kinds})
    need(len(numeric) > 0)
    count = s.uniform("columns with an offset - 1", len(numeric)) + 1
    s.claim(count)
    for place in s.ascending("column with an offset", count, 0, len(numeric) - 1):
        sign = -1 if s.uniform("offset is negative", 2) else 1
        length = s.number("bits of its half", 3)
        need(length <= 47)
        half = 0 if length == 0 else 2 ** (length - 1) + s.uniform("half, less its first bit", 2 ** (length - 1))
        power = s.signed("power of two", 4)
        need(-79 <= power <= 79)
        for d in decoders:
            if d["column"] == numeric[place] and d["kind"] in kinds:
                d["offset"] = sign * (2 * half + 1) * 2.0**power
