"""Class labels: 0 to k-1, other whole numbers, booleans, real numbers or text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.wire.numbers import read_number, read_signed, write_number, write_signed

if TYPE_CHECKING:
    from automicro.program.nodes import Program
    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["TEXT", "label_kind", "read_labels", "write_labels"]

NONE, COUNTING, BOOLEAN, INTEGER, TEXT, REAL = range(6)


def label_kind(labels: tuple[object, ...] | None) -> int:
    """Return how labels are written."""
    if labels is None:
        return NONE
    if all(isinstance(label, bool) for label in labels):
        return BOOLEAN
    if all(isinstance(label, int) and not isinstance(label, bool) for label in labels):
        return COUNTING if labels == tuple(range(len(labels))) else INTEGER
    return TEXT if all(isinstance(label, str) for label in labels) else REAL


def write_labels(sink: Sink, labels: tuple[object, ...] | None) -> None:
    """Write kind, number and labels; of texts only their number, as they stand in the vocabulary."""
    kind = label_kind(labels)
    sink.uniform(kind, REAL + 1)
    if labels is None:
        return
    sink.claim(len(labels))
    write_number(sink, len(labels) - 2)
    before = 0
    for label in labels:
        if kind == BOOLEAN:
            sink.uniform(int(bool(label)), 2)
        elif kind == INTEGER and isinstance(label, int):
            write_signed(sink, label - before - 1)
            before = label
        elif kind == REAL and isinstance(label, float):
            pattern = int(np.float64(label).view(np.uint64))
            sink.uniform(pattern >> 32, 1 << 32)
            sink.uniform(pattern & 0xFFFFFFFF, 1 << 32)


def read_labels(source: Decoder) -> tuple[int, Program.labels]:
    """Return the kind of the labels and the labels, texts as empty strings."""
    kind = source.uniform(REAL + 1)
    if kind == NONE:
        return kind, None
    count = read_number(source) + 2
    source.claim(count)
    if kind == COUNTING:
        return kind, tuple(range(count))
    if kind == BOOLEAN:
        return kind, tuple(bool(source.uniform(2)) for _ in range(count))
    if kind == INTEGER:
        integers, before = [], 0
        for _ in range(count):
            before += read_signed(source) + 1
            integers.append(before)
        return kind, tuple(integers)
    if kind == TEXT:
        return kind, ("",) * count
    return kind, tuple(_read_real(source) for _ in range(count))


def _read_real(source: Decoder) -> float:
    pattern = (source.uniform(1 << 32) << 32) | source.uniform(1 << 32)
    value = float(np.uint64(pattern).view(np.float64))
    if not np.isfinite(value):
        raise ArtifactError("labels must be finite; the file is damaged")
    return value
