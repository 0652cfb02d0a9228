"""Class labels: 0 to k-1, other whole numbers, booleans, real numbers or text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ArtifactError
from automicro.program.wire.coding.numbers import read_choice, read_signed, write_choice, write_signed

if TYPE_CHECKING:
    from automicro.program.nodes import Labels, Link
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["class_count", "has_text", "read_labels", "write_labels"]

NONE, COUNTING, BOOLEAN, INTEGER, TEXT, REAL = range(6)
CHANCES = {
    "identity": (59, 1, 1, 1, 1, 1),
    "exp": (59, 1, 1, 1, 1, 1),
    "sigmoid": (1, 5, 2, 2, 5, 1),
    "softmax": (1, 5, 2, 2, 5, 1),
}


def class_count(link: Link, outputs: int) -> int:
    """Return how many classes there are, if there are labels."""
    return 2 if link == "sigmoid" else outputs


def _kind(labels: Labels | None) -> int:
    if labels is None:
        return NONE
    if all(isinstance(label, bool) for label in labels):
        return BOOLEAN
    if all(isinstance(label, int) for label in labels):
        return COUNTING if labels == tuple(range(len(labels))) else INTEGER
    return TEXT if has_text(labels) else REAL


def has_text(labels: Labels | None) -> bool:
    """Whether labels are text, and so stand in the vocabulary."""
    return labels is not None and all(isinstance(label, str) for label in labels)


def write_labels(sink: EventSink, labels: Labels | None, link: Link) -> None:
    """Write what labels are and, unless they are text, the labels; the reader knows their number."""
    kind = _kind(labels)
    write_choice(sink, kind, CHANCES[link])
    before = 0
    for label in labels or ():
        if kind == BOOLEAN:
            sink.uniform(int(bool(label)), 2)
        elif kind == INTEGER:
            write_signed(sink, int(label) - before - 1)
            before = int(label)
        elif kind == REAL:
            pattern = int(np.float64(label).view(np.uint64))
            sink.uniform(pattern >> 32, 1 << 32)
            sink.uniform(pattern & 0xFFFFFFFF, 1 << 32)


def read_labels(source: RangeDecoder, link: Link, outputs: int) -> Labels | None:
    """Return the labels; texts are still empty."""
    kind = read_choice(source, CHANCES[link])
    if kind == NONE:
        return None
    count = class_count(link, outputs)
    source.claim(count)
    if kind == COUNTING:
        return tuple(range(count))
    if kind == BOOLEAN:
        return tuple(bool(source.uniform(2)) for _ in range(count))
    if kind == TEXT:
        return ("",) * count
    if kind == REAL:
        return tuple(_read_real(source) for _ in range(count))
    integers, before = [], 0
    for _ in range(count):
        before += read_signed(source) + 1
        integers.append(before)
    return tuple(integers)


def _read_real(source: RangeDecoder) -> float:
    pattern = (source.uniform(1 << 32) << 32) | source.uniform(1 << 32)
    value = float(np.uint64(pattern).view(np.float64))
    if not np.isfinite(value):
        raise ArtifactError("labels must be finite; the file is damaged")
    return value
