"""What extends a program, in the second reader, written from docs/format.md: it shares no code with the package."""

from __future__ import annotations

from typing import Any

from format_source import Source, need


def link_and_cap(s: Source, *, extended: bool) -> tuple[int, int, int | None]:
    """Read which extensions a program has (-1: none; 0: offsets; 1: a cap; 2: both), its link and its cap."""
    extensions = s.choice("extensions", (2, 5, 1)) if extended else -1
    if extensions < 1:
        return extensions, s.choice("link", (4, 1, 6, 5)), None
    cap = s.signed("cap - 8", 4) + 8
    need(-1022 <= cap <= 1023)
    return extensions, 1, cap


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
