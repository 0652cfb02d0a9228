"""A search for small moves of numbers that change a decision: each one found is an upper bound of the smallest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.measure.robustness.margins import Contrast, Decided

    Floats = NDArray[np.float64]
    Values = NDArray[np.float32]
    Rows = NDArray[np.int64]

__all__ = ["attack"]

STEPS, SWEEPS, HALVINGS = 8, 2, 20
LEVELS = (-1.0, -0.5, 0.5, 1.0)
FARTHEST = 1.0  # the whole range of a column
CELLS = 2_000_000  # features computed at once


@dataclass(frozen=True, eq=False)
class _Searched:
    """What is searched: rows, their contrasts, and how far each column may move at a distance of 1."""

    decided: Decided
    contrasts: Sequence[Contrast]
    reach: Floats

    def margins(self, values: Values, rows: Rows) -> Floats:
        """Return how far variants are from another decision, on the scale of scores."""
        step = max(CELLS // max(len(self.decided.columns), values.shape[1]), 1)
        found = np.empty(len(values))
        for start in range(0, len(values), step):
            part = slice(start, start + step)
            scores = self.decided.scores(values[part], rows[part])
            found[part] = np.min([c.only(rows[part]).values(scores) for c in self.contrasts], axis=0)
        return np.nan_to_num(found, nan=np.inf)

    def descend(self, rows: Rows, distance: Floats) -> Values:
        """Return variants of rows, each column at most `distance` away, whose margin is as low as a greedy descent finds."""
        x = self.decided.values[rows]
        z, current = x.copy(), self.margins(x, rows)
        span, count = self.reach[rows] * distance[:, None], x.shape[1]
        places = np.arange(len(rows))
        for _ in range(SWEEPS):
            single = np.repeat(z[:, None, None, :], count, axis=1).repeat(len(LEVELS), axis=2)
            for column in range(count):
                single[:, column, :, column] = x[:, [column]] + np.outer(span[:, column], LEVELS).reshape(len(rows), -1)
            margins = self.margins(single.reshape(-1, count), np.repeat(rows, count * len(LEVELS)))
            margins = margins.reshape(len(rows), count, len(LEVELS))
            level = margins.argmin(axis=2)
            moved = x + span * np.asarray(LEVELS)[level]
            gain = np.take_along_axis(margins, level[:, :, None], axis=2)[:, :, 0]
            prefix = self._prefixes(
                z, moved.astype(np.float32), gain < current[:, None], np.argsort(gain, axis=1, kind="stable")
            )
            margins = self.margins(prefix.reshape(-1, count), np.repeat(rows, count)).reshape(len(rows), count)
            best = margins.argmin(axis=1)
            better = margins[places, best] < current
            z[better] = prefix[places, best][better]
            current = np.minimum(current, margins[places, best])
        return z

    @staticmethod
    def _prefixes(z: Values, moved: Values, helps: NDArray[np.bool_], order: Rows) -> Values:
        """Return for every number of columns the variant that moves so many of those that help, the most helpful first."""
        variants = np.empty((len(z), z.shape[1], z.shape[1]), dtype=np.float32)
        current, places = z.copy(), np.arange(len(z))
        for rank in range(z.shape[1]):
            column = order[:, rank]
            current[places, column] = np.where(helps[places, column], moved[places, column], current[places, column])
            variants[:, rank] = current
        return variants


def attack(
    decided: Decided, contrasts: Sequence[Contrast], reach: Floats, rows: Rows, low: Floats
) -> tuple[Floats, Values]:
    """Return for some rows the distance of a change that was found, infinite where none was, and the changed numbers.

    Parameters
    ----------
    decided : Decided
    contrasts : sequence of Contrast
    reach : array of float64, (all rows, movable)
        How far each column moves at a distance of 1; 0 where it is missing.
    rows : array of int64
    low : array of float64, (rows,)
        Below these distances there is none.
    """
    searched = _Searched(decided, contrasts, reach)
    found, best = np.full(len(rows), np.inf), decided.values[rows].copy()
    near = np.clip(low, 1e-4, FARTHEST)
    far = np.full(len(rows), FARTHEST)
    for step in range(STEPS + 1):
        distance = far if step == 0 else np.sqrt(near * far)
        z = searched.descend(rows, distance)
        flipped = decided.changed(z, rows)
        if flipped.any():
            z[flipped] = _shrunk(decided, rows[flipped], z[flipped])
        apart = np.where(flipped, decided.distance(z, rows), np.inf)
        closer = apart < found
        found[closer], best[closer] = apart[closer], z[closer]
        far = np.where(flipped, np.minimum(far, np.maximum(apart, near)), far)
        near = np.where(flipped | (step == 0), near, distance)
    return found, best


def _shrunk(decided: Decided, rows: Rows, z: Values) -> Values:
    """Return variants that flip as near to their rows as bisection on the straight line finds them."""
    x = decided.values[rows]
    near, far, best = np.zeros(len(rows)), np.ones(len(rows)), z.copy()
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        variant = (x + middle[:, None] * (z - x)).astype(np.float32)
        flipped = decided.changed(variant, rows)
        best[flipped] = variant[flipped]
        near, far = np.where(flipped, near, middle), np.where(flipped, middle, far)
    return best
