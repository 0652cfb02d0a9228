"""Rows of the kind that a model reads, drawn where there are no data: within the ranges on its card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Batch, Categories, Lookup, OneHot, Propagate, Texts, Topology, offsets_of, reads_graphs
from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import column_kinds
from automicro.program.walk import every

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.program import Column, Node, Program

__all__ = ["drawn_rows"]

LARGEST = float(np.finfo(np.float32).max)
STEPS, WORDS, MOST_NODES = 24, 12, 8
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def drawn_rows(program: Program, card: Mapping[str, Any] | None, count: int, seed: int) -> Batch:
    """Return so many rows, or of a model of graphs so many nodes of small ones, each column on its own.

    Parameters
    ----------
    program : Program
    card : mapping or None
        Card of the model, with ranges of numbers; without it they are drawn around the places where the program compares them.
    count : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    kinds = column_kinds(program.decoders) or {0: "missing"}
    entries, offsets = (card or {}).get("columns", ()), offsets_of(program.decoders)
    columns: list[Column | None] = [None] * program.columns
    for place, kind in kinds.items():
        entry = entries[place] if place < len(entries) else {}
        low, high = entry.get("minimum"), entry.get("maximum")
        less = offsets.get(place, 0.0)
        known = _around_cuts(program) if low is None or high is None else _in_range(low - less, high - less)
        columns[place] = _column(program, place, kind, known, count, rng)
    return Batch(tuple(columns), _graphs(program.body, count, rng) if reads_graphs(program.body) else None)


def _in_range(low: float, high: float) -> tuple[float, float]:
    """Return two ends in ascending order as numbers of 32 bits, which columns hold."""
    return max(min(low, high), -LARGEST), min(max(low, high), LARGEST)


def _around_cuts(program: Program) -> tuple[float, float]:
    cuts = [cut for found in usage(program.body).compared.values() for cut in found]
    return min([*cuts, 0.0]) - 1, max([*cuts, 0.0]) + 1


def _column(
    program: Program, place: int, kind: str, known: tuple[float, float], count: int, rng: np.random.Generator
) -> Column:
    gone = rng.random(count) < 0.1
    if kind == "category":
        found = [d.levels for d in program.decoders if d.column == place and isinstance(d, OneHot | Lookup)]
        levels = tuple(dict.fromkeys(level for own in found for level in own if level is not None))
        codes = rng.integers(0, len(levels), count) if levels else np.full(count, -1)
        return Categories(np.where(gone, -1, codes).astype(np.int32), levels)
    if kind == "text":
        words = ["".join(rng.choice(LETTERS, rng.integers(1, 6))) for _ in range(count * WORDS)]
        texts = [" ".join(words[row * WORDS : (row + 1) * WORDS]) for row in range(count)]
        return Texts(np.array([None if lost else text for lost, text in zip(gone, texts, strict=True)], dtype=object))
    shape = (count, STEPS) if kind == "series" else (count,)
    values = rng.uniform(*known, shape).astype(np.float32)
    values[gone] = np.nan
    return values


def _graphs(body: Node, count: int, rng: np.random.Generator) -> Topology:
    """Return graphs of some nodes each, so many nodes in all, with edges drawn among them."""
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(min(int(rng.integers(1, MOST_NODES)), count - sum(sizes)))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    edges = np.hstack(
        [start + rng.integers(0, size, (2, 2 * size)) for start, size in zip(starts, sizes, strict=False)]
    )
    read = [node.attribute for node in every(body) if isinstance(node, Propagate) and node.attribute is not None]
    attributes = rng.random((edges.shape[1], max(read) + 1)).astype(np.float32) if read else None
    return Topology(edges, attributes, starts)
