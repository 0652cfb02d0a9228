"""Bounds of packed sizes, known before any weight is: what families build their size budgets of.

Each function returns the least and the most bytes. The most holds whatever float32 values there are, since `pack` takes the shortest of
several ways and each bound is that of one of them. The least is hardly anything: the file
of a constant has one byte, which the body's bound counts.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log2
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ColumnShape",
    "affine_bytes",
    "attention_bytes",
    "decoder_bytes",
    "distances_bytes",
    "forest_bytes",
    "labels_bytes",
    "network_bytes",
    "tables_bytes",
    "tokens_bytes",
]

NUMBER = 32.2  # bits of a float32 in a block: sign, exponent, mantissa, and what the coder rounds away
BLOCK = 46.0  # bits that a block takes before its first number
SET = 30.0  # bits that a set of cuts takes beyond its numbers
NODE = 10.0  # bits of the kinds of a node, of its parts and of how they are written
LABEL = 88.0  # bits of a label that is a number
BUCKET, SETTINGS, SUMMARY = 40.0, 80.0, 60.0  # bits of a bucket, of what grams are, and of a summary with its column
OFFSET = 76.0  # bits of an offset: sign, digits, power of two, and how many digits there are
EXTENSIONS, LIMITS = 3.0, 170.0  # bits of which extensions there are, and of two limits with all their bits
SLACK = 1.01  # chances are whole numbers and are halved now and then
SMALLEST = 1  # bytes of a file that predicts the constant 0, which training may end in


class ColumnShape(Protocol):
    """What must be known of a source column."""

    @property
    def kind(self) -> str:
        """``"numeric"``, ``"boolean"``, ``"category"``, ``"text"`` or ``"series"``."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of a category."""


def _bytes(bits: float) -> int:
    return ceil(SLACK * bits / 8) + 1


def _count(value: int) -> float:
    """Return the bits that a whole number >= 0 takes."""
    return 2 * log2(value + 2) + 1


def _texts(texts: Sequence[str]) -> float:
    """Return the bits that different texts take; of a letter that never occurred, chances may have become few."""
    letters = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    a_letter = min(16.0, log2(6 + 8 * (letters + len(texts)))) + min(16.0, log2(300 + 3 * letters))
    a_text = min(16.0, log2(6 + 8 * (letters + len(texts)))) + log2(16 + 8 * len(texts)) + log2(len(texts) + 2) + 2
    return letters * a_letter + len(texts) * a_text + 12 + log2(len(texts) + 2)


def _subset(members: int, count: int) -> float:
    """Return the bits that a subset of `count` things takes."""
    return (min(members, count) + 1) * log2(count + 1)


