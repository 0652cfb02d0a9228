"""Categories as one number a level: ranks or smoothed means of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.data.prepare.short import short_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Categories

    Floats = NDArray[np.float64]

__all__ = ["MOST_LEVELS", "LevelValues", "Listed", "list_levels", "lookup_values"]

FOLDS = 5
MOST_LEVELS = 128
FEWEST_ROWS = 2


@dataclass(frozen=True, eq=False)
class Listed:
    """Levels frequent enough to be distinguished.

    Parameters
    ----------
    levels : tuple of str or None
        The most frequent first; None, which is missing, last.
    pooled : bool
        Whether the rows of all other levels together are as frequent as a listed level. Where they are not, they
        count as the most frequent level, and so do levels that were never seen.
    slots : array of int64, (rows,)
        The place of each row's level in `levels`; one past the end for the pool.
    """

    levels: tuple[str | None, ...]
    pooled: bool
    slots: NDArray[np.int64]

    @property
    def varies(self) -> bool:
        """Whether the rows are of more than one kind."""
        return len(self.levels) + self.pooled > 1


@dataclass(frozen=True, eq=False)
class LevelValues:
    """Values of the listed levels, the value of all others, and what to train on where that differs."""

    levels: tuple[str | None, ...]
    values: Floats
    default: float
    training: NDArray[np.float32] | None = None


def list_levels(column: Categories, rare: float) -> Listed:
    """List the levels with at least a share `rare` of the rows, and at least two rows."""
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
    missing, known = counts[0], counts[1:]
    least = max(FEWEST_ROWS, rare * len(column.codes))
    codes = np.argsort(-known, kind="stable")[:MOST_LEVELS]
    codes = codes[known[codes] >= least]
    flagged = bool(missing >= least)
    levels = (*(column.levels[code] for code in codes), *(None,) * flagged)
    slot = np.full(len(known) + 1, len(levels), dtype=np.int64)  # the last entry is the missing value's
    slot[codes] = np.arange(len(codes))
    if flagged:
        slot[-1] = len(codes)
    rest = len(column.codes) - int(known[codes].sum()) - flagged * int(missing)
    pooled = rest >= least or not levels
    if not pooled:
        slot[slot == len(levels)] = 0
    return Listed(levels, pooled, slot[column.codes])


def lookup_values(
    problem: Problem, rows: NDArray[np.int64], listed: Listed, how: Literal["ordinal", "target"], seed: int
) -> LevelValues:
    """Return one number a level, for a column with the levels `listed` in the given training rows.

    Target means are smoothed towards the overall mean by empirical Bayes (Micci-Barreca, SIGKDD Explorations 3/1,
    2001). For more than two classes a level's number is its place on the first principal axis of the levels' class
    rates (Coppersmith, Hong, Hosking, Data Mining and Knowledge Discovery 3, 1999): one number a class would repeat
    the vocabulary. "ordinal" gives the rank of that number; "target" the number itself, in training cross-fitted, so
    that no row sees its own target.
    """
    rated = _Rated.of(problem, rows, listed)
    parts = _parts(problem, rows, seed) if how == "target" else np.zeros(len(rows), dtype=np.int64)
    sums, mass = rated.sums(parts)
    total = sums.sum(axis=0), mass.sum(axis=0)
    smooth = rated.smoothing(*total)
    means = _smoothed(*total, smooth)
    axis = _axis(means, total[1])
    if how == "ordinal":
        return _listed(listed, _ranks(means @ axis))
    training = np.empty(len(rows), dtype=np.float32)
    for part in range(len(mass)):
        inside = parts == part
        rest = total[0] - sums[part], np.maximum(total[1] - mass[part], 0.0)
        fitted = _smoothed(*(rest if rest[1].sum() > 0 else total), smooth) @ axis
        training[inside] = fitted[listed.slots[inside]]
    return _listed(listed, short_grid(means @ axis), training)


@dataclass(frozen=True, eq=False)
class _Rated:
    """Rows with the slots of their levels, outcomes (rows, outcomes) and weights; `count` is the number of slots."""

    slots: NDArray[np.int64]
    outcomes: Floats
    weights: Floats
    count: int

    @classmethod
    def of(cls, problem: Problem, rows: NDArray[np.int64], listed: Listed) -> _Rated:
        """Outcomes are the number to predict, whether it is the second of two classes, or one indicator a class."""
        target = problem.target[rows]
        many = problem.classes > 2
        outcomes = target[:, None] == np.arange(problem.classes)[None, :] if many else target[:, None]
        weights = np.ones(len(rows)) if problem.weights is None else problem.weights[rows]
        weights = weights if weights.any() else np.ones(len(rows))
        return cls(listed.slots, outcomes.astype(np.float64), weights, len(listed.levels) + listed.pooled)

    def sums(self, parts: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Weighted sums of the outcomes, (parts, slots, outcomes), and sums of the weights, (parts, slots)."""
        count = int(parts.max()) + 1
        cells = parts * self.count + self.slots
        size = count * self.count
        sums = np.empty((size, self.outcomes.shape[1]))
        for outcome, weighted in enumerate((self.outcomes * self.weights[:, None]).T):
            sums[:, outcome] = np.bincount(cells, weighted, size)
        mass = np.bincount(cells, self.weights, size).astype(np.float64)
        return sums.reshape(count, self.count, -1), mass.reshape(count, self.count)

    def smoothing(self, sums: Floats, mass: Floats) -> float:
        """Return how many rows the overall mean counts for: the variance within levels over that between them."""
        total = mass.sum()
        prior = sums.sum(axis=0) / total
        there = mass > 0
        means = sums[there] / mass[there, None]
        spread = float((mass[there, None] * (means - prior) ** 2).sum() / total)
        variance = float((self.weights[:, None] * (self.outcomes - prior) ** 2).sum() / total)
        within = max(variance - spread, 0.0)
        between = max(spread - within * (there.sum() - 1) / total, 1e-3 * variance, 1e-30)
        return float(np.clip(within / between, 1e-6, 1000.0))


