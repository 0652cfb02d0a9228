"""The first k columns of a ranking are a good choice of k."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.data import load_problem, rank_columns


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_copies_come_after_what_adds_something(task):
    rng = np.random.default_rng(0)
    first, second, noise = rng.normal(size=(3, 600))
    score = 2 * first + second
    table = {
        "noise": noise,
        "first": first,
        "copy": first + 0.01 * rng.normal(size=600),
        "second": second,
        "id": [f"id {i}" for i in range(600)],
        "same": [1] * 600,
    }
    problem = load_problem(table, score if task == "regression" else score > 0)
    ranking = rank_columns(problem, np.arange(600))
    names = [problem.table.names[j] for j in ranking]
    assert set(names[:2]) in ({"first", "second"}, {"copy", "second"})
    assert "same" not in names
    assert "id" not in names
    assert ranking == rank_columns(problem, np.arange(600))


def test_categories_count_by_what_they_tell():
    rng = np.random.default_rng(1)
    colour = rng.integers(0, 6, 500)
    table = {
        "x": rng.normal(size=500),
        "many": [f"l{v}" for v in rng.integers(0, 60, 500)],
        "colour": [f"c{v}" for v in colour],
    }
    problem = load_problem(table, np.isin(colour, [1, 4]) ^ (rng.random(500) < 0.1), weights=rng.random(500))
    assert rank_columns(problem, np.arange(500))[0] == 2


def test_a_column_of_which_only_missing_values_tell_comes_last():
    target = [0, 1] * 100
    table = {
        "gone": [None if y and i % 3 else 1 for i, y in enumerate(target)],
        "x": np.arange(200) % 7,
        "z": np.arange(200) % 3,
    }
    assert rank_columns(load_problem(table, target), np.arange(200))[-1] == 0
