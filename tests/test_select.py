"""The main job end to end, on real data, through the public functions only."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import roc_auc_score

import automicro

PENGUINS = Path(__file__).parent.parent / "examples" / "data" / "penguins.csv"


@pytest.fixture(scope="module")
def cancer() -> tuple[pd.DataFrame, pd.Series]:
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def selection(cancer: tuple[pd.DataFrame, pd.Series]) -> automicro.Selection:
    X, y = cancer
    return automicro.select(
        X.iloc[:400],
        y.iloc[:400],
        metric="roc_auc",
        score=0.97,
        latency="2ms",
        size="2KB",
        search=automicro.Search(trials=4),
    )


def test_the_selection_meets_every_constraint(selection: automicro.Selection) -> None:
    assert selection.verdict == "estimated"
    assert selection.score >= 0.97
    assert selection.score_interval[0] <= selection.score <= selection.score_interval[1]
    assert selection.size_bytes <= 120
    assert selection.latency_us <= 2000
    assert selection.family in {"linear", "tree", "boosting"}


def test_the_model_keeps_its_score_on_rows_the_search_never_saw(
    selection: automicro.Selection, cancer: tuple[pd.DataFrame, pd.Series]
) -> None:
    X, y = cancer
    assert roc_auc_score(y.iloc[400:], selection.model.predict_proba(X.iloc[400:])[:, 1]) > 0.95


def test_size_bytes_is_the_size_of_the_stripped_file(selection: automicro.Selection, tmp_path: Path) -> None:
    selection.model.save(tmp_path / "stripped.micro", strip=True)
    assert (tmp_path / "stripped.micro").stat().st_size == selection.size_bytes == selection.model.size_bytes


def test_a_saved_model_predicts_the_same_with_and_without_its_card(
    selection: automicro.Selection, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    X, _ = cancer
    expected = selection.model.predict_proba(X)
    for strip in (False, True):
        selection.model.save(tmp_path / "m.micro", strip=strip)
        loaded = automicro.load(tmp_path / "m.micro")
        assert loaded.predict_proba(X).tobytes() == expected.tobytes()
        assert loaded.predict_proba(X.to_numpy()).tobytes() == expected.tobytes()
        assert np.array_equal(loaded.predict(X), selection.model.predict(X))


def test_columns_are_found_by_name(
    selection: automicro.Selection, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    X, _ = cancer
    shuffled = X[X.columns[::-1]].assign(unknown=1.0)
    assert np.array_equal(selection.model.predict_proba(shuffled), selection.model.predict_proba(X))


def test_the_trace_says_why_for_every_trial(selection: automicro.Selection) -> None:
    assert sum(record.status == "taken" for record in selection.trace) == 1
    assert all(record.reason for record in selection.trace)
    assert len(selection.trace.to_pandas()) == len(selection.trace)


def test_every_point_of_the_frontier_can_be_had_and_the_answer_is_one(
    selection: automicro.Selection, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    X, y = cancer
    points = list(selection.frontier)
    assert all(a.size_bytes < b.size_bytes and a.score < b.score for a, b in itertools.pairwise(points))
    (own,) = (point for point in points if point.status == "returned")
    assert own.model is selection.model
    assert (own.size_bytes, own.score) == (selection.size_bytes, selection.score)
    assert all(point.size_bytes > own.size_bytes for point in points if point.status == "reaches the margin")
    for point in points:
        point.model.save(tmp_path / "point.micro", strip=True)
        assert (tmp_path / "point.micro").stat().st_size == point.size_bytes
        card = point.model.card
        assert card is not None
        assert (card["size_bytes"], card["family"]) == (point.size_bytes, point.family)
        assert card["score"] == pytest.approx(point.score, rel=1e-5)
        assert card["score_interval"][0] < point.score < card["score_interval"][1]
        assert roc_auc_score(y, point.model.predict_proba(X)[:, 1]) > selection.target - 0.02
    assert "model" not in selection.frontier.to_dicts()[0]


def test_out_of_fold_predictions_are_kept(selection: automicro.Selection) -> None:
    taken = next(record for record in selection.trace if record.status == "taken")
    assert selection.out_of_fold[taken.number].shape[-2:] == (400, 2)


def test_loading_and_predicting_imports_no_trainer(selection: automicro.Selection, tmp_path: Path) -> None:
    selection.model.save(tmp_path / "m.micro")
    code = (
        f"import sys, numpy, automicro\nautomicro.load({str(tmp_path / 'm.micro')!r}).predict(numpy.zeros((2, 30)))\n"
        "print({'sklearn', 'lightgbm', 'optuna', 'torch', 'pandas', 'scipy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_text_labels_missing_values_and_categories() -> None:
    penguins = pd.read_csv(PENGUINS)
    found = automicro.select(
        penguins, "species", metric="accuracy", score=0.95, search=automicro.Search(trials=3, workers=0)
    )
    assert set(found.model.predict(penguins)) == {"Adelie", "Chinstrap", "Gentoo"}
    assert found.size_bytes < 200
    strange = penguins.assign(island="Atlantis", sex=None, bill_length_mm=np.nan)
    assert set(found.model.predict(strange)) <= {"Adelie", "Chinstrap", "Gentoo"}


def test_regression_with_an_error_as_upper_bound() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    found = automicro.select(
        X, y, metric="mean_absolute_error", score=48.0, search=automicro.Search(trials=3, workers=0)
    )
    assert found.score <= 48.0
    assert found.score_interval[0] <= found.score <= found.score_interval[1]
    assert found.model.predict(X).shape == (len(y),)


def test_within_names_its_reference() -> None:
    X, y = load_iris(return_X_y=True)
    found = automicro.select(X, y, metric="accuracy", within=0.05, search=automicro.Search(trials=3, workers=0))
    assert found.reference is not None
    assert found.score >= found.target == pytest.approx(0.95 * found.reference.score)
    assert {"boosting", "linear"} <= set(found.reference.members)


def test_weights_and_groups_and_time_are_taken_by_name(cancer: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = cancer
    rows = np.arange(len(y))
    table = X.iloc[:, :6].assign(w=1.0 + rows % 3, site=rows % 20, day=rows, sick=y)
    for roles in ({"weights": "w", "groups": "site"}, {"time": "day"}):
        unused = [name for name in ("w", "site", "day") if name not in roles.values()]
        found = automicro.select(
            table.drop(columns=unused),
            "sick",
            metric="roc_auc",
            score=0.9,
            search=automicro.Search(trials=2, workers=0),
            **roles,
        )
        assert found.score >= 0.9
        assert not set(roles.values()) & {column["name"] for column in found.model.card["columns"]}