def _parts(problem: Problem, rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal the rows, or their groups, out to parts at random."""
    rng = np.random.default_rng(seed)
    if problem.groups is None:
        return rng.permutation(len(rows)) % FOLDS
    group = np.unique(problem.groups[rows], return_inverse=True)[1]
    return (rng.permutation(int(group.max()) + 1) % FOLDS)[group]


def _smoothed(sums: Floats, mass: Floats, smooth: float) -> Floats:
    """Means, (slots, outcomes), drawn towards the overall mean as if that stood for `smooth` rows of every slot."""
    prior = sums.sum(axis=0) / mass.sum()
    means: Floats = (sums + smooth * prior) / (mass + smooth)[:, None]
    return means


def _axis(means: Floats, mass: Floats) -> Floats:
    """Return the direction in which the rows' smoothed means vary most; its largest entry is positive."""
    if means.shape[1] == 1:
        return np.ones(1)
    centred = means - np.average(means, axis=0, weights=mass)
    axis: Floats = np.linalg.svd(centred * np.sqrt(mass)[:, None], full_matrices=False)[2][0]
    return axis if axis[np.abs(axis).argmax()] > 0 else -axis


def _ranks(values: Floats) -> Floats:
    """Return 0, 1, ... in ascending order of the values."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _listed(listed: Listed, values: Floats, training: NDArray[np.float32] | None = None) -> LevelValues:
    """List the levels by ascending value, but not those with the value of all others, which is left to the default."""
    default = float(values[-1] if listed.pooled else values[0])
    slots = np.argsort(values[: len(listed.levels)], kind="stable")
    kept = slots[values[slots] != default]
    return LevelValues(tuple(listed.levels[slot] for slot in kept), values[kept], default, training)
