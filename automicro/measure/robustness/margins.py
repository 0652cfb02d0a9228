"""What a decision rests on: differences of scores that are above 0, and change it once one of them is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Numeric, apply_link, body_scores, decode, take
from automicro.program.nodes import feature_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program import Column, Program

    Floats = NDArray[np.float64]

__all__ = ["Contrast", "Decided", "column_of_feature", "contrasts"]


@dataclass(frozen=True, eq=False)
class Contrast:
    """``(scores * of).sum(axis=1) + offset``, one number for each row: `of` is (rows, outputs), the others are (rows,).

    The decision changes where the number is below 0, and at 0 where `at_zero`.
    """

    of: Floats
    offset: Floats
    at_zero: NDArray[np.bool_]

    def values(self, scores: Floats) -> Floats:
        """Return the contrast of scores (rows, outputs)."""
        result: Floats = (scores * self.of).sum(axis=1) + self.offset
        return result

    def only(self, rows: NDArray[np.int64]) -> Contrast:
        """Return the contrast of some rows."""
        return Contrast(self.of[rows], self.offset[rows], self.at_zero[rows])

    def broken(self, values: Floats, slack: float = 1e-9) -> NDArray[np.bool_]:
        """Return whether numbers as low as these change the decision, but for what adding up rounds away."""
        return np.where(self.at_zero, values <= slack, values < -slack)


@dataclass(frozen=True, eq=False)
class Decided:
    """Rows with what a program decides on them; a number counts as changed once it is `tolerance` away.

    Parameters
    ----------
    program : Program
    columns : tuple of Column or None
    movable : tuple of int
        Columns of numbers that may move.
    widths : array of float64, (movable,)
        The range of each: a distance of 1.
    tolerance : float
        Tolerance of a regression.
    """

    program: Program
    columns: tuple[Column | None, ...]
    movable: tuple[int, ...]
    widths: Floats
    tolerance: float

    @property
    def values(self) -> NDArray[np.float32]:
        """The movable columns, (rows, movable); NaN where a cell is missing, which stays so."""
        return np.stack([np.asarray(self.columns[column]) for column in self.movable], axis=1).astype(np.float32)

    def features(self, values: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the features of variants: `values` (variants, movable) of the row numbers `rows` (variants,)."""
        moved = dict(zip(self.movable, values.T, strict=True))
        columns = [
            np.ascontiguousarray(moved[place]) if place in moved else None if own is None else take(own, rows)
            for place, own in enumerate(self.columns)
        ]
        return decode(self.program.decoders, columns)

    def scores(self, values: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
        """Return the scores of variants, (variants, outputs)."""
        return body_scores(self.program.body, self.features(values, rows))

    def changed(self, values: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether the program decides otherwise on variants than on their rows."""
        before = apply_link(self.program, self.scores(self.values[rows], rows))
        after = apply_link(self.program, self.scores(values, rows))
        if self.program.labels is not None:
            different: NDArray[np.bool_] = before.argmax(axis=1) != after.argmax(axis=1)
            return different
        return np.asarray(np.abs(after - before) >= self.tolerance)

    def distance(self, values: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
        """Return the largest move of a column in its range, (variants,)."""
        apart = np.abs(values.astype(np.float64) - self.values[rows]) / self.widths
        return np.asarray(np.nan_to_num(apart, nan=0.0).max(axis=1, initial=0.0))


def column_of_feature(decided: Decided) -> NDArray[np.int64]:
    """Return for every feature the place of its column in `movable`, -1 where the feature does not move."""
    found: list[int] = []
    for decoder in decided.program.decoders:
        moves = isinstance(decoder, Numeric) and decoder.column in decided.movable
        found += [decided.movable.index(decoder.column) if moves else -1] * feature_count(decoder)
    return np.array(found, dtype=np.int64)


def contrasts(decided: Decided, scores: Floats) -> Sequence[Contrast]:
    """Return the contrasts of rows with such scores: of a class against every other; of a number against both ends of the tolerance."""
    rows, outputs = scores.shape
    program = decided.program
    if program.labels is None:
        return _of_numbers(program, scores, decided.tolerance)
    if outputs == 1:
        second = apply_link(program, scores).argmax(axis=1) == 1  # at 0 it is the first class
        return [Contrast(np.where(second, 1.0, -1.0)[:, None], np.zeros(rows), second)]
    order = np.argsort(-scores, axis=1, kind="stable")
    made = []
    for rank in range(1, outputs):
        of = np.zeros((rows, outputs))
        of[np.arange(rows), order[:, 0]] = 1.0
        of[np.arange(rows), order[:, rank]] = -1.0
        made.append(Contrast(of, np.zeros(rows), order[:, rank] < order[:, 0]))  # of equals the first is taken
    return made


def _of_numbers(program: Program, scores: Floats, tolerance: float) -> list[Contrast]:
    before = apply_link(program, scores)
    high, low = before + tolerance, before - tolerance
    if program.limits is not None:
        least, greatest = program.limits
        high, low = np.where(high <= greatest, high, np.inf), np.where(low >= least, low, -np.inf)
    if program.link == "exp":
        with np.errstate(divide="ignore", invalid="ignore"):
            high = np.log(high)
            low = np.where(low > 0, np.log(np.maximum(low, 1e-300)), -np.inf)
    return [_reaching(-1.0, high), _reaching(1.0, -low)]


def _reaching(sign: float, offset: Floats) -> Contrast:
    """Return the contrast of a score with a bound, ``sign * score + offset``; it is never broken where no score reaches the bound."""
    reachable = np.isfinite(offset)
    return Contrast(np.where(reachable, sign, 0.0)[:, None], np.where(reachable, offset, 1.0), reachable)
