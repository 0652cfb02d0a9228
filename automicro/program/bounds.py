"""Bounds of packed sizes, known before any weight is: what families build their size budgets of."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ColumnShape", "affine_bytes", "decoder_bytes", "forest_bytes", "labels_bytes", "tables_bytes"]

LEAST = 1
NUMBER = 34  # bits that any float32 takes at most in a block, parameters of the block apart
BLOCK = 48
"""Bits that the parameters of a block take at most."""
SMALLEST_FILE = 3  # bytes of the magic, version, columns and link


class ColumnShape(Protocol):
    """What must be known of a source column."""

    @property
    def kind(self) -> str:
        """``"numeric"``, ``"boolean"`` or ``"category"``."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of a category."""


def _bytes(bits: float) -> int:
    return ceil(bits / 8) + 1


def labels_bytes(classes: int, text_bytes: int = 0) -> tuple[int, int]:
    """Return the bytes of `classes` labels, `text_bytes` of UTF-8 text in all."""
    return 0, _bytes(64 + 72 * classes + 12 * text_bytes)


def decoder_bytes(columns: Sequence[ColumnShape]) -> tuple[int, int]:
    """Return the least and the most bytes of header and decoders, whatever is read of these columns, once each, and one flag."""
    bits = 8 + 3 + 2 * log2(len(columns) + 1) + 24 + 4 * len(columns) + 2 * log2(len(columns) + 1)
    for column in columns:
        bits += 8 + NUMBER + 1
        if column.kind == "category":
            texts = sum(len(level.encode("utf-8", "surrogatepass")) for level in column.levels)
            bits += 64 + 12 * texts + len(column.levels) * (NUMBER + 24)
    return SMALLEST_FILE, _bytes(bits + 4 * BLOCK)


def affine_bytes(inputs: int, outputs: int = 1, labels: int = 0) -> tuple[int, int]:
    """Return the least and the most bytes of body, link and labels of an affine map."""
    return LEAST, _bytes(NUMBER * (inputs + 1) * outputs + 2 * BLOCK + 2 * log2(outputs + 1)) + labels_bytes(labels)[1]


def tables_bytes(features: int, pieces: int, outputs: int = 1, labels: int = 0) -> tuple[int, int]:
    """Return the bytes of step tables of `pieces` pieces in all on `features` features."""
    bits = 2 * NUMBER * (pieces + features * outputs) + 4 * BLOCK + 2 * BLOCK * features * outputs + NUMBER * outputs
    return LEAST, _bytes(bits) + labels_bytes(labels)[1]


def forest_bytes(trees: int, leaves: int, features: int, outputs: int = 1, labels: int = 0) -> tuple[int, int]:
    """Return the bytes of `trees` trees of at most `leaves` leaves each (of `outputs` numbers where that is more) on `features`."""
    splits = trees * max(leaves - 1, 0)
    bits = splits * (2 * NUMBER + 2 + log2(max(features, 1) * max(splits, 1)))
    bits += trees * leaves * (NUMBER * outputs + 2 + log2(trees * leaves + 1)) + trees * log2(outputs + 1)
    return LEAST, _bytes(bits + 4 * BLOCK + min(features, splits) * BLOCK + NUMBER * outputs) + labels_bytes(labels)[1]