def _cuts(cuts: int, features: int) -> float:
    """Return the bits of dictionaries of cuts, at most so many in all."""
    used = min(cuts, features)
    sizes = used * _count(cuts // max(used, 1)) + 12 * log2(features * 48 + 8)
    return cuts * NUMBER + used * SET + sizes + BLOCK + 2


def labels_bytes(labels: Sequence[object]) -> tuple[int, int]:
    """Return the bytes of class labels."""
    texts = [label for label in labels if isinstance(label, str)]
    return 0, _bytes(6 + LABEL * (len(labels) - len(texts)) + (_texts(texts) if texts else 0))


def decoder_bytes(
    columns: Sequence[ColumnShape],
    labels: Sequence[object] = (),
    *,
    buckets: int = 0,
    summaries: int = 0,
    offsets: int = 0,
    bounded: bool = False,
) -> tuple[int, int]:
    """Return the bytes of header, decoders and text labels.

    Every column is read at most once and its missingness once more; besides there may be one decoder of `buckets` for each column of text,
    and `summaries` of series. So many columns of numbers have `offsets`; `bounded` says whether predictions may have limits.
    """
    count = len(columns)
    levels = sum(len(column.levels) + 1 for column in columns if column.kind == "category")
    bits = 8 + _count(count) + 4 + _subset(count, count) + 2 * count + 12 * log2(count + 8)
    bits += 2 * count * 2.4 + 2 * log2(count + 1) + 10  # kinds
    bits += sum(_count(len(column.levels) + 1) for column in columns if column.kind == "category")
    bits += count * NUMBER + (levels + count) * NUMBER + 2 * BLOCK + 24  # fills and look-ups
    bits += buckets * BUCKET + SETTINGS * sum(column.kind == "text" for column in columns) * (buckets > 0)
    bits += summaries * SUMMARY + offsets * OFFSET + bool(offsets) * (_subset(count, count) + log2(count + 1))
    bits += EXTENSIONS * (bounded or bool(offsets)) + LIMITS * bounded
    texts = [level for column in columns for level in column.levels]
    texts += [label for label in labels if isinstance(label, str)]
    bits += _texts(texts) + levels * (log2(levels + 2) + 2) if texts else 0
    return 0, _bytes(bits)


def affine_bytes(inputs: int, outputs: int = 1, classes: int = 0) -> tuple[int, int]:
    """Return the bytes of body, link and numeric labels of an affine map of any weights."""
    return SMALLEST, _bytes(NODE + _count(outputs) + NUMBER * (inputs + 1) * outputs + 2 * BLOCK + 6 + LABEL * classes)


def tokens_bytes(features: int, tokens: int, width: int, projections: int) -> tuple[int, int]:
    """Return the bytes of tokens that own so many features in all, with so many rows of weights."""
    owned = features * log2(features + 1) + tokens * _count(features) + 10
    numbers = (projections + tokens) * width * NUMBER + 2 * BLOCK
    return 0, _bytes(NODE + _count(tokens) + _count(width) + owned + numbers)


def attention_bytes(heads: int, width: int, *, asking: bool = False) -> tuple[int, int]:
    """Return the bytes of heads that pool tokens, or that tokens ask."""
    numbers = heads * width * (2 * width if asking else 1)
    return 0, _bytes(NODE + _count(heads) + _count(width) + 4 + numbers * NUMBER + 2 * BLOCK)


def network_bytes(widths: Sequence[int], classes: int = 0) -> tuple[int, int]:
    """Return the bytes of body, link and numeric labels of affine maps with an activation and scales between them.

    `widths` are those of the inputs, of every hidden layer and of the outputs; inputs and the outputs of each map may be scaled.
    """
    bits = 2 * NODE + NUMBER * widths[0] + BLOCK
    for inputs, outputs in pairwise(widths):
        bits += 3 * NODE + _count(outputs) + NUMBER * (inputs + 2) * outputs + 3 * BLOCK
    return SMALLEST, _bytes(bits + 6 + LABEL * classes)


def _tables(features: int, pieces: int, outputs: int) -> float:
    tables = min(features * outputs, pieces)
    used = min(features, tables)
    owners = 2 * used * outputs + log2(used * outputs + 1) + 2
    subsets = (pieces + tables) * log2(pieces + 2) if outputs > 1 else 0
    blocks = 3 * BLOCK + NUMBER * (pieces + tables + outputs)
    return NODE + _count(outputs) + _subset(used, features) + owners + _cuts(pieces, features) + subsets + blocks


def tables_bytes(features: int, pieces: int, outputs: int = 1, classes: int = 0) -> tuple[int, int]:
    """Return the bytes of body, link and numeric labels of step tables with at most `pieces` pieces in all.

    Every feature has at most one table for each output.
    """
    return SMALLEST, _bytes(_tables(features, pieces, outputs) + 6 + LABEL * classes)


def _forest(trees: int, leaves: int, features: int, outputs: int) -> float:
    splits = trees * max(leaves - 1, 0)
    nodes = trees + 2 * splits
    used = min(features, splits)
    shapes = nodes + 8 * log2(nodes + 2) + _count(splits)
    pairs = splits * log2(splits + 1) + splits + log2(splits + 2) + 12  # with where NaN goes
    rows = BLOCK + 40 + NUMBER * trees * leaves * outputs + trees * log2(outputs + 1)
    bias = BLOCK + NUMBER * outputs
    return (
        NODE
        + _count(outputs)
        + _count(trees)
        + _subset(used, features)
        + _cuts(splits, features)
        + shapes
        + pairs
        + rows
        + bias
    )


def forest_bytes(trees: int, leaves: int, features: int, outputs: int = 1, classes: int = 0) -> tuple[int, int]:
    """Return the bytes of body, link and numeric labels of at most `trees` trees of at most `leaves` leaves each.

    Leaves may be as wide as there are outputs. Trees that read one feature may become step tables.
    """
    splits = trees * max(leaves - 1, 0)
    tables = min(features, splits)
    as_tables = _tables(features, (splits + tables) * outputs, outputs)
    beside = NODE + 5 * BLOCK + tables * (SET + 2 * NUMBER * outputs) + _subset(tables, features)
    return SMALLEST, _bytes(max(_forest(trees, leaves, features, outputs) + beside, as_tables) + 6 + LABEL * classes)


def distances_bytes(
    points: int, inputs: int, outputs: int, classes: int = 0, *, kernels: bool = False
) -> tuple[int, int]:
    """Return the bytes of body, link and numeric labels of a model of distances to at most `points` points, of any numbers.

    All points share relevances. The nearest decides, each with a bias, or with `kernels` an affine map of what fades with distance.
    """
    own = 2 * NODE + 2 * _count(points) + 3 + 2 * BLOCK + NUMBER * inputs * (points + 1)
    if kernels:
        after = 2 * NODE + _count(outputs) + 2 * BLOCK + NUMBER * (points + 1) * outputs
    else:
        after = NODE + _count(outputs) + 4 + points * log2(outputs + 1) + BLOCK + NUMBER * points
    return SMALLEST, _bytes(own + after + 6 + LABEL * classes)
