"""Splits that the user gives, through the whole search: a series with TimeSeriesSplit, a validation set, and rows that are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, PredefinedSplit, TimeSeriesSplit

import automicro
from automicro.data import Problem, load_problem
from automicro.errors import ConstraintError
from automicro.request import Constraints, Search
from automicro.search.splits import held_out, splits_of

ROWS = 300
QUICK: dict[str, Any] = {
    "metric": "r2",
    "score": 0.4,
    "trials": 1,
    "families": ["linear"],
    "workers": 0,
    "progress": False,
}


@pytest.fixture(scope="module")
def series() -> tuple[pd.DataFrame, Any]:
    """A value, to be predicted from the two before it."""
    rng = np.random.default_rng(0)
    values = np.zeros(ROWS + 2)
    for step in range(2, ROWS + 2):
        values[step] = 1.2 * values[step - 1] - 0.5 * values[step - 2] + rng.normal()
    return pd.DataFrame({"one before": values[1:-1], "two before": values[:-2]}), values[2:]


def test_a_series_is_validated_on_later_rows_and_trained_on_all(series: Any) -> None:
    X, y = series
    found = automicro.select(X, y, cv=TimeSeriesSplit(4), within=0.1, **QUICK)
    (predictions,) = found.out_of_fold[min(found.out_of_fold)]
    validated = np.isfinite(predictions)
    assert validated.tolist() == [row >= 60 for row in range(ROWS)]
    assert "cv: 4 splits validate 240 of 300 rows" in found.notes
    assert found.reference is not None
    assert found.reference.folds == 4
    each = [
        1 - np.mean((y[test] - predictions[test]) ** 2) / np.var(y[test]) for _, test in TimeSeriesSplit(4).split(X)
    ]
    assert found.score == pytest.approx(np.mean(each), abs=0.02)  # the file's own score may be stated somewhat lower
    assert found.score_interval[0] < found.score < found.score_interval[1]


def test_a_certificate_of_a_series_is_of_the_latest_rows(series: Any) -> None:
    X, y = series
    found = automicro.select(X, y, cv=TimeSeriesSplit(3), time=np.arange(ROWS), certify=True, **QUICK)
    assert found.verdict == "certified"
    assert (
        automicro.verify(found.model, X, y, time=np.arange(ROWS)).held_rows == 99
    )  # a third of a small table, rounded down


def problem_of(**roles: Any) -> Problem:
    rng = np.random.default_rng(0)
    return load_problem(rng.normal(size=(ROWS, 2)), rng.normal(size=ROWS), **roles)


def test_rows_at_random_are_not_held_out_of_splits_in_order() -> None:
    notes: list[str] = []
    certify, auto = (Constraints(metric="r2", score=0.5, certify=choice) for choice in (True, "auto"))
    in_order = Search(cv=TimeSeriesSplit(3))
    with pytest.raises(ConstraintError, match=r"certify: the splits .* pass time"):
        held_out(problem_of(), certify, in_order, notes)
    assert held_out(problem_of(), auto, in_order, notes) is None
    certification = held_out(problem_of(time=range(ROWS)), certify, in_order, notes)
    assert certification is not None
    assert certification.searched.max() < certification.held.min()
    assert held_out(problem_of(), certify, Search(cv=KFold(3)), notes) is not None
    assert notes == []


def test_a_large_table_in_order_is_estimated_with_a_note() -> None:
    problem = load_problem(np.random.default_rng(0).normal(size=(25_000, 1)), np.arange(25_000) / 7)
    notes: list[str] = []
    assert held_out(problem, Constraints(metric="r2", score=0.5), Search(cv=TimeSeriesSplit(3)), notes) is None
    assert "pass time" in notes[0]


def test_a_validation_set_loses_the_rows_that_are_held_out() -> None:
    problem, constraints = problem_of(), Constraints(metric="r2", score=0.5, certify=True)
    search = Search(cv=PredefinedSplit([-1] * 200 + [0] * 100))
    certification = held_out(problem, constraints, search, [])
    assert certification is not None
    (fold,) = splits_of(problem.only(certification.searched), constraints, search, [])
    assert certification.searched[fold.validation].tolist() == [row for row in certification.searched if row >= 200]
    assert certification.searched[fold.train].tolist() == [row for row in certification.searched if row < 200]


def test_an_estimator_splits_rows_in_their_own_order(series: Any) -> None:
    X, y = series
    settings = {"trials": 1, "families": ["linear"]}
    found = automicro.MicroRegressor(target_score=0.4, cv=TimeSeriesSplit(3), **settings).fit(X, y)
    assert found.rows_.tolist() == list(range(ROWS))
    (predictions,) = next(iter(found.selection_.out_of_fold.values()))
    assert np.flatnonzero(np.isfinite(predictions)).tolist() == list(range(75, ROWS))
