"""Raw cells that are hard to read, drawn at random, and names and levels that are hard to write."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.export import last_rounded_to
from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import offsets_of
from automicro.program.nodes import feature_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.program import Program

__all__ = ["HOSTILE", "LEVELS", "cells_of", "draw_reading"]

HOSTILE = (
    "age",
    "class",
    "predict",
    "mean radius",
    "it's",
    'say "hi"',
    "line\nbreak\r\u2028",
    "*/ end",
    "// \\",
    "</script><script>",
    "?} ?> %> ??/",
    "'; DROP TABLE x; --",
    "caf\u00e9 \U0001f600",
    "__proto__",
    "constructor",
    "x" * 10_000,
    "%s {0} ${1} #{2} `3`",
    "features",
    "row",
    "K1",
    "c1",
    "NaN",
)
LEVELS = (
    "red",
    "it's",
    "*/",
    "",
    "3",
    "True",
    "0.5",
    "1.0",
    "\u00e9\U0001f600",
    "1e-05",
    "a\\'\n",
    "constructor",
    None,
)
EXTREMES = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -1e-30, 3.5e38, 1e300, 0.5, 1, True, 2**53 + 1, None)
ODD_LEVELS = (3, 3.0, True, False, math.nan, None, 0.5, 1e-5, 1e22, -0.0, math.inf, "unseen", " red ", "RED", "?")
WORDS = (
    "film",
    "Film!",
    "don't",
    "GOOD",
    "\U0001f600",
    "\u2764\ufe0f \u20ac",
    "\u00e9t\u00e9",
    "9",
    "",
    "  ",
    "\u65e5\u672c",
    "\u0130\u00df",
)
COUNT = 40
MOST_THRESHOLDS = 8  # of one column

_READINGS: dict[str, tuple[dict[str, Any] | None, ...]] = {
    "numeric": (
        None,
        None,
        None,
        {"kind": "plain", "numbers": [-999.0, 0.5]},
        {"kind": "number", "form": "1.234,5", "words": ["none at all"]},
        {"kind": "number"},
        {"kind": "moment", "form": "day.month.year", "part": "days", "origin": "2016-01-22"},
        {"kind": "clock"},
    ),
    "category": (
        None,
        None,
        {"kind": "level", "values": ["?"]},
        {"kind": "level", "levels": ["strip", "fold"]},
        {"kind": "level", "levels": ["decimal"], "words": ["unseen"]},
        {"kind": "level", "levels": ["parsed", "lower"]},
    ),
}
_WRITTEN: dict[str, tuple[Any, ...]] = {
    "number": ("1,5", "(2)", "-3,25 \u20ac", "1.234", "0,5 %", "", "n/a", " 7 ", "1e2", math.nan, None, 4.0, 2),
    "moment": ("22.01.2016", "1.3.2020 18:30", "29.2.2000", "31.12.1969 11:59:59 pm", "-", None, math.nan),
    "clock": ("18:30", "0:00", "23:59:59.5", "unknown", None),
}
_PLAIN_NUMBERS = ("1.5", "(2)", "-3.25 $", "1,234", "0.5 %", "", "n/a", " 7 ", "1e2", math.nan, None, 4.0, 2)


def draw_reading(rng: np.random.Generator, kind: str) -> dict[str, Any] | None:
    """Return how the cells of a column are read, as a card has it."""
    known = _READINGS.get(kind, (None,))
    return known[rng.integers(len(known))]


def cells_of(
    rng: np.random.Generator, program: Program, column: int, kind: str, reading: dict[str, Any] | None
) -> list[Any]:
    """Return raw cells of a column: numbers on the thresholds of the program and beside them, levels, texts or series."""
    form = (reading or {}).get("kind")
    if form in _WRITTEN:
        known = _PLAIN_NUMBERS if reading == {"kind": "number"} else _WRITTEN[form]
        return [known[i] for i in rng.permutation(len(known))]
    if kind == "numeric":
        return [*_numbers(rng, program, column)]
    if kind == "boolean":
        return [(True, False, None, 1.0, 0)[i] for i in rng.integers(0, 5, COUNT)]
    if kind == "category":
        known = tuple(level for level in LEVELS if level is not None) + ODD_LEVELS
        return [known[i] for i in rng.permutation(len(known))]
    if kind == "text":
        return [" ".join(WORDS[i] for i in rng.integers(0, len(WORDS), rng.integers(6))) or None for _ in range(COUNT)]
    return [_series(rng) for _ in range(COUNT)]


def _numbers(rng: np.random.Generator, program: Program, column: int) -> Iterator[Any]:
    offset = offsets_of(program.decoders).get(column, 0.0)
    yield from (each if each is None else each + offset if isinstance(each, float) else each for each in EXTREMES)
    yield from (rng.normal(size=COUNT // 2) + offset).tolist()
    cuts = sorted(_thresholds(program, column))
    for cut in [cuts[i] for i in rng.permutation(len(cuts))[:MOST_THRESHOLDS]]:
        single = np.float32(cut)
        beside = [single, np.nextafter(single, np.float32(np.inf)), np.nextafter(single, np.float32(-np.inf))]
        yield from (float(each) + offset for each in beside)
        last = last_rounded_to(cut)
        yield from (each + offset for each in (last, math.nextafter(last, math.inf)))


def _thresholds(program: Program, column: int) -> set[float]:
    """Return what the features of a column are compared with."""
    compared, place, found = usage(program.body).compared, 0, set[float]()
    for decoder in program.decoders:
        if decoder.column == column:
            found |= compared.get(place, set())
        place += feature_count(decoder)
    return found


def _series(rng: np.random.Generator) -> list[float] | None:
    if rng.integers(8) == 0:
        return None
    steps = rng.normal(size=rng.integers(0, 40))
    odd = rng.random(len(steps)) < 0.1
    steps[odd] = rng.choice([math.nan, math.inf, -math.inf, 3.5e38, 1e-30], odd.sum())
    return [float(each) for each in steps]
