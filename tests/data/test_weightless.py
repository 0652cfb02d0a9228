"""Rows of weight 0 count nowhere: not in what a column holds, its levels, scaling, folds or the model."""

from __future__ import annotations

import numpy as np
import pytest

import automicro
from automicro.data import load_problem

ROWS, MORE = 240, 60


def table(seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=ROWS), rng.normal(size=ROWS)
    columns = {"a": a, "b": b, "c": rng.choice(["u", "v", "w"], ROWS).astype(object)}
    return columns, np.where((a > 0) ^ (rng.random(ROWS) < 0.05), "yes", "no").astype(object)


def with_absurd_rows(columns, y, seed=1):
    """Put rows of weight 0 between the others: numbers far away, levels that nobody knows, classes that are none."""
    place = np.sort(np.random.default_rng(seed).permutation(ROWS + MORE)[:ROWS])
    weights = np.zeros(ROWS + MORE)
    weights[place] = 1.0

    def spread(values, absurd):
        out = np.full(ROWS + MORE, absurd, dtype=object)
        out[place] = values
        return out

    absurd = {"a": "5000 apples", "b": 1e30, "c": "never seen"}
    return {name: spread(values, absurd[name]) for name, values in columns.items()}, spread(y, "third"), weights


def test_a_problem_is_the_same_as_without_them():
    columns, y = table()
    plain = load_problem(columns, y, weights=np.ones(ROWS))
    absurd, labels, weights = with_absurd_rows(columns, y)
    found = load_problem(absurd, labels, weights=weights)
    assert found.notes == (f"{MORE} of {ROWS + MORE} rows have weight 0 and are left out", *plain.notes)
    assert (found.labels, found.table.profiles) == (plain.labels, plain.table.profiles)
    np.testing.assert_array_equal(found.target, plain.target)
    np.testing.assert_array_equal(found.weights, plain.weights)
    for one, other in zip(found.table.columns, plain.table.columns, strict=True):
        np.testing.assert_array_equal(getattr(one, "codes", one), getattr(other, "codes", other))


@pytest.mark.parametrize("family", ["tree", "linear"])
def test_the_model_has_the_same_bytes(family):
    columns, y = table()
    absurd, labels, weights = with_absurd_rows(columns, y)
    asked = {
        "metric": "accuracy",
        "score": 0.8,
        "search": automicro.Search(trials=1, seed=0, families=[family], workers=0, trial_seconds=900),
    }
    plain = automicro.select(columns, y, weights=np.ones(ROWS), **asked)
    assert automicro.select(absurd, labels, weights=weights, **asked).model.payload == plain.model.payload


def test_old_rows_without_weight_leave_the_time_order_to_the_others():
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    weights = np.r_[np.zeros(300), np.ones(100)]
    problem = load_problem({"a": a}, a > 0, weights=weights, time=np.arange(400))
    assert problem.rows == 100
    assert problem.order is not None
    assert problem.order.tolist() == list(range(100))


def test_graphs_of_weight_0_are_left_out():
    graphs = [{"x": np.full((3, 1), float(k)), "edge_index": [[0, 1], [1, 2]]} for k in range(12)]
    weights = np.r_[np.zeros(2), np.ones(10)]
    problem = load_problem(graphs, [k % 2 for k in range(12)], weights=weights)
    assert problem.rows == 10
    assert problem.notes[-1] == "2 of 12 rows have weight 0 and are left out"
