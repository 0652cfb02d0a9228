"""Values rounded to a coarse grid one after the other, all others moving to make up for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.encodings import Fixed, short_scale
from automicro_boosting.refit import Coefficients, lower_triangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_boosting.eliminate import Elimination

    Array = NDArray[np.float64]

__all__ = ["Rounded", "roundings"]

_LEVELS = (3, 4, 5, 7, 9, 12, 17, 24, 33, 48, 65, 96, 129)
_RANGES = (1.0, 0.85, 0.7, 0.6)  # shares of the values' range to spread the levels over: values beyond are cut off


@dataclass(frozen=True, eq=False)
class Rounded:
    """Coefficients in the target's own units, with at most `levels` distinct values, and the loss that rounding added."""

    coefficients: Coefficients
    encoding: Fixed
    levels: int
    count: int
    harm: float

    def cost(self, price: float) -> float:
        """Return the loss, bits counted at a price."""
        return self.harm + price * self.count * float(np.log2(self.levels))


def roundings(elimination: Elimination, *, anchored: bool) -> list[Rounded]:
    """Return the present values of an elimination on ever finer grids.

    Each value is rounded in turn and what it lacks is made up for by those that follow, along the exact curvature (Frantar
    and others, "GPTQ", ICLR 2023). The firmest values come first, so that the loosest make up for the rest.

    Parameters
    ----------
    elimination : Elimination
    anchored : bool
        Whether the first value of every tree is moved to 0, or the middle between the least and the largest.
    """
    outputs = [_Output.of(elimination, output, anchored=anchored) for output in range(len(elimination.owner))]
    factor, shift = elimination.loss.factor, elimination.loss.shift
    values = factor * np.concatenate([output.free for output in outputs])
    if not len(values) or not np.ptp(np.append(values, 0.0)) > 0:
        return []
    grids = _Grids.over(values)
    done = [output.rounded(grids, factor, shift) for output in outputs]
    harm = np.sum([each for _, _, each in done], axis=0)
    tries = len(_RANGES)
    best = [place + int(np.argmin(harm[place : place + tries])) for place in range(0, len(harm), tries)]
    return [
        Rounded(
            Coefficients(tuple(v[at] for v, _, _ in done), np.array([b[at] for _, b, _ in done])),
            Fixed(max(int(grids.levels[at]) - 1, 1).bit_length(), float(grids.step[at]), int(grids.low[at])),
            int(grids.levels[at]),
            len(values),
            float(harm[at]),
        )
        for at in best
    ]


@dataclass(frozen=True, eq=False)
class _Grids:
    """Several grids, (grids,): multiples ``low`` to ``low + levels - 1`` of ``step``."""

    step: Array
    low: Array
    levels: Array

    @classmethod
    def over(cls, values: Array) -> _Grids:
        """Return a grid for every number of levels and range, around the middle of the values and 0."""
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        shapes = [(levels, share) for levels in _LEVELS for share in _RANGES]
        step = np.array([short_scale((high - low) * share / (levels - 1)) for levels, share in shapes])
        levels = np.array([levels for levels, _ in shapes], dtype=np.float64)
        first = np.rint(0.5 * (low + high) / step - 0.5 * (levels - 1))
        return cls(step, np.clip(first, 1 - levels, 0), levels)


@dataclass(frozen=True, eq=False)
class _Output:
    """One output's distinct values in the order of rounding: first the anchors, which are 0, then the bias.

    `place` leads from the design's values to them; it is -1 for values that no row takes, which become 0.
    """

    values: Array
    anchors: int
    place: NDArray[np.int64]
    upper: Array

    @classmethod
    def of(cls, elimination: Elimination, output: int, *, anchored: bool) -> _Output:
        owner, values = elimination.owner[output], elimination.values[output].copy()
        covariance, design = elimination.covariance[output], elimination.design
        kept = np.unique(owner[:-1][design.used[output]])
        used = np.isin(owner[:-1], kept)
        anchors = []
        for number in np.unique(design.groups[output][used]):  # what a tree's values are shifted by goes to the bias
            mine = np.flatnonzero(used & (design.groups[output] == number))
            shift = values[mine[0]] if anchored else 0.5 * (values[mine].min() + values[mine].max())
            values[mine] -= shift
            values[-1] += shift
            anchors.append(owner[mine[0]])
        fixed = np.array(anchors if anchored else [], dtype=np.int64)
        kept = np.setdiff1d(kept, fixed)
        kept = kept[np.argsort(covariance[kept, kept], kind="stable")]
        order = np.concatenate((fixed, [len(owner) - 1], kept))
        rank = np.full(len(owner), -1)
        rank[order] = np.arange(len(order))
        return cls(values[order], len(fixed), rank[owner[:-1]], lower_triangle(covariance[np.ix_(order, order)]).T)

    @property
    def free(self) -> Array:
        """The values that are neither anchors nor the bias."""
        return self.values[self.anchors + 1 :]

    def rounded(self, grids: _Grids, factor: float, shift: float) -> tuple[Array, Array, Array]:
        """Return for every grid the values and the bias in the target's own units, and the loss that rounding adds."""
        left = np.tile(self.values, (len(grids.step), 1))
        done, harm = np.zeros_like(left), np.zeros(len(left))
        unit = 2.0 ** np.floor(np.log2(grids.step))  # the bias becomes a short number
        bias = self.anchors
        done[:, bias] = np.rint((factor * left[:, bias] + shift) / unit) * unit
        for i in range(bias, left.shape[1]):
            if i > bias:
                codes = np.clip(np.rint(factor * left[:, i] / grids.step), grids.low, grids.low + grids.levels - 1)
                done[:, i] = codes * grids.step
            error = left[:, i] - (done[:, i] - (shift if i == bias else 0.0)) / factor
            scaled = error / self.upper[i, i]
            left[:, i:] -= scaled[:, None] * self.upper[i, i:]
            harm += 0.5 * scaled**2
        return np.where(self.place < 0, 0.0, done[:, self.place]), done[:, bias], harm
