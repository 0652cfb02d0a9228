"""Clusters end to end: the asked-for indices are met with few bytes, or a sentence says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score, silhouette_score

import automicro
from automicro import Infeasible, RequestError, Search
from automicro.cli import main
from automicro.errors import DataError

FEW = Search(trials=1, workers=0)
ASKED = {"metric": "silhouette", "score": 0.45, "stability": 0.9, "size": "200B"}


def mixture(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Three clusters in numbers of different scales, with categories and missing values."""
    points, truth = make_blobs(rows, 2, centers=[[0, 0], [9, 0], [4, 9]], cluster_std=[0.5, 1.0, 1.5], random_state=0)
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"a": points[:, 0], "b": 1000 * points[:, 1], "noise": generator.normal(size=rows)})
    table["kind"] = np.where(truth == 2, "x", np.where(generator.random(rows) < 0.1, None, "y"))
    table.loc[generator.random(rows) < 0.05, "a"] = np.nan
    return table, truth


@pytest.fixture(scope="module")
def selection() -> automicro.Selection:
    return automicro.select(mixture()[0], None, search=FEW, **ASKED)


def test_asked_for_indices_are_met_in_few_bytes(selection: automicro.Selection) -> None:
    assert selection.score >= 0.45
    assert selection.indices is not None
    assert selection.indices["stability"] >= 0.9
    assert set(selection.indices) == {"silhouette", "density_validity", "stability"}
    assert selection.score_interval[0] <= selection.score <= selection.score_interval[1]
    assert selection.size_bytes <= 40
    assert any(note.startswith("cluster structure") for note in selection.notes)
    assert "stability" in repr(selection)


def test_new_rows_are_assigned(selection: automicro.Selection) -> None:
    table, _ = mixture()
    told = selection.model.predict(table.iloc[:5])
    assert np.array_equal(told, selection.model.predict(table)[:5])
    assert selection.model.predict_proba(table).shape == (len(table), len(selection.model.classes_))
    assert selection.model.card is not None
    assert selection.model.card["task"] == "clustering"


def test_the_stripped_file_assigns_the_same(selection: automicro.Selection, tmp_path: Path) -> None:
    selection.model.save(tmp_path / "m.micro", strip=True)
    loaded = automicro.load(tmp_path / "m.micro")
    table, _ = mixture()
    assert np.array_equal(loaded.predict(table), selection.model.predict(table))
    assert (tmp_path / "m.micro").stat().st_size == selection.size_bytes


def test_same_seed_same_bytes(selection: automicro.Selection) -> None:
    assert automicro.select(mixture()[0], None, search=FEW, **ASKED).model.payload == selection.model.payload


def test_what_ships_has_the_score() -> None:
    X, truth = make_blobs(300, 2, centers=[[0, 0], [10, 0], [0, 10], [10, 10]], random_state=3)
    found = automicro.select(X, None, metric="silhouette", score=0.75, search=FEW)
    told = found.model.predict(X)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    assert silhouette_score(scaled, told) > 0.75
    assert adjusted_rand_score(truth, told) > 0.99


def test_moons_need_the_density_method() -> None:
    X, moons = make_moons(400, noise=0.04, random_state=0)
    found = automicro.select(X, None, metric="density_validity", score=0.35, search=Search(trials=2, workers=0))
    assert found.parameters["method"] == "density"
    assert adjusted_rand_score(moons, found.model.predict(X)) > 0.95
    refused = [record for record in found.trace if record.parameters["method"] == "kmeans"]
    assert all(record.status != "taken" for record in refused)
    assert refused[0].margins["score"] < 0


def test_noise_has_no_structure() -> None:
    noise = np.random.default_rng(0).random((200, 2))
    with pytest.raises(Infeasible, match="the rows show no cluster structure") as caught:
        automicro.select(noise, None, metric="silhouette", score=0.3, search=FEW)
    assert caught.value.nearest["score"]["family"] == "one cluster"
    found = automicro.select(noise, None, task="clustering", search=FEW)
    assert found.family == "one cluster"
    assert found.size_bytes <= 3
    assert (found.model.predict(noise) == 0).all()
    assert found.notes[0].startswith("no cluster structure")
    assert automicro.select(noise, None, stability=0.9, search=FEW).family == "one cluster"


def test_an_impossible_silhouette_is_infeasible() -> None:
    X, _ = make_blobs(150, 2, centers=[[0, 0], [9, 9]], random_state=0)
    with pytest.raises(Infeasible, match=r"silhouette must be at least 0\.999") as caught:
        automicro.select(X, None, metric="silhouette", score=0.999, search=FEW)
    assert caught.value.binding == ("score",)
    assert caught.value.nearest["score"]["family"] == "cluster"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"y": [0, 1] * 20, "metric": "silhouette"}, "clustering has no target, but got one"),
        (
            {"y": None, "metric": "accuracy", "score": 0.9, "task": "clustering"},
            "'accuracy' is for classification, but",
        ),
        (
            {"y": None, "metric": "silhouette", "weights": [1.0] * 40},
            "weights must not be given for clustering",
        ),
        ({"y": None, "metric": "silhouette", "within": 0.1}, "within: is relative to models of a target"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises((RequestError, DataError), match=said):
        automicro.select(np.random.default_rng(0).normal(size=(40, 2)), search=FEW, **given)


def test_a_file_and_the_command_line_ask_for_clusters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, _ = mixture(200)
    table.to_csv(tmp_path / "rows.csv", index=False)
    words = ["select", str(tmp_path / "rows.csv"), "--task", "clustering", "--metric", "silhouette", "--score", "0.4"]
    assert main([*words, "--stability", "0.8", "--trials", "1", "--model", str(tmp_path / "m.micro")]) == 0
    assert "stability" in capsys.readouterr().out
    assert main(["inspect", str(tmp_path / "m.micro")]) == 0
    assert "clustering" in capsys.readouterr().out
    assert (
        main(["select", str(tmp_path / "rows.csv"), "--task", "clustering", "--target", "a", "--silhouette", "1"]) == 2
    )
