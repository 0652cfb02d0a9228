"""Tables with far more columns than rows: what is left of them, and that only what a body reads is built."""

from __future__ import annotations

import numpy as np
import pytest

import automicro
from automicro.data import Preparation, PreparationSettings, load_problem
from automicro.data.prepare.screening import SCREENED, screened
from automicro.program import Affine, Chain, Program, Weights, columns_read, pack, simplify

WIDTH, ROWS = 1500, 120


def wide(seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, ROWS)
    columns = {f"g{j}": rng.normal(size=ROWS) for j in range(WIDTH)}
    columns["g7"] = y + 0.6 * rng.normal(size=ROWS)
    columns["g8"] = np.where(y == 1, 3.0, 0.3) * rng.normal(size=ROWS)  # far from the middle, on either side
    columns["g9"] = np.where(rng.random(ROWS) < 0.6 * y, np.nan, columns["g9"])
    columns["word"] = np.where(y == 1, "a", rng.choice(["a", "b", "c"], ROWS))
    columns["id"] = [f"n{i}" for i in range(ROWS)]
    return load_problem(columns, y)


def test_few_columns_are_left_of_a_wide_table_those_that_matter_among_them():
    problem = wide()
    every = list(range(len(problem.table.columns)))
    kept = screened(problem, every, np.arange(ROWS))
    assert len(kept) == SCREENED
    assert kept == sorted(kept)
    names = {problem.table.names[j] for j in kept}
    assert {"g7", "g8", "g9", "word"} <= names
    assert "id" not in names


def test_as_many_rows_as_half_the_columns_are_enough_for_all_of_them():
    problem = wide()
    some = list(range(2 * ROWS))
    assert screened(problem, some, np.arange(ROWS)) == some


def test_other_rows_are_not_looked_at():
    one, other = wide(), wide()
    rows = np.arange(0, ROWS, 2)
    for column in other.table.columns:
        if isinstance(column, np.ndarray):
            column[1::2] = 1e6
    every = list(range(len(one.table.columns)))
    assert screened(one, every, rows) == screened(other, every, rows)


@pytest.mark.parametrize("scaled", [False, True])
def test_the_decoders_that_are_read_make_the_same_bytes_as_all(scaled):
    problem = wide()
    made = Preparation.fit(problem, np.arange(ROWS), PreparationSettings(scaled=scaled))
    weights = np.zeros((1, len(made.features)), dtype=np.float32)
    weights[0, [3, 77, 210]] = [0.5, -2.0, 1.25]
    body = Affine(Weights.of(weights), Weights.of([0.25]))
    whole = Program(WIDTH + 2, made.decoders, Chain((*made.lead, body)), "identity")
    decoders, narrowed = made.under(body)
    assert len(decoders) == 3
    assert pack(simplify(Program(WIDTH + 2, decoders, narrowed, "identity"))) == pack(simplify(whole))


def test_a_wide_table_has_a_model_after_one_trial():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2000))
    search = automicro.Search(trials=1, seed=0, families=["tree"], workers=0)
    found = automicro.select(X, X[:, 7] > 0, metric="accuracy", score=0.8, search=search)
    assert [found.model.column_names[j] for j in columns_read(found.model.program)] == ["x7"]
