"""Source columns cut into cells within which no split and no cut of a program tells two values apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Categories, Lookup, Missing, Numeric, OneHot, decode
from automicro.program.inputs.rows import FLOAT32_MAX, column_kinds
from automicro.program.nodes import feature_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.program import Decoder, Program

__all__ = ["UNSEEN", "Cell", "Cells", "Features", "cells_of", "number_cells"]

Cell = float | str | None  # of a raw row: a number, a level, or None where it is missing
Key = tuple[str, int]

UNSEEN = "\x00unseen"  # a level that no program lists


def number_cells(thresholds: Iterable[float]) -> NDArray[np.float32]:
    """Return one number for every interval that thresholds cut the float32 numbers into, ascending: ``x <= t`` is below.

    Each is the largest of its interval but the last, which is the smallest of its own; without a threshold it is 0.
    """
    inside = sorted({float(t) for t in thresholds if -FLOAT32_MAX <= t < FLOAT32_MAX})
    if not inside:
        return np.zeros(1, dtype=np.float32)
    cuts = np.array(inside, dtype=np.float32)
    return np.append(cuts, np.nextafter(cuts[-1], np.float32(np.inf)))


@dataclass(frozen=True)
class Features:
    """The features of a program: the decoder of each, and its place within that decoder."""

    program: Program
    decoders: tuple[tuple[Decoder, int], ...]

    @classmethod
    def of(cls, program: Program) -> Features:
        """Look a program's features up."""
        return cls(program, tuple((d, place) for d in program.decoders for place in range(feature_count(d))))

    def key(self, feature: int) -> Key:
        """Return what a feature moves with: its source column, or nothing else where that is a text or a series."""
        decoder = self.decoders[feature][0]
        kind = column_kinds(self.program.decoders)[decoder.column]
        return ("feature", feature) if kind in ("text", "series") else ("column", decoder.column)

    def numbers(self, column: int) -> list[int]:
        """Return the features that are a column as a number, or whether it is missing."""
        return [f for f, (d, _) in enumerate(self.decoders) if d.column == column and isinstance(d, Numeric | Missing)]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one column: what stands in a raw row (None where that cannot be told), and the values of its features."""

    key: Key
    raw: tuple[Cell, ...] | None
    values: Mapping[int, NDArray[np.float32]]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))


def cells_of(features: Features, key: Key, thresholds: Mapping[int, Sequence[float]]) -> Cells:
    """Return the cells of a column, or of a lone feature; `thresholds` are those of its features that are compared."""
    if key[0] == "feature":
        return Cells(key, None, {key[1]: number_cells(thresholds[key[1]])})
    kind = column_kinds(features.program.decoders)[key[1]]
    if kind == "category":
        listed = (d.levels for d, _ in features.decoders if d.column == key[1] and isinstance(d, OneHot | Lookup))
        levels = sorted({level for each in listed for level in each if level is not None})
        raw: tuple[Cell, ...] = (*levels, UNSEEN, None)
        column: NDArray[np.float32] | Categories = Categories(
            np.array([*range(len(levels) + 1), -1], dtype=np.int32), (*levels, UNSEEN)
        )
    else:
        numeric = [f for f in thresholds if isinstance(features.decoders[f][0], Numeric)]
        numbers = number_cells(t for f in numeric for t in thresholds[f])
        raw = (*numbers.tolist(), None)
        column = np.append(numbers, np.float32(np.nan))
    return Cells(key, raw, {f: _decoded(features, f, column) for f in thresholds})


def _decoded(features: Features, feature: int, column: NDArray[np.float32] | Categories) -> NDArray[np.float32]:
    decoder, place = features.decoders[feature]
    columns: list[NDArray[np.float32] | Categories | None] = [None] * features.program.columns
    columns[decoder.column] = column
    return np.asarray(decode((decoder,), columns)[:, place])
