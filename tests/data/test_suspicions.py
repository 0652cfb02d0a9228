"""Leaks are named, copies stay together, indices are left out, and values belong to the rows of their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from automicro import Search
from automicro.data import folds, hold_out, load_problem, load_table, read_file, series_of, with_columns
from automicro.errors import ConstraintError, DataError
from automicro.request import Constraints, SearchRequest
from automicro.search.requirements.columns import limited

RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=400), "b": RNG.normal(size=400)})
Y = pd.Series(np.where(X.a + RNG.normal(size=400) > 0, "yes", "no"))
LEVELS = pd.cut(X.a, [-9, -0.5, 0.5, 9], labels=["high", "low", "mid"]).astype(str)
NUMBERS = (2 * X.a + RNG.normal(size=400)).to_numpy()


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (Y.map({"no": "stays", "yes": "leaves"}), Y),
        (Y.map({"no": 0, "yes": 1}), Y),
        (Y, Y.map({"no": 1, "yes": 2})),
        (Y.map({"no": 7.5, "yes": -3.0}), Y),
        (pd.Series(NUMBERS / 1000), pd.Series(NUMBERS)),
        (pd.Series(32 + 1.8 * NUMBERS), pd.Series(NUMBERS)),
        (LEVELS, LEVELS.map({"high": 3, "low": 7, "mid": 9})),
        (pd.Series(np.where(Y == "yes", 1.0, -1.0) * (1 + np.abs(X.b))), Y),
    ],
)
def test_a_column_that_is_the_target_in_other_words_is_named(column, target):
    notes = load_problem(
        X.assign(status=column.to_numpy()), target.to_numpy(), task="regression" if target.dtype == float else None
    ).notes
    told = [note for note in notes if "equals the target" in note]
    assert len(told) == 1
    assert "'status'" in told[0]
    assert "'a'" not in told[0]
    assert "drop" in told[0]


def test_a_near_copy_is_named_as_such_and_an_honest_column_is_not():
    noisy = Y.to_numpy().copy()
    big = pd.concat([X] * 5, ignore_index=True) + RNG.normal(size=(2000, 2)) / 100
    target = np.concatenate([noisy] * 5)
    nearly = target.copy()
    nearly[0] = "no" if nearly[0] == "yes" else "yes"
    notes = load_problem(big.assign(status=nearly), target).notes
    assert [note for note in notes if "almost without error (above 0.999): 'status'" in note]
    assert not [note for note in load_problem(X, Y).notes if "alone" in note]
    assert not [note for note in load_problem(X, NUMBERS).notes if "alone" in note]


def test_rows_that_occur_five_times_stay_on_one_side():
    rng = np.random.default_rng(1)
    once = pd.DataFrame({"a": rng.normal(size=300), "b": rng.choice(["x", "y"], 300)})
    y = rng.choice(["p", "q"], 300)
    five = pd.concat([once] * 5, ignore_index=True)
    problem = load_problem(five, np.tile(y, 5))
    assert [note for note in problem.notes if note.startswith("1,200 of 1,500 rows are copies of others")]
    for fold in folds(problem):
        assert not set(fold.train % 300) & set(fold.validation % 300)
    searched, held = hold_out(problem, 0.2)
    assert not set(searched % 300) & set(held % 300)


@pytest.mark.parametrize("roles", [{"groups": np.arange(600) % 60}, {"time": np.arange(600)}])
def test_groups_and_time_that_are_given_count(roles):
    twice = pd.concat([X[:300]] * 2, ignore_index=True)
    problem = load_problem(twice, np.tile(Y[:300], 2), **roles)
    assert not [note for note in problem.notes if "copies" in note]


def test_rows_that_are_equal_by_chance_are_no_copies():
    rng = np.random.default_rng(1)
    coarse = pd.DataFrame({"class": rng.choice(["1st", "2nd", "3rd"], 500), "sex": rng.choice(["f", "m"], 500)})
    assert load_problem(coarse, rng.choice(["p", "q"], 500)).groups is None
    assert load_problem(X, Y).groups is None


def test_many_groups_are_dealt_evenly():
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 8_000, 24_000)
    y = rng.choice(["p", "q"], 24_000, p=[0.9, 0.1])
    problem = load_problem({"a": rng.normal(size=24_000)}, y, groups=groups)
    made = folds(problem)
    for fold in made:
        assert not set(problem.groups[fold.train]) & set(problem.groups[fold.validation])
        assert abs(len(fold.validation) / 24_000 - 1 / 3) < 0.01
        assert abs((y[fold.validation] == "q").mean() - 0.1) < 0.02


@pytest.mark.parametrize("first", [0, 1])
def test_a_written_index_is_not_learnt_from(tmp_path, first):
    X.set_index(np.arange(first, first + 400)).to_csv(tmp_path / "t.csv")
    problem = load_problem(read_file(tmp_path / "t.csv"), Y)
    assert problem.table.names == ("", "a", "b")
    assert problem.excluded_columns == {0}
    assert [note for note in problem.notes if "are not used: ''" in note]
    assert limited(problem, Constraints(metric="accuracy", score=0.5, must_not_use=["a"])).excluded_columns == {0, 1}
    assert load_problem(pd.read_csv(tmp_path / "t.csv"), Y).excluded_columns == {0}
    request = SearchRequest(
        data={"source": "t.csv", "target": "y", "drop": [""]}, constraints={"metric": "accuracy", "score": 0.5}
    )
    assert with_columns(read_file(tmp_path / "t.csv"), None, request.data.drop).column_names == ["a", "b"]


def test_row_numbers_and_identifiers_are_named_but_kept():
    table = load_table(X.assign(row=range(400), loan_id=RNG.permutation(400) * 7, size=RNG.permutation(400)))
    told = [note for note in table.notes if "number or identify the rows" in note]
    assert len(told) == 1
    assert "'row', 'loan_id';" in told[0]
    assert not table.excluded_columns


@pytest.mark.parametrize("role", ["y", "weights", "groups", "time"])
def test_an_index_in_another_order_is_aligned(role):
    values = {"y": Y, "weights": pd.Series(np.arange(400) + 1.0)}
    values |= {"groups": pd.Series(np.arange(400) % 7), "time": pd.Series(np.arange(400) % 9)}
    given = {name: one for name, one in values.items() if name in {"y", role}}
    plain = load_problem(X, given.pop("y"), **given)
    shuffled = {name: one.sample(frac=1, random_state=3) for name, one in values.items() if name in {"y", role}}
    moved = load_problem(X, shuffled.pop("y"), **shuffled)
    for name in ("target", "weights", "groups", "order"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(moved, name))
    assert [note for note in moved.notes if "aligned by label" in note]
    assert not [note for note in plain.notes if "by label" in note]


def test_an_index_with_other_labels_is_refused_and_plain_values_go_by_position():
    with pytest.raises(
        DataError, match=r"^the index of the target must have the labels of the rows, each once, but 400 is none"
    ):
        load_problem(X, Y.set_axis(np.arange(400, 800)))
    with pytest.raises(DataError, match="but some occur twice: align it"):
        load_problem(X.set_axis([0, *range(399)]), Y.set_axis([*range(399), 0]))
    by_position = load_problem(X.set_axis(np.arange(400, 800)), Y.to_numpy())
    np.testing.assert_array_equal(by_position.target, load_problem(X, Y).target)
    shuffled = Y.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(load_problem(X.to_numpy(), shuffled).target, by_position.target[shuffled.index])


def test_a_target_by_the_ids_of_series_is_aligned():
    rng = np.random.default_rng(0)
    long = pd.DataFrame([(f"p{i}", t, rng.normal()) for i in range(30) for t in range(4)], columns=["id", "t", "u"])
    series = series_of(long.sample(frac=1, random_state=0), id="id", time="t")
    target = pd.Series(np.arange(30) % 2, index=[f"p{i}" for i in range(30)])
    problem = load_problem(series, target)
    assert problem.target.tolist() == [int(one[1:]) % 2 for one in series.ids]
    assert load_problem(series, target.reset_index(drop=True)).target.tolist() == target.tolist()


@pytest.mark.parametrize(
    ("texts", "ranks"),
    [
        (["31/12/2022", "01/02/2023", "15/01/2022", "16/01/2022"], [2, 3, 0, 1]),
        (["12/31/2022", "02/01/2023", "1/15/2022", "01/16/2022"], [2, 3, 0, 1]),
        (["9", "10", "11", "100"], [0, 1, 2, 3]),
        (["9:30", "10:15", "11:00", "23:59"], [0, 1, 2, 3]),
        (["Feb 2020", "Jan 2021", "Mar 2019", "Dec 2020"], [1, 3, 0, 2]),
    ],
)
def test_time_as_text_is_a_time(texts, ranks):
    problem = load_problem({"a": [0.5 * i for i in range(40)]}, ["x", "y"] * 20, time=texts * 10)
    assert problem.order[:4].tolist() == ranks
    long = pd.DataFrame({"id": np.repeat(range(5), 4), "t": texts * 5, "u": ranks * 5})
    assert series_of(long, id="id", time="t").values[0, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("texts", [["spring", "summer"], ["03/04/2016", "05/06/2017"], ["1", "2020-01-01"]])
def test_time_that_is_no_time_is_refused_rather_than_sorted_by_letters(texts):
    with pytest.raises(DataError, match=r"^time must "):
        load_problem({"a": [0.5 * i for i in range(40)]}, ["x", "y"] * 20, time=texts * 20)


def test_a_column_may_have_a_name_that_is_no_text():
    frame = pd.DataFrame(RNG.normal(size=(40, 2)))
    frame[2] = ["x", "y"] * 20
    assert load_problem(frame, 2).table.names == ("0", "1")
    frame.columns = pd.MultiIndex.from_tuples([("s", "a"), ("s", "b"), ("t", "y")])
    assert load_problem(frame, ("t", "y")).labels == ("x", "y")
    with pytest.raises(DataError, match="there is no column 7"):
        load_problem(frame, 7)


def test_text_may_be_an_index_and_storage_a_path_and_integers_wide():
    words = pd.DataFrame({"a": np.arange(40.0), "t": ["some words here", "other words there"] * 20})
    assert load_problem(words, ["x", "y"] * 20, text=words.columns[1:]).table.profiles[1].kind == "text"
    assert Search(storage=Path("trials")).storage == "trials"
    wide = pl.DataFrame({"v": pl.Series([*range(39), None], dtype=pl.Int128)})
    assert load_table(wide).profiles[0].kind == "numeric"


def test_a_constraint_may_name_the_source_of_a_date():
    dates = pd.date_range("2020-01-01", periods=400, freq="36h")
    problem = load_problem(X.assign(issued=dates), Y)
    left = limited(problem, Constraints(metric="accuracy", score=0.5, must_not_use=["issued"]))
    assert {problem.table.names[j].split(".")[0] for j in left.excluded_columns} == {"issued"}
    assert len(left.excluded_columns) == sum(name.startswith("issued") for name in problem.table.names)
    with pytest.raises(ConstraintError, match="'isued' is none"):
        limited(problem, Constraints(metric="accuracy", score=0.5, must_not_use=["isued"]))
