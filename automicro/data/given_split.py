"""Folds of the user: a number, a splitter of scikit-learn, or pairs of row numbers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.split import Fold, folds
from automicro.errors import DataError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data.problem import Problem

    Rows = NDArray[np.int64]

__all__ = ["given_folds", "is_in_order"]


def given_folds(problem: Problem, cv: Any, seed: int = 0) -> tuple[tuple[Fold, ...], list[str]]:
    """Return the folds that `cv` describes, in its order, and notes on them.

    Pairs, and the splits of ``PredefinedSplit``, name rows as they were passed; those of them that are left out of the problem (rows of
    weight 0, rows that are held out) are taken out of the folds. Other splitters are called with the rows of the problem, in the order
    of time if there is one: a column of row numbers as X, class codes or values as y, and the groups that were passed.

    Raises
    ------
    RequestError
        If the splitter fails, or a split is impossible: rows that do not exist, are on both sides, or are listed twice; a side without
        rows; a group on both sides; training rows that are later than validation rows where a time was passed.
    DataError
        If some class occurs in no training row of a split.
    """
    if problem.task == "clustering":
        raise RequestError("search.cv: clustering compares models of two halves of the rows: leave cv out")
    if isinstance(cv, int):
        made = folds(problem, seed, cv)
        fewer = f"cv: {len(made)} folds instead of {cv}, since classes, groups or times are too few for more"
        return made, [fewer] if len(made) < cv else []
    pairs, lost = _pairs(problem, cv)
    for number, (train, validation) in pairs:
        _check(problem, number, train, validation)
    splits = [split for _, split in pairs]
    made = tuple(Fold(*split, repeat) for split, repeat in zip(splits, _repeats(splits, problem.rows), strict=True))
    return made, [*lost, _covered(problem, made), *_copies(problem, made)]


def is_in_order(problem: Problem, cv: Any) -> bool:
    """Whether `cv` has several splits, each of which validates rows behind those that it trains on."""
    if cv is None or isinstance(cv, int) or problem.task == "clustering":
        return False
    pairs, _ = _pairs(problem, cv)
    return len(pairs) > 1 and all(train.max() < validation.min() for _, (train, validation) in pairs)


def _pairs(problem: Problem, cv: Any) -> tuple[list[tuple[int, tuple[Rows, Rows]]], list[str]]:
    """Return the splits with their numbers, from 1 on, each side ascending; and a note on those that are left out."""
    if not isinstance(cv, tuple) and not hasattr(cv, "test_fold"):
        return list(enumerate(_split(problem, cv), 1)), []
    place = _places(problem)
    if hasattr(cv, "test_fold") and len(cv.test_fold) != len(place):
        raise RequestError(
            f"search.cv: test_fold must have one entry for each of {len(place)} rows, but has {len(cv.test_fold)}"
        )
    named = [
        (number, (_numbers(number, train, len(place)), _numbers(number, validation, len(place))))
        for number, (train, validation) in enumerate(cv if isinstance(cv, tuple) else cv.split(), 1)
    ]
    for number, (train, validation) in named:
        _check_sides(number, train, validation)
    found = [(number, (_kept(place, train), _kept(place, validation))) for number, (train, validation) in named]
    left = [(number, split) for number, split in found if len(split[0]) and len(split[1])]
    if not left:
        raise DataError(
            "search.cv: some split must have rows on both sides, but none has any besides held-out rows and rows of weight 0: give others"
        )
    lost = [number for number, split in found if not (len(split[0]) and len(split[1]))]
    note = "cv: left out are splits with only held-out rows, or rows of weight 0, on one side: {}"
    return left, [note.format(", ".join(map(str, lost)))] if lost else []


def _places(problem: Problem) -> Rows:
    """Return the row number of each row as it was passed; of a graph, of each node."""
    if problem.places is not None and problem.topology is not None:
        place = np.full(problem.topology.nodes, -1, dtype=np.int64)
        place[problem.places] = np.arange(problem.rows)
        return place
    return np.arange(problem.rows) if problem.kept_as is None else problem.kept_as


def _kept(place: Rows, rows: Rows) -> Rows:
    found = place[rows]
    return np.sort(found[found >= 0])


def _split(problem: Problem, splitter: Any) -> list[tuple[Rows, Rows]]:
    order = np.arange(problem.rows) if problem.order is None else np.argsort(problem.order, kind="stable")
    groups = None if problem.groups is None or problem.copied else problem.groups[order]
    name = type(splitter).__name__
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The groups parameter is ignored")  # what it splits is checked
            splits = splitter.split(order[:, None], problem.target[order], groups)
            made = [(np.asarray(train), np.asarray(validation)) for train, validation in splits]
    except Exception as error:
        remedy = ": pass groups" if groups is None and "group" in str(error).casefold() else ""
        raise RequestError(
            f"search.cv: {name} must split the {problem.rows} rows of the search, but failed: {error}{remedy}"
        ) from error
    if not made:
        raise RequestError(f"search.cv: {name} must return at least one split, but returned none")
    found = []
    for number, sides in enumerate(made, 1):
        train, validation = (_numbers(number, side, problem.rows) for side in sides)
        _check_sides(number, train, validation)
        found.append((np.sort(order[train]), np.sort(order[validation])))
    return found


def _numbers(number: int, side: NDArray[Any], rows: int) -> Rows:
    """Return one side of a split, ascending."""
    if side.dtype.kind == "b" and len(side) != rows:
        raise RequestError(
            f"search.cv: a mask must have one entry for each of {rows} rows, but one of split {number} has {len(side)}"
        )
    side = np.flatnonzero(side) if side.dtype.kind == "b" else np.sort(side.astype(np.int64))
    if not len(side):
        raise RequestError(f"search.cv: every split must have rows on both sides, but split {number} has an empty side")
    if side[0] < 0 or side[-1] >= rows:
        wrong = side[0] if side[0] < 0 else side[-1]
        raise RequestError(f"search.cv: row numbers must lie in 0 to {rows - 1}, but split {number} names row {wrong}")
    if (twice := side[1:][np.diff(side) == 0]).size:
        raise RequestError(
            f"search.cv: a split must name each row once, but split {number} names row {twice[0]} twice: pass weights instead"
        )
    return side


def _check_sides(number: int, train: Rows, validation: Rows) -> None:
    if (both := np.intersect1d(train, validation)).size:
        raise RequestError(
            f"search.cv: no row may both train and validate, but split {number} has {len(both)} rows on both sides, such as row {both[0]}"
        )


def _check(problem: Problem, number: int, train: Rows, validation: Rows) -> None:
    """Raise unless a split keeps what groups, time and classes require."""
    groups, order = problem.groups, problem.order
    if groups is not None and not problem.copied and np.isin(groups[validation], groups[train]).any():
        raise RequestError(
            f"search.cv: rows of one group must stay together, but split {number} has some on both sides: use GroupKFold, or leave "
            "groups out"
        )
    if order is not None and order[train].max() > order[validation].min():
        raise RequestError(
            f"search.cv: no training row may be later than a validation row, but in split {number} some are: use TimeSeriesSplit, or "
            "leave time out"
        )
    absent = set(range(problem.classes)) - set(np.unique(problem.target[train]).tolist() if problem.classes else ())
    if absent:
        label = (problem.labels or ())[min(absent)]
        raise DataError(
            f"search.cv: every class must occur in the training rows of each split, but split {number} has none of {label!r}: use fewer "
            "or other splits, or drop that class"
        )
    if len(train) < 2:
        raise DataError(
            f"search.cv: every split must have at least 2 training rows, but split {number} has {len(train)}"
        )


def _repeats(splits: Sequence[tuple[Rows, Rows]], rows: int) -> list[int]:
    """Return which pass of a repeated cross-validation each split belongs to: in one pass no row is validated twice."""
    passes: list[NDArray[np.bool_]] = []
    found = []
    for _, validation in splits:
        free = (number for number, taken in enumerate(passes) if not taken[validation].any())
        repeat = next(free, len(passes))
        if repeat == len(passes):
            passes.append(np.zeros(rows, dtype=np.bool_))
        passes[repeat][validation] = True
        found.append(repeat)
    return found


def _covered(problem: Problem, made: tuple[Fold, ...]) -> str:
    """Return how many splits there are, and how many rows they validate."""
    validated = len(np.unique(np.concatenate([fold.validation for fold in made])))
    count = "one split validates" if len(made) == 1 else f"{len(made)} splits validate"
    return f"cv: {count} {validated:,} of {problem.rows:,} rows"


def _copies(problem: Problem, made: tuple[Fold, ...]) -> list[str]:
    """Return a note if rows are validated whose copies train."""
    if not problem.copied or problem.groups is None:
        return []
    groups = problem.groups
    across = sum(int(np.isin(groups[fold.validation], groups[fold.train]).sum()) for fold in made)
    return [f"cv: {across:,} validated rows are copies of training rows: scores are too high"] if across else []
