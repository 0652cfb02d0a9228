"""What the target asks for, and the checks of weights, groups and time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from automicro.data import PreparationSettings, load_problem, profile
from automicro.errors import DataError

X = np.arange(60.0).reshape(30, 2) % 7
HALF = [0, 1] * 15


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (["no", "yes"] * 15, ("no", "yes")),
        (HALF, (0, 1)),
        ([2.0, 1.0] * 15, (1.0, 2.0)),
        ([True, False] * 15, (False, True)),
        (np.array(["b", "a"] * 15), ("a", "b")),
        (np.array(HALF, dtype=np.uint8), (0, 1)),
        (pd.Series(["x", "y"] * 15, dtype="category"), ("x", "y")),
        (pd.Categorical([3, 1] * 15), (1, 3)),
        (pd.Series([0.5, 1.5] * 15).astype("category"), (0.5, 1.5)),
        (pl.Series(["x", "y"] * 15), ("x", "y")),
        (np.array([[1], [2]] * 15), (1, 2)),
        (pd.DataFrame({"y": HALF}), (0, 1)),
        ([0, True] * 15, (0, 1)),
        ([5, 6, 7] * 10, (5, 6, 7)),
    ],
)
def test_classes(y, labels):
    problem = load_problem(X, y)
    assert problem.task == "classification"
    assert problem.labels == labels
    assert [type(v) for v in problem.labels] == [type(v) for v in labels]
    assert problem.target.dtype == np.int64
    assert problem.classes == len(labels)
    raw = np.asarray(y).ravel().tolist()
    assert [problem.labels[code] for code in problem.target] == raw


@pytest.mark.parametrize(
    "y", [np.linspace(0, 1, 30), np.arange(30), [0.5, 1.0] * 15, [7, 8, 9, 10, 11, 12, 13, 14, 15, 16] * 3]
)
def test_numbers(y):
    problem = load_problem(X, y)
    assert (problem.task, problem.labels, problem.classes) == ("regression", None, 0)
    np.testing.assert_array_equal(problem.target, np.asarray(y, dtype=np.float64))


def test_the_task_can_be_given():
    assert load_problem(X, [5, 6, 7] * 10, task="regression").target.dtype == np.float64
    assert load_problem(X, HALF, task="regression").task == "regression"
    assert load_problem(X, [0.5, 1.5] * 15, task="classification").labels == (0.5, 1.5)
    assert "task='regression'" in load_problem(X, [5, 6, 7] * 10).notes[0]
    assert load_problem(X, [5, 6, 7] * 10, task="classification").notes == ()


@pytest.mark.parametrize(
    ("y", "task", "sentence"),
    [
        ([1] * 30, None, "two classes or more, but is 1 in every row"),
        ([0.5] * 30, None, "must vary, but is 0.5 in every row"),
        ([None, "a", "b"] * 10, None, "known in every row, but is missing in 10 of 30 rows: drop"),
        ([np.nan, 1.5] * 15, None, "missing in 15 of 30 rows"),
        ([np.inf, 1.5] * 15, None, "infinite in 15 of 30 rows"),
        ([1e300, 1.5] * 15, None, "scale it down"),
        (["a"] * 29 + ["b"], None, "'b' has one row: drop it"),
        (["a"] * 14 + ["b"] * 14 + ["c", "d"], None, "'c' .and 1 more. has one row"),
        (np.arange(30), "classification", "0 .and 29 more. has one row"),
        (["a", "b"] * 15, "regression", "must hold numbers, but holds text such as 'a'"),
        (HALF, "clustering", "the target must not be given for clustering"),
        (["a", 1] * 15, None, "of one type, but are int and str"),
        (["a", True] * 15, None, "of one type, but are bool and str"),
        ([dt.date(2020, 1, 1)] * 30, None, "target must hold numbers, booleans or text, but holds dates"),
        ([1] * 29, None, r"each of the 30 rows, but its shape is \(29,\)"),
        (np.zeros((30, 2)), None, r"shape is \(30, 2\)"),
        (pd.DataFrame({"a": HALF, "b": HALF}), None, "single column, but is a table of 2"),
        ("x7", None, "no column 'x7': there are 'x0', 'x1'"),
        (None, None, "a target is needed"),
        (3, None, "there is no column 3"),
        (3.5, None, "but is a float"),
    ],
)
def test_targets_that_are_refused(y, task, sentence):
    with pytest.raises(DataError, match=sentence) as refusal:
        load_problem(X, y, task=task)
    assert "\n" not in str(refusal.value)


def test_a_few_classes_may_have_one_row():
    assert load_problem(X, ["a"] * 14 + ["b"] * 15 + ["c"]).labels == ("a", "b", "c")


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_too_few_rows_are_refused(rows):
    with pytest.raises(DataError, match=f"at least 4 rows to learn from, but there is only {rows}"):
        load_problem(X[:rows], HALF[:rows])


def test_a_table_without_variation_is_refused():
    with pytest.raises(DataError, match="at least one column must vary"):
        load_problem({"a": [1] * 30, "b": [None] * 30}, HALF)


def frame():
    days = pd.date_range("2020-01-01", periods=30)
    return pd.DataFrame({"a": X[:, 0], "w": X[:, 1] + 1, "shop": ["n", "s", "e"] * 10, "day": days, "y": HALF})


def test_columns_can_be_named():
    problem = load_problem(frame(), "y", weights="w", groups="shop", time="day")
    assert problem.table.names == ("a",)
    assert problem.target.tolist() == HALF
    np.testing.assert_array_equal(problem.weights, X[:, 1] + 1)
    assert problem.groups.tolist() == [1, 2, 0] * 10
    assert problem.order.tolist() == list(range(30))


def test_arrays_do_as_well():
    table = frame()[["a"]]
    dates = [d.date() for d in pd.date_range("2020-01-01", periods=30)][::-1]
    problem = load_problem(table, HALF, weights=[1] * 30, groups=np.arange(30) // 10, time=dates)
    assert problem.order.tolist() == list(range(30))[::-1]
    assert problem.groups.tolist() == [0] * 10 + [1] * 10 + [2] * 10
    zoned = pd.Series(pd.date_range("2020-01-01", periods=30, tz="UTC"))
    assert load_problem(table, HALF, time=zoned).order.tolist() == list(range(30))


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ({"weights": [1] * 29}, r"weights must have one value .* shape is \(29,\)"),
        ({"weights": [-1, 1, 1] * 10}, "weights must be finite and not negative, but 10 of 30"),
        ({"weights": [np.nan, 1] * 15}, "weights must be known in every row, but is missing in 15 of 30"),
        ({"weights": [np.inf, 1] * 15}, "weights must be finite"),
        ({"weights": [0] * 30}, "weights must not all be 0"),
        ({"weights": ["a"] * 30}, "weights must be numbers, but hold category"),
        ({"groups": [1] * 30}, "at least two groups"),
        ({"groups": [None, 1] * 15}, "groups must be known in every row"),
        ({"groups": "shops"}, "groups must be a column of the table or an array, but there is no column 'shops'"),
        ({"time": [1] * 30}, "time must vary"),
        ({"time": [1, "a"] * 15}, "time must hold values of one type"),
        (
            {"time": pd.Series([pd.NaT, pd.Timestamp("2020")] * 15)},
            "time must be known in every row, but is missing in 15",
        ),
        (
            {"time": np.array(["NaT", "2020-01-01"] * 15, dtype="M8[ns]")},
            "time must be known in every row, but is missing in 15",
        ),
    ],
)
def test_roles_that_are_refused(roles, sentence):
    with pytest.raises(DataError, match=sentence):
        load_problem(X, HALF, **roles)


def test_the_target_must_not_stand_in_the_table():
    table = frame()[["a", "y"]]
    with pytest.raises(DataError, match="column 'y' of X must not be the target itself: drop it, or pass y='y'"):
        load_problem(table, table["y"])
    assert any("'y' equals the target in every row" in note for note in load_problem(table, HALF).notes)


def test_the_profile_says_what_is_known():
    problem = load_problem({"n": [1.0, None] * 15, "c": list("abcde") * 6}, ["u", "v", "v"] * 10)
    known = profile(problem, max_columns=1)
    assert (known.rows, known.task, known.classes, known.class_counts) == (30, "classification", 2, (10, 20))
    assert known.columns == problem.table.profiles
    assert known.max_columns == 1
    assert known.features_at_most == 1 + 5  # "n" is constant but for its missing values, which alone may be flagged
    assert profile(problem, PreparationSettings(categories="ordinal", columns=1)).features_at_most == 1
