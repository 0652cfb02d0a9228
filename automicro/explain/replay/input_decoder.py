"""What the inputs of a global card are for one raw row, in plain numbers; shares no code with what evaluates programs."""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any

__all__ = ["number_of", "read_input", "single"]

LARGEST = 3.4028234663852886e38


def single(value: float) -> float:
    """Return the nearest number of single precision, which is what the card's numbers and a row's are compared in."""
    if math.isnan(value):
        return value
    (kept,) = struct.unpack("f", struct.pack("f", min(max(value, -LARGEST), LARGEST)))
    return float(kept)


def number_of(cell: Any, less: float = 0.0) -> float:
    """Return a cell less an offset as a number, NaN where it is missing; whole numbers are subtracted exactly."""
    if cell is None:
        return math.nan
    return single(float(cell - int(less) if isinstance(cell, int) and less.is_integer() else float(cell) - less))


def read_input(entry: dict[str, Any], cell: Any) -> float:
    """Return the value of one input of a card for a raw cell."""
    kind = entry["kind"]
    if kind == "number":
        value = number_of(cell, entry.get("less", 0.0))
        return single(entry["if_missing"]) if math.isnan(value) and entry["if_missing"] is not None else value
    if kind == "missing":
        return float(_is_missing(cell))
    if kind == "level":
        return float(_level(cell) == entry["level"])
    if kind == "code":
        codes = dict(entry["codes"])
        return single(codes.get(_level(cell), entry["otherwise"]))
    if kind == "grams":
        return _grams(entry, cell)
    if kind == "summary":
        return _summary(entry["statistic"], entry["parts"], entry["part"], () if cell is None else tuple(cell))
    raise ValueError(f"an input {kind!r} cannot be read")


def _is_missing(cell: Any) -> bool:
    if isinstance(cell, list | tuple):
        return all(map(_is_missing, cell))
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _level(cell: Any) -> str | None:
    if _is_missing(cell):
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _grams(entry: dict[str, Any], cell: str | None) -> float:
    found = _buckets(cell or "", entry["unit"], (entry["low"], entry["high"]), entry["bits"], entry["prefix"])
    hits = found[entry["bucket"]]
    if hits == 0:
        return 0.0
    return single((hits if entry["counted"] else 1) / (math.sqrt(found.total()) if entry["scaled"] else 1.0))


@lru_cache(maxsize=4096)
def _buckets(text: str, unit: str, sizes: tuple[int, int], bits: int, prefix: int) -> Counter[int]:
    """Return how many grams of a text fall into each bucket."""
    words = [word[: prefix or None] for word in re.findall(r"\w+|[^\w\s]", text.lower()) if _counts(word[0])]
    line: Any = words if unit == "word" else f" {' '.join(words)} " if words else ""
    grams = [line[i : i + size] for size in range(sizes[0], sizes[1] + 1) for i in range(len(line) - size + 1)]
    return Counter(_bucket(gram if unit == "character" else " ".join(gram), bits) for gram in grams)


def _counts(letter: str) -> bool:
    return letter == "_" or letter.isalnum() or (ord(letter) > 127 and unicodedata.category(letter).startswith("S"))


@lru_cache(maxsize=1 << 16)
def _bucket(gram: str, bits: int) -> int:
    hashed = 2166136261
    for byte in gram.encode("utf-8", "surrogatepass"):
        hashed = (hashed ^ byte) * 16777619 % (1 << 32)
    return (hashed ^ hashed >> bits) % (1 << bits)


@lru_cache(maxsize=1 << 14)
def _summary(statistic: str, parts: int, part: int, cells: tuple[Any, ...]) -> float:
    seen = [value for value in map(number_of, cells) if not math.isnan(value)]
    if not seen:
        return 0.0
    start = min(len(seen) * part // parts, len(seen) - 1)
    values = seen[start : max(len(seen) * (part + 1) // parts, start + 1)]
    return single(_statistic(statistic, values))


def _statistic(name: str, values: list[float]) -> float:
    count, mean = len(values), sum(values) / len(values)
    steps = list(pairwise(values))
    if name == "spread":
        return math.sqrt(sum((value - mean) ** 2 for value in values) / count)
    if name == "slope":
        rise = sum((2 * step - count + 1) * value for step, value in enumerate(values))
        return 6 * rise / max(count**3 - count, 1)
    if name == "change":
        return sum(abs(after - before) for before, after in steps) / max(len(steps), 1)
    if name == "crossings":
        return sum((before > mean) != (after > mean) for before, after in steps) / max(len(steps), 1)
    if name.startswith("energy "):
        return _energy(int(name.removeprefix("energy ")), values)
    known = {"mean": mean, "minimum": min(values), "maximum": max(values), "first": values[0], "last": values[-1]}
    return {**known, "length": float(count)}[name]


def _energy(size: int, values: list[float]) -> float:
    blocks = [values[i : i + size] for i in range(0, len(values) - size + 1, size)]
    details = [(sum(block[: size // 2]) - sum(block[size // 2 :])) / size for block in blocks]
    return math.sqrt(sum(detail**2 for detail in details) / max(len(blocks), 1))
