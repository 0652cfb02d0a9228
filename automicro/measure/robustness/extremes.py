"""The least that a sum of one-column functions can be while its columns move within bounds: exact, one column after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Affine, Chain, Forest, Scale, StepTables
from automicro.program.walk import terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro.program import Node

    Floats = NDArray[np.float64]
    Jump = tuple[NDArray[np.float32], NDArray[np.float32], int]  # cuts, values and output of a table

__all__ = ["Additive", "additive"]


@dataclass(frozen=True, eq=False)
class Additive:
    """A body as a sum of functions of one column: for each a slope, and steps after ascending `cuts`.

    Parameters
    ----------
    slopes : array of float64, (movable, outputs)
    cuts : tuple of array of float32
        One for each movable column.
    steps : tuple of array of float64, (pieces, outputs)
    """

    slopes: Floats
    cuts: tuple[NDArray[np.float32], ...]
    steps: tuple[Floats, ...]

    @property
    def linear(self) -> bool:
        """Whether there are no steps."""
        return not any(cuts.size for cuts in self.cuts)

    def least(self, of: Floats, x: Floats, reach: Floats) -> tuple[Floats, Floats]:
        """Return by how much a contrast can fall, (rows,), and the place where it does, (rows, movable).

        `of` is (rows, outputs); `x` and `reach` are (rows, movable): a column moves from x - reach to x + reach, and not where x is NaN.
        """
        place, fall = x.copy(), np.zeros(len(x))
        for column, (cuts, steps) in enumerate(zip(self.cuts, self.steps, strict=True)):
            own = x[:, column]
            low, high = own - reach[:, column], own + reach[:, column]
            start = np.concatenate(([-np.inf], np.nextafter(cuts, np.float32(np.inf)).astype(np.float64)))
            stop = np.concatenate((cuts.astype(np.float64), [np.inf]))
            left, right = np.maximum(start, low[:, None]), np.minimum(stop, high[:, None])
            slope = (of @ self.slopes[column])[:, None]
            end = np.where(slope > 0, left, right)
            flat = np.minimum(
                np.maximum(own[:, None], left), right
            )  # without a slope the nearest place of a piece will do
            end = np.where(slope == 0, flat, end)
            with np.errstate(invalid="ignore"):
                values = np.where(left <= right, of @ steps.T + slope * np.where(np.isfinite(end), end, 0.0), np.inf)
            best = values.argmin(axis=1)
            rows = np.arange(len(x))
            here = (of @ steps.T)[rows, np.searchsorted(cuts, own.astype(np.float32), side="left").clip(0, len(cuts))]
            here = here + slope[:, 0] * own
            moves = np.isfinite(own) & (values[rows, best] < here)
            fall += np.where(moves, values[rows, best] - np.where(moves, here, 0.0), 0.0)
            place[:, column] = np.where(moves, end[rows, best], own)
        return fall, place


def additive(node: Node, columns: NDArray[np.int64], outputs: int, movable: int) -> Additive | None:
    """Return a body as a sum of functions of one column; None if it is none.

    `columns` says for every feature which movable column it is, or -1.
    """
    slopes = np.zeros((movable, outputs))
    jumps: list[list[Jump]] = [[] for _ in range(movable)]
    for part, factors in _parts(node):
        if isinstance(part, Affine):
            weights = part.weights.values.astype(np.float64) * (1.0 if factors is None else factors)
            for feature in np.flatnonzero(columns >= 0):
                slopes[columns[feature]] += weights[:, feature]
        elif isinstance(part, StepTables) and factors is None:
            ends = np.concatenate(([0], np.cumsum(part.pieces)))
            for table, (start, stop) in enumerate(pairwise(ends.tolist())):
                if (column := int(columns[part.features[table]])) >= 0:
                    own = part.cuts.values[start - table : stop - table - 1]
                    jumps[column].append((own, part.values.values[start:stop], part.outputs[table]))
        elif not (isinstance(part, Forest) and not any((tree.feature >= 0).any() for tree in part.trees)):
            return None
    cuts, steps = zip(*(_steps(column, outputs) for column in jumps), strict=True)
    return Additive(slopes, cuts, steps)


def _steps(jumps: list[Jump], outputs: int) -> tuple[NDArray[np.float32], Floats]:
    """Return the cuts of all tables of a column, and what they add in each piece between them."""
    cuts = np.unique(np.concatenate([np.zeros(0, dtype=np.float32), *(own for own, _, _ in jumps)])).astype(np.float32)
    total = np.zeros((len(cuts) + 1, outputs))
    for own, values, output in jumps:
        total[:, output] += values[np.searchsorted(own, np.append(cuts, np.float32(np.inf)), side="left")]
    return cuts, total


def _parts(node: Node) -> Iterator[tuple[Node, Floats | None]]:
    """Yield the parts of a sum, each with the factors of its features."""
    for part in terms(node):
        if isinstance(part, Chain) and len(part.nodes) == 2 and isinstance(part.nodes[0], Scale):
            yield part.nodes[1], part.nodes[0].factors.values.astype(np.float64)
        else:
            yield part, None
