"""The texts of the second reader, written from docs/reference/format.md: it shares no code with the package."""

from __future__ import annotations

from typing import Any

from format_source import Chances, Source, need

DIGITS, LOWER, UPPER = b"0123456789", b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = bytes(c for c in range(32, 127) if c not in DIGITS + LOWER + UPPER)
ALPHABETS = (DIGITS, LOWER, UPPER, OTHER, bytes(range(256)))
FREQUENT = {6: b"etaoinsr", 4: b"hldcum", 2: b"fpgwybv", 8: b" -_./"}
FREQUENT_OF = {c: chance for chance, letters in FREQUENT.items() for c in letters}


def texts(s: Source, lists: list[list[Any]]) -> None:
    """Read texts into lists of their lengths."""
    total = sum(map(len, lists))
    s.claim(total)
    has_missing = s.choice("None is a level", (7, 1))
    all_differ = s.choice("all texts differ", (1, 1))
    need(all_differ == 1 or total > 0)
    count = total if all_differ else s.uniform("distinct texts", total)
    strings = [text.decode("utf-8", "surrogatepass") for text in read_strings(s, count)]
    seen, fresh = 0, Chances([1, 1], 2)
    for own in lists:
        free = [] if all_differ else ([None] if has_missing else []) + strings[:seen]
        for k in range(len(own)):
            new = seen < count
            if free and new:
                new = bool(s.learnt("text is new", fresh))
            need(new or bool(free))
            own[k] = strings[seen] if new else free.pop(s.uniform("text", len(free)))
            seen += new


def read_strings(s: Source, count: int) -> list[bytes]:
    sharing = count > 1 and s.uniform("beginnings are shared", 2)
    start = [[1] * len(letters) for letters in ALPHABETS]
    for k in (1, 3):
        start[k] = [FREQUENT_OF.get(c, 1) for c in ALPHABETS[k]]
    members = [Chances(chances, gain) for chances, gain in zip(start, (1, 3, 1, 3, 1), strict=True)]
    classes = [Chances([1] * 6, 8) for _ in range(6)]
    prefixes, before, strings = Chances([1] * 16, 8), b"", []
    for _ in range(count):
        shared = s.learnt("shared beginning", prefixes) if sharing and before else 0
        need(shared <= len(before))
        text = bytearray(before[:shared])
        last = next(k for k, letters in enumerate(ALPHABETS) if text[-1] in letters) if text else 5
        while (number := s.learnt("class of character", classes[last])) != 5:
            s.claim(1)
            text.append(ALPHABETS[number][s.learnt("character", members[number])])
            last = number
        before = bytes(text)
        strings.append(before)
    return strings
