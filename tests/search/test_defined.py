"""Metrics that have no value on some rows: folds are made so that they have, or it is said before the search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneOut

import automicro
from automicro import DataError
from automicro.data import folds, given_folds, load_problem
from automicro.search.decide.certify import hold_out_for_certification
from automicro.search.defined import checked_folds, is_defined

ROWS = 600


def rare(positives: int, **roles):
    rng = np.random.default_rng(positives)
    y = np.zeros(ROWS, dtype=int)
    y[rng.choice(ROWS, positives, replace=False)] = 1
    return load_problem({"a": rng.normal(size=ROWS) + 8 * y, "b": rng.normal(size=ROWS)}, y, **roles)


@pytest.mark.parametrize("positives", [2, 3, 4])
def test_every_fold_validates_both_classes_however_rare_one_is(positives):
    problem = rare(positives)
    made = folds(problem)
    assert len(made) == positives
    assert all(is_defined(problem, fold.validation, "roc_auc") for fold in made)
    assert checked_folds(problem, made, "roc_auc") == [
        f"class 1 has only {positives} rows: each split validates on one or two of them, so that scores are uncertain"
    ]


def test_every_fold_validates_both_classes_where_few_groups_have_one():
    groups = np.arange(ROWS) % 12
    y = (groups < 3) & (np.arange(ROWS) // 12 % 2 == 0)
    problem = load_problem({"a": np.random.default_rng(0).normal(size=ROWS)}, y, groups=groups)
    made = folds(problem)
    assert len(made) == 3
    assert all(is_defined(problem, fold.validation, "average_precision") for fold in made)


def test_folds_without_a_value_are_named_and_if_all_are_the_search_is_refused():
    time = np.arange(ROWS)
    a = np.random.default_rng(0).normal(size=ROWS)
    late = load_problem({"a": a}, (time % 3 == 0) & ((time < 100) | (time > 500)), time=time)
    assert checked_folds(late, folds(late), "roc_auc")[0].startswith(
        "roc_auc is not defined on the validation rows of 2 of 3 splits (class True has only"
    )
    early = load_problem({"a": a}, (time % 3 == 0) & (time < 100), time=time)
    with pytest.raises(
        DataError, match=r"on none of 3: class True has only 34 rows: give more rows, or leave time out"
    ):
        checked_folds(early, folds(early), "roc_auc")
    assert checked_folds(early, folds(early), "accuracy") == [
        "no split validates class True (34 rows): models are trained on it, but scores say nothing about it"
    ]


def test_classes_that_no_split_validates_are_named_up_to_five():
    target = np.r_[np.arange(600) % 10, np.arange(10, 17)]
    problem = load_problem({"a": np.random.default_rng(0).normal(size=len(target))}, target, task="classification")
    (note,) = checked_folds(problem, folds(problem), "accuracy")
    assert note.startswith(
        "no split validates classes 10 (1 row), 11 (1 row), 12 (1 row), 13 (1 row), 14 (1 row) and 2 more: "
    )
    assert note.endswith("models are trained on them, but scores say nothing about them")


def test_a_class_of_one_row_is_learnt_and_named():
    target = np.array(["b", "a"] * 20 + ["odd"])
    table = {"a": np.r_[np.arange(40) % 2, 5.0] + np.arange(41) / 100}
    search = automicro.Search(trials=1, families=["linear"], workers=0)
    found = automicro.select(table, target, metric="accuracy", score=0.8, search=search)
    assert list(found.model.classes_) == ["a", "b", "odd"]
    assert (
        "no split validates class 'odd' (1 row): models are trained on it, but scores say nothing about it"
        in found.notes
    )


def test_rows_are_not_held_out_where_the_metric_would_have_no_value_on_them():
    problem = rare(2)
    asked = automicro.Constraints(metric="roc_auc", score=0.6, certify=True)
    with pytest.raises(DataError, match="needs held-out rows on which roc_auc is defined"):
        hold_out_for_certification(problem, asked, 0)


def test_three_positive_rows_are_enough_for_a_model():
    rng = np.random.default_rng(3)
    y = np.zeros(ROWS, dtype=int)
    y[[50, 300, 550]] = 1
    rows = np.column_stack([rng.normal(size=ROWS) + 8 * y, rng.normal(size=ROWS)])
    search = automicro.Search(trials=1, seed=0, families=["tree"], workers=0)
    assert automicro.select(rows, y, metric="roc_auc", score=0.6, search=search).score > 0.9


def test_of_given_splits_the_splits_are_the_reason():
    problem = rare(200)
    rows = np.arange(ROWS)
    one_class = tuple(given_folds(problem, LeaveOneOut())[0])[:4]
    with pytest.raises(
        DataError, match=r"on none of 4: the splits of search\.cv validate too few classes at a time: name more"
    ):
        checked_folds(problem, one_class, "roc_auc", are_given=True)
    (both,), _ = given_folds(problem, ((rows[:400], rows[400:]),))
    assert checked_folds(problem, (both, *one_class), "roc_auc", are_given=True)[0].startswith(
        "roc_auc is not defined on the validation rows of 4 of 5 splits (the splits of search.cv validate too few classes"
    )
