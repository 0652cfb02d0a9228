"""Tables of Unicode for the runtime in C: which characters are letters, digits or symbols, and their lower case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["letter_tables"]

CHARACTERS = 0x110000
LINE = 28


def letter_tables() -> str:
    """Return the tables as C, of the Unicode version that this Python knows.

    WORDS and SIGNS hold how many characters are not in the set, how many after those are, and so on. LOWER holds for each run of
    characters with a lower case its gap to the one before, twice its length and whether it has every other character alone, and the
    distance to the lower case; a distance d is 2 d, or -2 d - 1 if it is negative.
    All numbers are bytes of seven bits, the lowest first; 128 is added to all but the last.
    """
    tables = {
        "WORDS": _alternating(lambda letter: letter.isalnum()),
        "SIGNS": _alternating(lambda letter: letter > "\x7f" and not letter.isalnum() and category(letter)[0] == "S"),
        "LOWER": _lower_case(),
    }
    return "".join(_array(name, list(numbers)) for name, numbers in tables.items())


def _array(name: str, numbers: list[int]) -> str:
    parts = [str(byte) for number in numbers for byte in _bytes_of(number)]
    lines = [f"    {', '.join(parts[at : at + LINE])},\n" for at in range(0, len(parts), LINE)]
    return f"static const uint8_t {name}[{len(parts)}] = {{\n{''.join(lines)}}};\n"


def _bytes_of(number: int) -> Iterator[int]:
    while number > 127:
        yield number & 127 | 128
        number >>= 7
    yield number


def _alternating(belongs: Callable[[str], bool]) -> Iterator[int]:
    before, state = 0, False
    for code in range(CHARACTERS):
        if belongs(chr(code)) != state:
            yield code - before
            before, state = code, not state


def _lower_case() -> Iterator[int]:
    to = {code: ord(lower) - code for code in range(CHARACTERS) if len(lower := chr(code).lower()) == 1}
    to = {code: distance for code, distance in to.items() if distance}
    before, code = 0, 0
    while code < CHARACTERS:
        if code not in to:
            code += 1
            continue
        length, step = max((_length(to, code, step), step) for step in (2, 1))
        step = 1 if length == 1 else step
        yield code - before
        yield 2 * length + step - 1
        yield 2 * to[code] if to[code] > 0 else -2 * to[code] - 1
        before = code = code + length * step


def _length(to: dict[int, int], start: int, step: int) -> int:
    length = 1
    while to.get(start + step * length) == to[start]:
        length += 1
    return length
