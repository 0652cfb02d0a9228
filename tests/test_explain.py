"""Explanations add up, and what they say would flip a decision does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import automicro
from automicro import Constraints, DataError, RequestError, Search
from automicro.cli import main
from automicro.data import load_problem
from automicro.measure import permutation_importance
from automicro.program import Affine, Numeric, Program, Weights

FAMILIES = {
    "linear": Constraints(metric="roc_auc", score=0.7, certify=False),
    "tree": Constraints(metric="roc_auc", score=0.65, certify=False),
    "boosting": Constraints(metric="roc_auc", score=0.7, certify=False),
    "cluster": Constraints(metric="roc_auc", score=0.65, certify=False),
}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    rows = 500
    x, z = rng.normal(size=rows), rng.integers(0, 6, rows).astype(float)
    z[rng.random(rows) < 0.1] = np.nan
    job = rng.choice(["cook", "clerk", "nurse"], rows)
    signal = x + np.where(np.nan_to_num(z) > 2, 1.0, -1.0) + (job == "cook")
    return {"x": x, "z": z, "job": job, "y": np.where(signal + rng.logistic(size=rows) > 0, "yes", "no")}


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, table):
    search = Search(trials=3, workers=0, families=[request.param], progress=False)
    return automicro.select(table, "y", FAMILIES[request.param], search=search).model


def rows_of(table, count, seed=0):
    rng = np.random.default_rng(seed)
    return [{name: table[name][i] for name in ("x", "z", "job")} for i in rng.integers(0, len(table["y"]), count)]


def test_the_parts_add_up_and_counterfactuals_flip(model, table):
    flips = 0
    for row in rows_of(table, 60):
        told = model.explain(row)
        total = told.constant + sum(part.contribution for part in told.parts)
        assert total == pytest.approx(told.score, rel=1e-6, abs=1e-6)
        assert told.output == model.predict(row)[0]
        assert told.probability == pytest.approx(model.predict_proba(row).max())
        if told.counterfactual is not None:
            changed = {**row, **{c.column: c.instead for c in told.counterfactual.changes}}
            assert model.predict(changed)[0] == told.counterfactual.label != told.output
            flips += 1
        assert len(str(told).splitlines()) <= 12
    assert flips > 30


def test_a_number_is_changed_no_further_than_it_must(table):
    selection = automicro.select(
        {"x": table["x"], "y": table["y"]}, "y", Constraints(metric="roc_auc", score=0.6, certify=False),
        search=Search(trials=2, workers=0, families=["linear"], progress=False),
    )  # fmt: skip
    row = {"x": 1.5}
    change = selection.model.explain(row).counterfactual.changes[0]
    assert selection.model.predict({"x": change.instead})[0] == "no"
    assert selection.model.predict({"x": change.instead + 1e-3})[0] == "yes"


def test_immutable_columns_are_left_alone(model, table):
    for row in rows_of(table, 20, seed=3):
        flip = model.explain(row, immutable=("x",)).counterfactual
        assert flip is None or all(change.column != "x" for change in flip.changes)


def test_a_column_that_is_not_there_cannot_be_immutable():
    with pytest.raises(RequestError, match="must name columns of the model, but got 'zz'"):
        stump(("a", "numeric")).explain({"a": 1.0}, immutable=["zz"])
    assert stump(("a", "numeric")).explain({"a": 1.0}, immutable="a").counterfactual is None


def stump(column):
    """Return a model of one column that says no up to 0.5."""
    body = Affine(Weights.of(np.array([[1.0]])), Weights.of(np.array([-0.25])))
    name, kind = column
    entry = {"name": name, "kind": kind, "minimum": 0.0, "maximum": 1.0}
    return automicro.Model(Program(1, (Numeric(0),), body, "sigmoid", ("no", "yes")), {"columns": [entry]})


def test_a_boolean_is_turned_and_not_halved():
    change = stump(("a", "boolean")).explain({"a": 1.0}).counterfactual.changes[0]
    assert (change.value, change.instead) == (1.0, 0.0)


def test_a_score_that_is_not_a_number_has_no_flip_and_no_crash():
    body = Affine(Weights.of(np.array([[1.0, 1.0]])), Weights.of(np.array([0.0])))
    columns = [{"name": name, "kind": "numeric", "minimum": 0.0, "maximum": 1.0} for name in "ab"]
    model = automicro.Model(Program(2, (Numeric(0), Numeric(1)), body, "sigmoid", ("no", "yes")), {"columns": columns})
    model.explain({"a": np.nan, "b": 1.0})


def test_one_series_may_be_given_alone():
    rng = np.random.default_rng(2)
    y = np.arange(60) % 2
    X = rng.normal(size=(60, 2, 12)) + y[:, None, None]
    search = Search(trials=1, workers=0, families=["linear"], progress=False)
    model = automicro.select(X, y, metric="accuracy", score=0.7, search=search).model
    assert model.explain(X[0]) == model.explain(X[:1])


def test_values_that_training_has_not_seen_are_named(table):
    model = automicro.select(
        {"x": table["x"], "y": table["y"]}, "y", Constraints(metric="roc_auc", score=0.6, certify=False),
        search=Search(trials=2, workers=0, families=["linear"], progress=False),
    ).model  # fmt: skip
    assert model.explain({"x": 50.0}).out_of_range == ("x",)
    assert "outside of what training has seen: x" in str(model.explain({"x": 50.0}))


def test_regression_has_parts_and_no_flip(table):
    target = table["x"] * 2 + np.nan_to_num(table["z"])
    data = {"x": table["x"], "z": table["z"], "t": target}
    model = automicro.select(
        data, "t", Constraints(metric="r2", score=0.5, certify=False), search=Search(trials=2, workers=0)
    ).model
    told = model.explain({"x": 0.3, "z": 2.0})
    assert told.probability is None
    assert told.counterfactual is None
    assert told.output == pytest.approx(model.predict({"x": 0.3, "z": 2.0})[0])


def test_words_of_a_text_are_parts_of_their_own():
    rng = np.random.default_rng(2)
    words = ["good", "bad", "film", "plot", "actor", "scene"]
    texts = [" ".join(rng.choice(words, 8)) for _ in range(150)]
    y = [int(text.split().count("good") > text.split().count("bad")) for text in texts]
    model = automicro.select(
        {"text": texts}, y, Constraints(metric="roc_auc", score=0.8, certify=False), text=["text"],
        search=Search(trials=2, workers=0, families=["linear"], progress=False),
    ).model  # fmt: skip
    told = model.explain({"text": "good good film"})
    assert told.constant + sum(part.contribution for part in told.parts) == pytest.approx(told.score, abs=1e-6)
    assert any("good" in part.name for part in told.parts)


def test_several_rows_are_refused(model, table):
    with pytest.raises(DataError, match="explain takes one row, but got 2"):
        model.explain({"x": [1.0, 2.0], "z": [1.0, 2.0], "job": ["cook", "cook"]})


def test_importance_is_what_shuffling_costs(model, table):
    problem = load_problem({name: table[name] for name in ("x", "z", "job")}, table["y"])
    columns, names = problem.batch().columns, problem.table.names
    found = permutation_importance(model.program, columns, problem, "roc_auc", names=names)
    assert found[0].loss > 0.02
    assert all(entry.low <= entry.loss <= entry.high for entry in found)
    with pytest.raises(DataError, match="rows must have the classes of the model"):
        permutation_importance(model.program, columns, replace(problem, labels=("a", "b")), "roc_auc", names=names)
    with pytest.raises(RequestError, match="'r2' is for regression"):
        permutation_importance(model.program, columns, problem, "r2", names=names)


def test_from_the_command_line(model, table, tmp_path, capsys):
    path, data = tmp_path / "m.micro", tmp_path / "rows.csv"
    model.save(path)
    data.write_text("x,z,job\n0.5,3,cook\n-2,,nurse\n")
    assert main(["explain", str(path), str(data), "--row", "1"]) == 0
    assert capsys.readouterr().out.startswith("predicted ")
    assert main(["explain", str(path), str(data), "--row", "7"]) == 2
    assert "--row: must lie in 0 to 1, counted from 0" in capsys.readouterr().err
