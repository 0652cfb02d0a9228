"""Which rows train and which validate: stratified, by group, or by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem

__all__ = ["Fold", "folds", "row_subset"]

SMALL, LARGE = 500, 20_000
STRATA = 20


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers, ascending; `repeat` counts the passes of a repeated cross-validation."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    repeat: int = 0


def folds(problem: Problem, seed: int = 0) -> tuple[Fold, ...]:
    """Split the rows for cross-validation; the same seed gives the same folds.

    Five folds; three from 20,000 rows on; five, three times over, below 500 rows. Classes keep their shares, numbers are spread evenly. Rows of one
    group stay together. With a time order, three blocks of rows are each validated by what was trained on everything earlier; rows of the
    same time, and groups that are validated, do not train.

    Raises
    ------
    DataError
        Where some class or the groups are too few to split.
    """
    if problem.order is not None:
        return _forward(problem, problem.order)
    count = 3 if problem.rows >= LARGE else min(5, problem.rows // 2)
    made: list[Fold] = []
    for repeat in range(3 if problem.rows < SMALL else 1):
        rng = np.random.default_rng([seed, repeat])
        place = (
            _deal(problem, count, rng) if problem.groups is None else _deal_groups(problem, problem.groups, count, rng)
        )
        for fold in range(int(place.max()) + 1):
            made.append(Fold(np.flatnonzero(place != fold), np.flatnonzero(place == fold), repeat))
    return _checked(problem, made)


def row_subset(problem: Problem, rows: NDArray[np.int64], count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return at most about `count` of `rows`, ascending, with classes in their shares and at least two rows of each."""
    if count >= len(rows):
        return rows
    rng = np.random.default_rng(seed)
    strata = _strata(problem.target[rows], problem.task == "classification")
    chosen: list[NDArray[np.int64]] = []
    for stratum in range(int(strata.max()) + 1):
        members = rows[strata == stratum]
        share = min(len(members), max(2, round(len(members) * count / len(rows))))
        chosen.append(rng.permutation(members)[:share])
    return np.sort(np.concatenate(chosen))


def _strata(target: NDArray[np.int64] | NDArray[np.float64], classes: bool) -> NDArray[np.int64]:
    """Class codes, or which of some 20 equally frequent ranges a number lies in."""
    if classes:
        return np.unique(target, return_inverse=True)[1].astype(np.int64)
    ranks = np.argsort(np.argsort(target, kind="stable"), kind="stable")
    return ranks * min(STRATA, max(1, len(target) // 10)) // len(target)


def _deal(problem: Problem, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal the rows of each stratum out to the folds in turn, going on where the stratum before it stopped."""
    strata = _strata(problem.target, problem.task == "classification")
    shuffled = rng.permutation(problem.rows)
    by_stratum = shuffled[np.argsort(strata[shuffled], kind="stable")]
    place = np.empty(problem.rows, dtype=np.int64)
    place[by_stratum] = np.arange(problem.rows) % count
    return place


def _deal_groups(
    problem: Problem, groups: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give whole groups, the largest first, to the fold that they leave most even in rows and strata."""
    strata = _strata(problem.target, problem.task == "classification")
    number = int(groups.max()) + 1
    table = np.zeros((number, int(strata.max()) + 1))
    np.add.at(table, (groups, strata), 1.0)
    share = table / table.sum(axis=0)
    count = min(count, number)
    filled = np.zeros((count, table.shape[1]))
    place = np.empty(number, dtype=np.int64)
    shuffled = rng.permutation(number)
    for group in shuffled[np.argsort(-share[shuffled].sum(axis=1), kind="stable")]:
        after = filled.sum(axis=1) + 0.0
        cost = ((filled + share[group]) ** 2).sum(axis=1) - (filled**2).sum(axis=1) + 1e-9 * after
        best = int(cost.argmin())
        place[group] = best
        filled[best] += share[group]
    return place[groups]


def _forward(problem: Problem, order: NDArray[np.int64]) -> tuple[Fold, ...]:
    """Cut the rows in time into four blocks of about the same size, the first of which only trains."""
    blocks = min(4, int(order.max()) + 1)
    last = np.sort(order)[[len(order) * (i + 1) // blocks - 1 for i in range(blocks)]]
    place = np.searchsorted(last, order)
    made = []
    for block in sorted(set(place.tolist()))[1:]:
        validation, earlier = place == block, place < block
        if problem.groups is not None:
            earlier &= ~np.isin(problem.groups, problem.groups[validation])
        made.append(Fold(np.flatnonzero(earlier), np.flatnonzero(validation)))
    usable = [fold for fold in made if _complete(problem, fold)]
    return _checked(problem, usable or made)


def _complete(problem: Problem, fold: Fold) -> bool:
    if len(fold.train) < 2 or not len(fold.validation):
        return False
    return problem.task == "regression" or len(np.unique(problem.target[fold.train])) == problem.classes


def _checked(problem: Problem, made: list[Fold]) -> tuple[Fold, ...]:
    for fold in made:
        if _complete(problem, fold):
            continue
        held = "time order" if problem.order is not None else "groups"
        if problem.labels is None or len(fold.train) < 2:
            raise DataError(
                f"the {held} leave too few rows to train on in some split: give more rows, or leave the {held} out"
            )
        absent = next(i for i in range(problem.classes) if i not in problem.target[fold.train])
        raise DataError(
            f"every class must occur in the training rows of each split, but the {held} leave class {problem.labels[absent]!r} out of one: "
            f"drop that class, or leave the {held} out"
        )
    if not made:
        raise DataError("the rows cannot be split by time: most of them are of the same time, so leave time out")
    return tuple(made)
