"""Decoders of texts and series, and cells for them, drawn at random."""

from __future__ import annotations

from typing import get_args

import numpy as np

from automicro.program import Grams, Summary
from automicro.program.nodes import Statistic

WORDS = (
    "film",
    "Film!",
    "don't",
    "GOOD",
    "good good",
    "😀",
    "❤️ €",
    "été",
    "naïve_x",
    "9",
    "",
    "  ",
    "日本語",
    "\ud800",
    "İß",
)
NUMBERS = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, 3.5e38, -3e38, 0.5, 1.0, 2.0)


def grams(rng, column):
    """Return buckets of grams, so few that many are hit."""
    bits, low = int(rng.integers(1, 6)), int(rng.integers(1, 3))
    buckets = tuple(np.unique(rng.integers(0, 1 << bits, rng.integers(1, 9))).tolist())
    unit = "word" if rng.integers(2) else "character"
    counted, scaled = bool(rng.integers(2)), bool(rng.integers(2))
    return Grams(column, unit, low, low + int(rng.integers(3)), bits, buckets, int(rng.integers(4)), counted, scaled)


def summary(rng, column):
    level = int(rng.integers(6))
    return Summary(column, get_args(Statistic)[rng.integers(15)], level, int(rng.integers(1 << level)))


def texts(rng, count):
    """Return texts of no to eight words, some of them missing."""
    cells = np.empty(count, dtype=object)
    for row in range(count):
        words = [WORDS[i] for i in rng.integers(0, len(WORDS), rng.integers(9))]
        cells[row] = None if rng.integers(10) == 0 else " ".join(words)
    return cells


def series(rng, count):
    """Return series of different lengths, some of them without a value."""
    steps = int(rng.integers(1, 40))
    made = np.where(
        rng.random((count, steps)) < 0.5, rng.normal(size=(count, steps)), rng.choice(NUMBERS, (count, steps))
    )
    lengths = rng.integers(0, steps + 1, count)
    return np.where(np.arange(steps) < lengths[:, None], made, np.nan)
