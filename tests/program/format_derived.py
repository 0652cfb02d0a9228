"""Grams and summaries, read as docs/reference/format.md says: part of the second reader."""

from __future__ import annotations

from typing import Any

from format_source import Chances, Lengths, Source, need

STATISTICS = (
    "mean",
    "spread",
    "minimum",
    "maximum",
    "slope",
    "first",
    "last",
    "change",
    "crossings",
    "length",
    "energy 2",
    "energy 4",
    "energy 8",
    "energy 16",
    "energy 32",
)


def derived(s: Source, decoders: list[dict[str, Any]], grams: int, summary: int) -> None:
    """Read the settings of decoders of these two kinds into them."""
    statistics, levels = Chances([1] * 15, 2), Chances([1] * 12, 2)
    for decoder in decoders:
        if decoder["kind"] == grams:
            decoder["grams"] = read_grams(s)
        elif decoder["kind"] == summary:
            statistic = STATISTICS[s.learnt("statistic", statistics)]
            level = s.learnt("level", levels)
            decoder["summary"] = (statistic, level, s.uniform("window", 2**level))


def read_grams(s: Source) -> dict[str, Any]:
    unit = ("word", "character")[s.uniform("unit", 2)]
    low = s.number("low - 1", 0) + 1
    high = low + s.number("high - low", 0)
    prefix = s.number("prefix", 1)
    need(high <= 64 and prefix <= 64)
    counted, scaled = s.uniform("counted", 2), s.uniform("scaled", 2)
    bits = s.uniform("bits - 1", 24) + 1
    count = s.number("buckets - 1", 6) + 1
    s.claim(count)
    shift = s.uniform("low bits of gaps", 24)
    lengths, buckets, after = Lengths(), [], 0
    for _ in range(count):
        upper = s.learnt_number("gap, upper bits", lengths)
        after += (upper << shift) + s.uniform("gap, low bits", 1 << shift) + 1
        need(after <= 2**bits)
        buckets.append(after - 1)
    known = {"unit": unit, "low": low, "high": high, "prefix": prefix, "bits": bits, "buckets": buckets}
    return {**known, "counted": bool(counted), "scaled": bool(scaled)}
