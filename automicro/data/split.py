"""Which rows train and which validate: stratified, by group, or by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem

__all__ = ["Fold", "folds", "hold_out", "row_subset"]

MANY_CLASSES, ROWS_OF_EACH = 10, 100
SMALL, MANY, DEAR, LARGE = 500, 5_000, 10_000, 20_000
USED = 3  # of the folds from `DEAR` rows on: 6,000 rows suffice, and training on most of them matters more than their number
HUNGRY_FOLDS, HUNGRY_USED = (
    10,
    5,
)  # of texts, and of nodes of one graph, whose score a fifth more rows raise by a whole point
HALVINGS = 5, 3  # of fewer and of many rows
TIMES = 3  # folds under a time order
STRATA = 20
MANY_GROUPS = 5_000
HELD_OUT = 7919  # sets the random numbers of this split apart from those of the folds


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers, ascending; `repeat` counts the passes of a repeated cross-validation."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    repeat: int = 0


def folds(problem: Problem, seed: int = 0, count_given: int | None = None) -> tuple[Fold, ...]:
    """Split the rows for cross-validation; the same seed returns the same folds.

    If a number of folds is `count_given` for, there are as many, or as many as the rarer class, the groups or the times permit. If not:

    Five folds, of which three are used from 10,000 rows on; three folds from 20,000 rows on; below 500 rows five, three
    times over. Of texts and of the nodes of one graph, from 500 to 20,000 rows, ten folds, of which five are used from 5,000 rows on
    (three from 10,000 on), since models of four fifths of them score far below those of all.
    Classes keep their shares, and numbers are spread evenly. Rows of one group stay together. Of two classes, if one has fewer rows (or
    groups with some) than there would be folds, there are as many folds as it has, two at least, so that each validates both.
    Of three classes or more, the only row (or group) of a class trains in every fold and validates in none, unless half of the classes have
    one only.
    With a time order the rows are cut into four blocks,
    none of which splits rows of the same time, and each but the first validates what was trained on everything
    earlier. With both, a block validates a third of the groups, and those that are new in it, and the others train.

    For clustering the rows are cut into halves five times over (three times from 5,000 rows on), and each half
    trains once and validates once: the two models of a cut share no row, so that their agreement shows how stable
    a partition is (Ben-Hur, Elisseeff, Guyon, Pacific Symposium on Biocomputing 2002).

    Raises
    ------
    DataError
        Where some class or the groups are too few to split.
    """
    if problem.order is not None:
        return _forward(problem, problem.order, seed, (count_given or TIMES) + 1)
    count, used, repeats = _counts(problem) if count_given is None else (min(count_given, problem.rows), None, 1)
    count = max(2, min(count, _rarest(problem)))
    made: list[Fold] = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        place = _places(problem, count, rng)
        made += [
            Fold(np.flatnonzero(place != fold), np.flatnonzero(place == fold), repeat)
            for fold in range(int(place.max()) + 1)
        ]
    return _checked(problem, made[:used])


def _places(problem: Problem, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which fold each row validates in; -1 if in none."""
    free = np.flatnonzero(~_lone_rows(problem))
    part = problem if len(free) == problem.rows else problem.only(free)
    place = np.full(problem.rows, -1)
    place[free] = _deal(part, count, rng) if part.groups is None else _deal_groups(part, part.groups, count, rng)
    return place


def _lone_rows(problem: Problem) -> NDArray[np.bool_]:
    """Return which rows are of a class that has only one row, or only one group; that group's rows are all meant.

    They are none if half of the classes or more are like that, as one of two is: what is left to validate would say too little.
    """
    lone = np.zeros(problem.rows, dtype=bool)
    if problem.task != "classification":
        return lone
    codes = problem.target.astype(np.int64)
    if problem.groups is None:
        rare = np.bincount(codes, minlength=problem.classes) == 1
        return lone if 2 * int(rare.sum()) >= problem.classes else rare[codes]
    pairs = np.unique(np.stack([codes, problem.groups]), axis=1)
    alone = np.bincount(pairs[0], minlength=problem.classes)[pairs[0]] == 1
    if 2 * int(alone.sum()) >= problem.classes:
        return lone
    lone[np.isin(problem.groups, pairs[1][alone])] = True
    return lone


def _rarest(problem: Problem) -> int:
    """Return how many rows, or groups, have the rarer one of two classes; otherwise as many as there are rows."""
    if problem.classes != 2:
        return problem.rows
    units = np.arange(problem.rows) if problem.groups is None else problem.groups
    return min(len(np.unique(units[problem.target == code])) for code in (0, 1))


