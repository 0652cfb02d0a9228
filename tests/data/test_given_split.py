"""Folds that the user gives are kept as they are, or refused in one sentence that says which split is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from automicro.data import Fold, Problem, given_folds, is_in_order, load_problem
from automicro.errors import DataError, RequestError

ROWS = 60


def problem_of(target: Any = None, **roles: Any) -> Problem:
    X = np.random.default_rng(0).integers(0, 9, (ROWS, 2)).astype(float)  # coarse: rows are equal by chance
    y = np.random.default_rng(1).normal(size=ROWS) if target is None else target
    return load_problem(X, y, **roles)


def rows_of(made: tuple[Fold, ...]) -> list[tuple[list[int], list[int]]]:
    return [(fold.train.tolist(), fold.validation.tolist()) for fold in made]


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4),
        TimeSeriesSplit(4, gap=2),
        RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
        ShuffleSplit(3, random_state=0),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_the_folds_are_those_of_the_splitter(splitter: Any) -> None:
    made, _ = given_folds(problem_of(), splitter)
    wanted = [(np.sort(train).tolist(), np.sort(test).tolist()) for train, test in splitter.split(np.zeros((ROWS, 1)))]
    assert rows_of(made) == wanted


def test_no_pass_validates_a_row_twice() -> None:
    made, _ = given_folds(problem_of(), RepeatedKFold(n_splits=3, n_repeats=2, random_state=0))
    assert [fold.repeat for fold in made] == [0, 0, 0, 1, 1, 1]
    shuffled, _ = given_folds(problem_of(), ShuffleSplit(5, test_size=0.5, random_state=0))
    for repeat in {fold.repeat for fold in shuffled}:
        rows = np.concatenate([fold.validation for fold in shuffled if fold.repeat == repeat])
        assert len(np.unique(rows)) == len(rows)


def test_classes_and_groups_reach_the_splitter() -> None:
    labels, groups = np.array(["a", "b", "c"])[np.arange(ROWS) % 3], np.arange(ROWS) // 4
    made, _ = given_folds(problem_of(labels), StratifiedKFold(5))
    assert all(np.bincount(np.arange(ROWS)[fold.validation] % 3).tolist() == [4, 4, 4] for fold in made)
    made, _ = given_folds(problem_of(groups=groups), GroupKFold(5))
    assert not any(np.isin(groups[fold.validation], groups[fold.train]).any() for fold in made)


def test_a_splitter_meets_the_rows_in_the_order_of_time() -> None:
    time = np.random.default_rng(2).permutation(ROWS)
    made, _ = given_folds(problem_of(time=time), TimeSeriesSplit(5))
    assert len(made) == 5
    assert all(time[fold.train].max() < time[fold.validation].min() for fold in made)


def test_a_validation_set_is_one_fold() -> None:
    made, notes = given_folds(problem_of(), PredefinedSplit([-1] * 40 + [0] * 20))
    assert rows_of(made) == [(list(range(40)), list(range(40, 60)))]
    assert notes == ["cv: one split validates 20 of 60 rows"]


def test_named_rows_are_those_that_were_passed() -> None:
    weights = np.ones(ROWS)
    weights[[0, 5, 41]] = 0
    problem = problem_of(weights=weights)
    left = np.flatnonzero(weights)
    pairs = ((np.arange(40), np.arange(40, 60)),)
    (fold,), _ = given_folds(problem, pairs)
    assert left[fold.train].tolist() == [row for row in range(40) if row not in (0, 5)]
    assert left[fold.validation].tolist() == [row for row in range(40, 60) if row != 41]
    searched = np.arange(0, problem.rows, 2)  # as if the others were held out
    (part,), _ = given_folds(problem.only(searched), pairs)
    assert left[searched][part.train].tolist() == [row for row in left[searched] if row < 40]
    assert problem.only(searched).target[part.train] == pytest.approx(problem.target[searched][part.train])


def test_a_split_that_was_held_out_is_left_out() -> None:
    pairs = ((np.arange(20), np.arange(20, 40)), (np.arange(40), np.arange(40, 60)))
    early = problem_of().only(np.arange(40))
    made, notes = given_folds(early, pairs)
    assert rows_of(made) == [(list(range(20)), list(range(20, 40)))]
    assert "on one side: 2" in notes[0]
    with pytest.raises(DataError, match="none has any besides held-out rows"):
        given_folds(problem_of().only(np.arange(15)), pairs)


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (range(30), range(25, 40), "split 1 has 5 rows on both sides, such as row 25"),
        (range(30), range(50, 61), "lie in 0 to 59, but split 1 names row 60"),
        ([-1, 2, 3], range(10, 20), "split 1 names row -1"),
        ([1, 2, 2], range(10, 20), "names row 2 twice: pass weights"),
        ([1], range(10, 20), "at least 2 training rows"),
    ],
)
def test_an_impossible_split_is_refused(train: Any, test: Any, said: str) -> None:
    with pytest.raises((RequestError, DataError), match=said):
        given_folds(problem_of(), ((np.array(train), np.array(test)),))


def test_what_was_passed_beside_the_rows_is_kept() -> None:
    with pytest.raises(RequestError, match=r"groups' parameter should not be None.*pass groups"):
        given_folds(problem_of(), GroupKFold(3))
    with pytest.raises(RequestError, match="split 1 has some on both sides: use GroupKFold"):
        given_folds(problem_of(groups=np.arange(ROWS) % 10), KFold(3))
    with pytest.raises(RequestError, match="in split 1 some are: use TimeSeriesSplit"):
        given_folds(problem_of(time=np.arange(ROWS)), KFold(3))
    with pytest.raises(DataError, match="split 1 has none of 'b'"):
        given_folds(problem_of(["a"] * 40 + ["b"] * 20), TimeSeriesSplit(4))
    with pytest.raises(RequestError, match="test_fold must have one entry for each of 60 rows, but has 59"):
        given_folds(problem_of(), PredefinedSplit([-1] * 40 + [0] * 19))
    clusters = load_problem(np.random.default_rng(0).normal(size=(20, 2)), None, task="clustering")
    with pytest.raises(RequestError, match="clustering compares"):
        given_folds(clusters, 3)


def test_copies_on_both_sides_are_noted() -> None:
    X = np.random.default_rng(0).normal(size=(30, 2))
    problem = load_problem(np.vstack([X, X]), np.tile(X[:, 0], 2))
    assert problem.copied
    _, notes = given_folds(problem, KFold(2))
    assert "60 validated rows are copies of training rows" in notes[-1]
    made, _ = given_folds(problem, 3)  # a number of folds keeps them together
    assert not any(np.isin(problem.groups[fold.validation], problem.groups[fold.train]).any() for fold in made)  # type: ignore[index]
    with pytest.raises(RequestError, match="pass groups"):
        given_folds(problem, GroupKFold(3))


@pytest.mark.parametrize("count", [2, 5, 7])
def test_a_number_of_folds(count: int) -> None:
    made, notes = given_folds(problem_of(), count)
    assert (len(made), notes) == (count, [])
    assert sorted(np.concatenate([fold.validation for fold in made]).tolist()) == list(range(ROWS))
    ordered, _ = given_folds(problem_of(time=np.arange(ROWS)), count)
    assert len(ordered) == count
    assert all(fold.train.max() < fold.validation.min() for fold in ordered)


def test_fewer_folds_than_asked_for_are_noted() -> None:
    _, notes = given_folds(problem_of(["a"] * 57 + ["b"] * 3), 5)
    assert notes == ["cv: 3 folds instead of 5, since classes, groups or times are too few for more"]


def test_splits_in_the_order_of_rows_are_seen() -> None:
    problem = problem_of()
    assert is_in_order(problem, TimeSeriesSplit(3))
    assert not is_in_order(problem, PredefinedSplit([-1] * 40 + [0] * 20))  # one validation set says nothing of time
    assert not any(is_in_order(problem, cv) for cv in (None, 5, KFold(3)))


def test_a_splitter_that_names_no_rows_is_refused() -> None:
    class Nothing:
        def split(self, *_: Any) -> list[Any]:
            return []

    with pytest.raises(RequestError, match="Nothing must return at least one split"):
        given_folds(replace(problem_of()), Nothing())


def test_a_mask_of_other_rows_is_refused() -> None:
    mask = np.arange(ROWS) < 40
    made, _ = given_folds(problem_of(), ((mask, ~mask),))
    assert rows_of(made) == [(list(range(40)), list(range(40, ROWS)))]
    weights = (np.arange(ROWS) % 2).astype(float)  # rows that are left out count in the length of a mask
    made, _ = given_folds(problem_of(weights=weights), ((mask, ~mask),))
    assert rows_of(made) == [(list(range(20)), list(range(20, 30)))]
    with pytest.raises(RequestError, match="one entry for each of 60 rows, but one of split 1 has 50"):
        given_folds(problem_of(), ((mask[:50], ~mask[:50]),))
