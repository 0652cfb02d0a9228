"""Robustness as a user asks for it: of a model, on the command line, and as a constraint of a search."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import automicro
from automicro import ConstraintError, Constraints, DataError, Infeasible, RequestError, Search
from automicro.cli import main
from automicro.request import SearchRequest
from automicro.request.files import read_request

QUICK = Search(trials=3, workers=0, families=["linear"], progress=False)


@pytest.fixture(scope="module")
def table():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:, :8], y


@pytest.fixture(scope="module")
def selection(table):
    X, y = table
    limits = {"noise_30": 0.1, "column_lost": "40%", "flip": 0.001}
    return automicro.select(X[:400], y[:400], metric="roc_auc", score=0.9, robustness=limits, search=QUICK)


def test_a_selection_keeps_what_was_asked_for_and_tells_it(selection):
    assert selection.robustness["noise_30"] <= 0.1
    assert selection.robustness["column_lost"] <= 0.4
    assert selection.robustness["flip"] >= 0.001
    assert "the score is worse by at most" in str(selection)
    taken = next(record for record in selection.trace if record.status == "taken")
    assert taken.robustness == pytest.approx(selection.robustness)
    assert {"robustness.noise_30", "robustness.column_lost", "robustness.flip"} <= set(taken.margins)
    assert all(margin >= 0 for margin in taken.margins.values())


def test_the_cost_of_a_lost_column_stands_beside_the_size_without_being_asked_for(table):
    X, y = table
    found = automicro.select(
        X, y, metric="roc_auc", score=0.9, search=Search(trials=1, workers=0, families=["tree"], progress=False)
    )
    assert set(found.robustness) == {"column_lost"}


def test_what_no_model_withstands_is_named(table):
    X, y = table
    with pytest.raises(
        Infeasible, match=r"robustness\.column_lost: at most 0 of roc_auc may be lost, the nearest \(linear\) loses"
    ) as raised:
        automicro.select(X, y, metric="roc_auc", score=0.9, robustness={"column_lost": 0}, search=QUICK)
    assert raised.value.binding == ("robustness.column_lost",)
    assert any("misses robustness.column_lost by" in record.reason for record in raised.value.trace)
    with pytest.raises(
        Infeasible, match=r"robustness\.flip: half of the rows must be at least 0\.9 ranges from another decision"
    ):
        automicro.select(X, y, metric="roc_auc", score=0.9, robustness={"flip": 0.9}, search=QUICK)


def test_a_model_on_rows_it_never_saw(selection, table, tmp_path, capsys):
    X, y = table
    told = automicro.robustness(selection.model, X[400:], y[400:])
    assert told.metric == "roc_auc"
    assert told.flips.kind == "exact"
    selection.model.save(tmp_path / "model.micro")
    X[400:].assign(target=y[400:]).to_csv(tmp_path / "rows.csv", index=False)
    words = ["robustness", str(tmp_path / "model.micro"), str(tmp_path / "rows.csv"), "--target", "target"]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stresses"].keys() == told.to_dict()["stresses"].keys()
    assert main(words) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[0].endswith("what is done to the rows")
    assert "flip: the median of 169 rows is" in table
    selection.model.save(tmp_path / "bare.micro", strip=True)
    assert main([words[0], str(tmp_path / "bare.micro"), *words[2:]]) == 2
    assert "metric: must be given for a model without a card" in capsys.readouterr().err
    with pytest.raises(RequestError, match="metric: must be given"):
        automicro.robustness(tmp_path / "bare.micro", X[400:], y[400:])


def test_rows_that_a_model_cannot_be_judged_on_are_told_as_such(selection, table, tmp_path, capsys):
    X, y = table
    with pytest.raises(DataError, match=r"the model cannot be evaluated on these rows: .* there is only 1"):
        automicro.robustness(selection.model, X.head(1), y.head(1))
    with pytest.raises(DataError, match="must be given, but is not there"):
        automicro.robustness(selection.model, X[["mean area"]].head(1), y.head(1))
    with pytest.raises(DataError, match="the model must have a certificate to verify, but its verdict is 'estimated'"):
        automicro.verify(selection.model, X.head(1), y.head(1))
    selection.model.save(tmp_path / "model.micro")
    (tmp_path / "other.csv").write_text("a,target\n1,x\n2,y\n3,x\n4,z\n")
    words = [str(tmp_path / "model.micro"), str(tmp_path / "other.csv"), "--target", "target"]
    assert main(["robustness", *words]) == 2
    assert "must be given, but" in capsys.readouterr().err
    assert main(["verify", *words]) == 2
    assert "the model must have a certificate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "robustness: must be a table of limits, such as noise_30 = 0.02"),
        ({"noise": 0.1}, "robustness: unknown stress 'noise', did you mean 'noise_"),
        ({"noise_30": -0.1}, "robustness: noise_30 must be at least 0, but got -0.1"),
        ({"flip": 0}, "robustness: flip must be above 0, but got 0"),
        ({"flip": 2}, "robustness: flip must be at most 1, the whole range of a column, but got 2"),
        ({"noise_30": "much"}, "robustness: noise_30 must be a finite number, such as 0.02 or '2%', but got 'much'"),
        ("noise_30", "robustness: must be limits such as 'noise_30=0.02,flip=0.05', but got 'noise_30'"),
        (0.1, "robustness: must be a table of limits"),
    ],
)
def test_limits_that_cannot_be_are_refused(given, said):
    with pytest.raises(ConstraintError) as raised:
        Constraints(metric="roc_auc", score=0.9, robustness=given)
    assert str(raised.value).startswith(said)


def test_drift_is_not_for_tables_without_categories(table):
    with pytest.raises(
        ConstraintError, match="drift_10 needs a column of categories that can drift, but the table has none"
    ):
        automicro.select(*table, metric="roc_auc", score=0.9, robustness={"drift_10": 0.01}, search=QUICK)


def test_limits_are_not_for_clusters_nor_flips_for_graphs():
    with pytest.raises(ConstraintError, match="robustness: is what a score of a target loses"):
        Constraints(metric="silhouette", score=0.5, robustness={"noise_30": 0.1})
    graph = {"x": np.eye(6), "edge_index": np.array([[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]])}
    with pytest.raises(ConstraintError, match="robustness: flip is told of rows of tables"):
        automicro.select(graph, [0, 1] * 3, metric="accuracy", score=0.5, robustness={"flip": 0.1}, search=QUICK)


@pytest.mark.parametrize("suffix", ["toml", "yaml", "json"])
def test_limits_in_a_file_and_as_text_are_the_same(tmp_path, suffix):
    files = {
        "toml": 'constraints.metric = "r2"\nconstraints.score = 0.5\nconstraints.robustness = {noise_30 = 0.02, flip = "5%"}',
        "yaml": "constraints:\n  metric: r2\n  score: 0.5\n  robustness:\n    noise_30: 0.02\n    flip: 5%\n",
        "json": '{"constraints": {"metric": "r2", "score": 0.5, "robustness": "noise_30=0.02, flip=0.05"}}',
    }
    path = tmp_path / f"search.{suffix}"
    path.write_text(files[suffix])
    request = read_request(path)
    assert request.constraints.robustness == {"noise_30": 0.02, "flip": 0.05}
    assert SearchRequest(**request.document()) == request