def _counts(problem: Problem) -> tuple[int, int | None, int]:
    """Return into how many folds to split, how many of them are used (None: all), and how many times over."""
    rows = problem.rows
    if problem.task == "clustering":
        return 2, None, HALVINGS[rows >= MANY]
    if rows >= LARGE:
        return 3, None, 1
    if rows < SMALL:
        return min(5, rows // 2), None, 3
    is_hungry = problem.places is not None or any(profile.kind == "text" for profile in problem.table.profiles)
    if rows >= DEAR:
        used: int | None = USED
    else:
        used = HUNGRY_USED if is_hungry and rows >= MANY else None
    return HUNGRY_FOLDS if is_hungry else 5, used, 1


def hold_out(problem: Problem, share: float, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to search on and about a share of rows to hold out, both ascending.

    Rows are drawn without regard to their target, so that those held out are to a model of the others what new rows are: with classes in
    equal shares on both sides, what is by chance frequent in training would be so in the test too. A class of which fewer than two
    rows would be left takes some back, and the one group of a class is searched on. Rows of one group stay together, and with a time
    order the latest rows are held out; groups with rows on both sides of that cut are then left out of the search rows.

    Raises
    ------
    DataError
        Where some class or the groups are too few to split.
    """
    count = max(2, round(1 / share))
    if problem.order is not None:
        ranks = np.sort(problem.order)
        held = problem.order > ranks[min(len(ranks) - 1, int(len(ranks) * (1 - share)))]
        searched = ~held
        if problem.groups is not None:
            searched &= ~np.isin(problem.groups, problem.groups[held])
    else:
        rng = np.random.default_rng([seed, HELD_OUT])
        groups = problem.groups
        place = rng.permutation(problem.rows) % count if groups is None else _deal_groups(problem, groups, count, rng)
        if groups is None and problem.task == "classification":
            _give_back(problem.target, place)
        place[_lone_rows(problem)] = 1
        held, searched = place == 0, place != 0
    fold = Fold(np.flatnonzero(searched), np.flatnonzero(held))
    _checked(problem, [fold])
    return fold.train, fold.validation


def _give_back(classes: NDArray[Any], place: NDArray[np.int64]) -> None:
    """Move rows of classes of which fewer than two are searched to the search rows, as cross-validation needs two."""
    for code in np.unique(classes):
        members = np.flatnonzero(classes == code)
        held = members[place[members] == 0]
        place[held[: max(0, 2 - (len(members) - len(held)))]] = 1


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
    """Deal the rows of each stratum out to the folds in turn, going on where the stratum before it stopped.

    Of many classes with few rows each only the rare ones are dealt evenly, lest they be missing: if all were, what is by chance frequent in
    training would be so in validation, and a weak model, which distinguishes the frequent ones, look 1 to 2 points too good.
    """
    strata = _strata(problem.target, problem.task == "classification")
    shuffled = rng.permutation(problem.rows)
    if (
        problem.task == "classification"
        and problem.classes >= MANY_CLASSES
        and problem.rows < ROWS_OF_EACH * problem.classes
    ):
        rare = np.bincount(strata)[strata] < 4 * count
        strata = np.where(rare, strata + 1, 0)
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
    if number > MANY_GROUPS:
        return _deal_many_groups(table, count, rng)[groups]
    share = table / table.sum(axis=0)
    count = min(count, number)
    filled = np.zeros((count, table.shape[1]))
    place = np.empty(number, dtype=np.int64)
    shuffled = rng.permutation(number)
    for group in shuffled[np.argsort(-share[shuffled].sum(axis=1), kind="stable")]:
        overlap = filled @ share[group]
        best = int((overlap + 1e-9 * filled.sum(axis=1)).argmin())  # of equals, the emptiest
        place[group] = best
        filled[best] += share[group]
    return place[groups]


def _deal_many_groups(table: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal groups out to the folds in turn, by stratum and then by size; `table` has the rows of each group and stratum.

    So many groups are even on every side without a look at what each fold lacks, which takes seconds from 100,000 groups on.
    """
    shuffled = rng.permutation(len(table))
    order = np.lexsort((table.sum(axis=1)[shuffled], table.argmax(axis=1)[shuffled]))
    place = np.empty(len(table), dtype=np.int64)
    place[shuffled[order]] = np.arange(len(table)) % count
    return place


def _forward(problem: Problem, order: NDArray[np.int64], seed: int, blocks: int) -> tuple[Fold, ...]:
    """Cut the rows in time into blocks of about the same size, the first of which only trains."""
    blocks = min(blocks, int(order.max()) + 1)
    last = np.sort(order)[[len(order) * (i + 1) // blocks - 1 for i in range(blocks)]]
    place = np.searchsorted(last, order)
    groups = problem.groups
    part = place if groups is None else _deal_groups(problem, groups, max(2, blocks - 1), np.random.default_rng(seed))
    made = []
    for block in sorted(set(place.tolist()))[1:]:
        validation, train = place == block, place < block
        if groups is not None:
            validation &= (part == block - 1) | ~np.isin(groups, groups[train])
            train &= ~np.isin(groups, groups[validation])
        made.append(Fold(np.flatnonzero(train), np.flatnonzero(validation)))
    usable = [fold for fold in made if _complete(problem, fold)]
    return _checked(problem, usable or made)


def _complete(problem: Problem, fold: Fold) -> bool:
    if len(fold.train) < 2 or not len(fold.validation):
        return False
    return problem.task != "classification" or len(np.unique(problem.target[fold.train])) == problem.classes


def _checked(problem: Problem, made: list[Fold]) -> tuple[Fold, ...]:
    held = "groups" if problem.order is None else "time order"
    if not made:
        raise DataError("the rows must be of several times, but too many are of the same one: leave time out")
    for fold in made:
        if len(fold.train) < 2 or not len(fold.validation):
            verb = "leave" if held == "groups" else "leaves"
            raise DataError(
                f"each split must have rows on both sides, but the {held} {verb} too few: leave the {held} out"
            )
        if not _complete(problem, fold):
            labels = problem.labels or ()
            verb = "keep" if held == "groups" else "keeps"
            absent = [label for code, label in enumerate(labels) if code not in problem.target[fold.train]]
            raise DataError(
                f"every class must occur in the training rows of each split, but the {held} {verb} {absent[0]!r} out: "
                f"drop that class, or leave the {held} out"
            )
    return tuple(made)
