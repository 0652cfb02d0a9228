"""Texts as hashed grams."""

from __future__ import annotations

import math
from typing import Any
from unicodedata import category

from automicro_python.parts.numbers import single

__all__ = ["grams"]


def word_letter(character: str) -> bool:
    """Return whether a character is one of words."""
    return character == "_" or character.isalnum()


def words_of(text: str, prefix: int) -> list[str]:
    """Return the tokens of a text: words, and symbols beyond ASCII."""
    found, word = [], ""
    for character in text.lower() + " ":
        if word_letter(character):
            word += character
            continue
        if word:
            found.append(word[:prefix] if prefix else word)
        word = ""
        if ord(character) > 127 and category(character)[0] == "S":
            found.append(character)
    return found


def hashed(gram: str) -> int:
    """Return the 32-bit FNV-1a hash of the UTF-8 of a gram."""
    result = 2166136261
    for byte in gram.encode("utf-8", "surrogatepass"):
        result = ((result ^ byte) * 16777619) & 0xFFFFFFFF
    return result


def grams(
    text: str | None, units: list[Any], buckets: list[int], bits: int, counted: bool, scaled: bool
) -> list[float]:
    """Return how much of a text falls into each bucket; units are whether grams are of words, their sizes, and the prefix."""
    words, sizes, prefix = units
    tokens = words_of(text, prefix) if text else []
    letters = tokens if words else list(" " + " ".join(tokens) + " " if tokens else "")
    made, total = [0] * len(buckets), 0
    for size in sizes:
        for start in range(len(letters) - size + 1):
            code = hashed((" " if words else "").join(letters[start : start + size]))
            bucket = ((code >> bits) ^ code) & ((1 << bits) - 1)
            total += 1
            if bucket in buckets:
                made[buckets.index(bucket)] += 1
    root = math.sqrt(total) if scaled and total else 1.0
    return [single((count if counted else 1) / root) if count else 0.0 for count in made]
