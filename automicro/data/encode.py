"""Categories as one number a level: ranks or smoothed means of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.data.short import short_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Categories

__all__ = ["LevelValues", "listed_levels", "lookup_values"]

FOLDS = 5
MOST_LEVELS = 128
FEWEST_ROWS = 2


@dataclass(frozen=True, eq=False)
class LevelValues:
    """Values of the listed levels, the value of all others, and what to train on where that differs."""

    levels: tuple[str | None, ...]
    values: NDArray[np.float64]
    default: float
    training: NDArray[np.float32] | None = None


def listed_levels(column: Categories, rare: float) -> list[str | None]:
    """Return the levels with at least a share `rare` of the rows, the most frequent first; None, for missing, comes last."""
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
    least = max(FEWEST_ROWS, rare * len(column.codes))
    codes = [c for c in np.argsort(-counts[1:], kind="stable")[:MOST_LEVELS].tolist() if counts[c + 1] >= least]
    levels: list[str | None] = [column.levels[c] for c in codes]
    return [*levels, None] if counts[0] >= least else levels


def lookup_values(
    problem: Problem,
    rows: NDArray[np.int64],
    column: Categories,
    how: Literal["ordinal", "target"],
    rare: float,
    seed: int,
) -> LevelValues | None:
    """Return one number for each level of `column`, which holds the training rows of a problem's column; None if it does not vary.

    Target means are smoothed towards the overall mean by empirical Bayes (Micci-Barreca, SIGKDD Explorations 2001). For more than two classes the
    number is the level's place on the first principal axis of the levels' class rates (Coppersmith, Hong, Hosking 1999). Levels that are
    rare share one number, which unseen levels get, too; where there are none, that is the most frequent level's, which then is not listed.
    """
    levels = listed_levels(column, rare)
    slots = _slots(column, levels)
    counts = np.bincount(slots, minlength=len(levels) + 1)
    if np.count_nonzero(counts) < 2:
        return None
    rated = _Rated.of(problem, rows, slots, len(levels) + 1)
    sums, mass = rated.sums()
    smooth = rated.smoothing(sums, mass)
    means = _smoothed(sums, mass, smooth)
    axis = _axis(means, mass)
    if how == "ordinal":
        return _listed(levels, _ranks(means @ axis, counts), counts)
    return _listed(
        levels, short_grid(means @ axis), counts, rated.cross_fitted(smooth, axis, _parts(problem, rows, seed))
    )


@dataclass(frozen=True, eq=False)
class _Rated:
    """Rows with their slot (of the level), their outcomes (rows, outcomes) and their weights."""

    slots: NDArray[np.int64]
    outcomes: NDArray[np.float64]
    weights: NDArray[np.float64]
    count: int

    @classmethod
    def of(cls, problem: Problem, rows: NDArray[np.int64], slots: NDArray[np.int64], count: int) -> _Rated:
        """Outcomes are the target itself, whether it is class 1 of two, or one indicator a class."""
        target = problem.target[rows]
        wide = problem.classes > 2
        outcomes = target[:, None] == np.arange(problem.classes)[None, :] if wide else target[:, None]
        weights = np.ones(len(rows)) if problem.weights is None else problem.weights[rows]
        return cls(slots, outcomes.astype(np.float64), weights if weights.any() else np.ones(len(rows)), count)

    def sums(self, rows: NDArray[np.bool_] | slice = slice(None)) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted sums of the outcomes, (slots, outcomes), and of the weights, (slots,)."""
        slots, weights = self.slots[rows], self.weights[rows]
        sums = [
            np.bincount(slots, weights=weights * outcome, minlength=self.count) for outcome in self.outcomes[rows].T
        ]
        return np.stack(sums, axis=1), np.bincount(slots, weights=weights, minlength=self.count)

    def smoothing(self, sums: NDArray[np.float64], mass: NDArray[np.float64]) -> float:
        """Rows that the overall mean counts for: the variance within levels over that between them."""
        total = mass.sum()
        prior = sums.sum(axis=0) / total
        there = mass > 0
        means = sums[there] / mass[there, None]
        spread = float((mass[there, None] * (means - prior) ** 2).sum() / total)
        variance = float((self.weights[:, None] * (self.outcomes - prior) ** 2).sum() / total)
        within = max(variance - spread, 0.0)
        between = max(spread - within * (there.sum() - 1) / total, 1e-3 * variance, 1e-30)
        return float(np.clip(within / between, 1e-6, 1000.0))

    def cross_fitted(self, smooth: float, axis: NDArray[np.float64], parts: NDArray[np.int64]) -> NDArray[np.float32]:
        """For every row the value of its level as the other parts of the rows have it."""
        sums, mass = self.sums()
        values = np.empty(len(self.slots), dtype=np.float32)
        for part in range(int(parts.max()) + 1):
            inside = parts == part
            part_sums, part_mass = self.sums(inside)
            left = mass - part_mass
            if left.sum() <= 0:
                part_sums, left = np.zeros_like(part_sums), mass
            values[inside] = (_smoothed(sums - part_sums, left, smooth) @ axis)[self.slots[inside]]
        return values


def _parts(problem: Problem, rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal the rows, or their groups, out to parts at random."""
    rng = np.random.default_rng(seed)
    if problem.groups is None:
        return rng.permutation(len(rows)) % FOLDS
    group = np.unique(problem.groups[rows], return_inverse=True)[1]
    return (rng.permutation(int(group.max()) + 1) % FOLDS)[group]


def _slots(column: Categories, levels: list[str | None]) -> NDArray[np.int64]:
    """For every row the place of its level in `levels`; one past the end for all levels that are not listed."""
    code = {level: i for i, level in enumerate(column.levels)}
    slot_of_code = np.full(len(column.levels) + 1, len(levels), dtype=np.int64)  # the last entry is the missing value's
    for slot, level in enumerate(levels):
        slot_of_code[-1 if level is None else code[level]] = slot
    return slot_of_code[column.codes]


def _smoothed(sums: NDArray[np.float64], mass: NDArray[np.float64], smooth: float) -> NDArray[np.float64]:
    """Means, (slots, outcomes), drawn towards the overall mean as if it stood for `smooth` rows of every slot."""
    prior = sums.sum(axis=0) / mass.sum()
    means: NDArray[np.float64] = (sums + smooth * prior) / (mass + smooth)[:, None]
    return means


def _axis(means: NDArray[np.float64], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction in which the rows' smoothed means vary most; its largest entry is positive."""
    if means.shape[1] == 1:
        return np.ones(1)
    centred = means - np.average(means, axis=0, weights=mass)
    axis: NDArray[np.float64] = np.linalg.svd(centred * np.sqrt(mass)[:, None], full_matrices=False)[2][0]
    return axis if axis[np.abs(axis).argmax()] > 0 else -axis


def _ranks(placed: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """0, 1, ... in ascending order of the values, for the slots that have rows."""
    ranks = np.zeros(len(placed))
    there = np.flatnonzero(counts)
    ranks[there[np.argsort(placed[there], kind="stable")]] = np.arange(len(there))
    return ranks


def _listed(
    levels: list[str | None],
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
    training: NDArray[np.float32] | None = None,
) -> LevelValues:
    """List the levels by ascending value, without those that have the value of all others."""
    other = len(levels) if counts[len(levels)] else int(counts.argmax())
    default = float(values[other])
    kept = [slot for slot in np.argsort(values[: len(levels)], kind="stable").tolist() if values[slot] != default]
    return LevelValues(tuple(levels[slot] for slot in kept), values[kept], default, training)
