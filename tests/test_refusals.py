"""Requests and data that break others end in Infeasible or in one clear sentence, never in a relaxed answer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import average_precision_score

import automicro
from automicro import DataError, Infeasible, RequestError

QUICK = automicro.Search(trials=3, workers=0)


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:, :8], y.to_numpy()


@pytest.mark.parametrize("given", [3, b"\xb5", None])
def test_only_a_path_is_loaded(given: Any) -> None:
    with pytest.raises(automicro.ArtifactError, match=r"load takes the path of a model file, .*Model\.from_bytes"):
        automicro.load(given)


def one_sentence(error: BaseException) -> bool:
    return "\n" not in str(error) and not str(error).endswith(".") and len(str(error)) > 20


@pytest.mark.parametrize(
    ("constraint", "binding"),
    [
        ({"latency": "1ns"}, "latency"),
        ({"size": 4}, "size"),
        ({"size": "4B"}, "size"),
        ({"metric": "accuracy", "score": 1.0}, "score"),
    ],
)
def test_what_nothing_can_meet_is_infeasible(
    table: tuple[pd.DataFrame, np.ndarray], constraint: dict[str, Any], binding: str
) -> None:
    wanted = {"metric": "roc_auc", "score": 0.8, **constraint}
    with pytest.raises(Infeasible) as raised:
        automicro.select(*table, **wanted, search=QUICK)
    assert binding in raised.value.binding
    assert raised.value.nearest[binding]["margins"][binding] < 0
    assert len(raised.value.trace) >= 1
    assert one_sentence(raised.value)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"metric": "roc_auc", "score": 1.2}, "score"),
        ({"metric": "accuracy", "score": 97}, "score"),
        ({"metric": "roc_auc", "within": -1}, "within"),
        ({"metric": "roc_auc", "scor": 0.9}, "did you mean 'score'"),
        ({"metric": "roc_auk", "score": 0.9}, "did you mean 'roc_auc'"),
        ({"metric": "r2", "score": 0.9, "task": "classification"}, "r2"),
        ({"metric": "roc_auc"}, "score or within"),
        ({"metric": "roc_auc", "score": 0.9, "latency": "0us"}, "latency"),
        ({"metric": "roc_auc", "score": 0.9, "latency": "fast"}, "latency"),
        ({"metric": "roc_auc", "score": 0.9, "size": -5}, "size"),
        ({"metric": "roc_auc", "score": 0.9, "interpretability": "clear"}, "additive"),
        ({"metric": "roc_auc", "score": 0.9, "max_columns": 0}, "max_columns"),
        ({"metric": "roc_auc", "score": 0.9, "confidence": 1.0}, "confidence"),
        ({"metric": "roc_auc", "score": float("nan")}, "score"),
    ],
)
def test_an_impossible_constraint_is_named(
    table: tuple[pd.DataFrame, np.ndarray], wanted: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestError) as raised:
        automicro.select(*table, **wanted, search=QUICK)
    assert said in str(raised.value)
    assert one_sentence(raised.value)


def test_a_classification_metric_on_numbers() -> None:
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(RequestError, match="roc_auc"):
        automicro.select(X, y, metric="roc_auc", score=0.9, task="regression", search=QUICK)


def test_a_family_that_is_not_there(table: tuple[pd.DataFrame, np.ndarray]) -> None:
    with pytest.raises(automicro.FamilyUnavailableError, match="did you mean 'linear'"):
        automicro.select(*table, metric="roc_auc", score=0.9, families=["linaer"], search=QUICK)


def broken(X: pd.DataFrame, y: np.ndarray, how: str) -> tuple[Any, Any]:
    match how:
        case "constant target":
            return X, np.ones(len(X))
        case "one row":
            return X.iloc[:1], y[:1]
        case "duplicate column names":
            return X.set_axis(["a", "a", *X.columns[2:]], axis=1), y
        case "infinite values":
            return X.assign(bad=np.inf), y
        case "unequal lengths":
            return X, y[:-1]
        case "missing target":
            return X, np.where(np.arange(len(y)) == 3, np.nan, y)
        case "no columns":
            return X.iloc[:, :0], y
    raise AssertionError(how)


@pytest.mark.parametrize(
    "how",
    [
        "constant target",
        "one row",
        "duplicate column names",
        "infinite values",
        "unequal lengths",
        "missing target",
        "no columns",
    ],
)
def test_data_that_cannot_be_used_are_refused_with_a_sentence(table: tuple[pd.DataFrame, np.ndarray], how: str) -> None:
    X, y = broken(*table, how)
    with pytest.raises(DataError) as raised:
        automicro.select(X, y, metric="accuracy", score=0.8, search=QUICK)
    assert one_sentence(raised.value)


def test_a_column_that_is_missing_everywhere_is_noted_and_not_used(table: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = table
    found = automicro.select(X.assign(empty=np.nan), y, metric="roc_auc", score=0.9, search=QUICK)
    assert any("empty" in note for note in found.notes)
    assert 8 not in found.structure.columns


def test_a_category_of_ten_thousand_levels(table: tuple[pd.DataFrame, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    rows = 20_000
    many = np.array([f"level {i}" for i in rng.integers(0, 10_000, rows)])
    x = rng.normal(size=rows)
    X = pd.DataFrame({"many": many, "x": x, "colour": rng.choice(["red", "green"], rows)})
    y = (x + rng.normal(size=rows) + (X["colour"] == "red") > 0).to_numpy()
    found = automicro.select(X, y, metric="roc_auc", score=0.8, search=automicro.Search(trials=4, workers=0))
    assert found.size_bytes < 100


@pytest.mark.parametrize("given", [{"constraints": {"metric": "r2"}}, {"search": {"trials": 3}}])
def test_a_dict_in_the_place_of_an_object_is_refused(
    table: tuple[pd.DataFrame, np.ndarray], given: dict[str, Any]
) -> None:
    with pytest.raises(RequestError, match=r"must be an automicro\.(Constraints|Search), but got"):
        automicro.select(*table, **given)


def test_what_was_known_of_the_data_is_part_of_every_refusal() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 2))
    rows[:, 1] = 4.0
    search = automicro.Search(trials=1, seed=0, families=["tree"], workers=0)
    with pytest.raises(automicro.Infeasible) as missed:
        automicro.select(rows, rows[:, 0] > 0, metric="accuracy", score=0.9, size=1, search=search)
    assert missed.value.notes[0] == "column 'x1' is the same in every row and is not used"
    assert f"note: {missed.value.notes[0]}" in missed.value.__notes__
    with pytest.raises(automicro.DataError, match="every class must occur") as refused:
        automicro.select(rows, rows[:, 0] > 0, groups=rows[:, 0] > 0, metric="accuracy", score=0.9, search=search)
    assert refused.value.notes[0] == "column 'x1' is the same in every row and is not used"


def of_two_labels(positive: str, negative: str) -> tuple[pd.DataFrame, pd.Series[Any]]:
    generator = np.random.default_rng(0)
    X = pd.DataFrame(generator.normal(size=(400, 2)), columns=["a", "b"])
    y = np.where(X.a + 0.5 * generator.normal(size=400) > 1.0, positive, negative)
    return X, pd.Series(y, name="y")


@pytest.mark.parametrize("metric", ["f1", "f2", "recall", "precision", "jaccard", "average_precision"])
def test_a_metric_of_one_class_asks_which(metric: str) -> None:
    with pytest.raises(
        automicro.RequestError, match=r"neither 'fraud' nor 'legit' .* pos_label='fraud' or pos_label='legit'"
    ):
        automicro.select(*of_two_labels("fraud", "legit"), metric=metric, score=0.5, search=QUICK)


def test_the_positive_class_is_scored_named_and_kept_in_order() -> None:
    X, y = of_two_labels("fraud", "legit")
    selection = automicro.select(X, y, metric="average_precision", score=0.5, pos_label="fraud", search=QUICK)
    assert selection.pos_label == selection.model.card["pos_label"] == "fraud"
    assert re.search(r"positive class +'fraud'", str(selection))
    assert selection.model.program.labels == ("legit", "fraud")
    assert selection.model.classes_.tolist() == ["fraud", "legit"]
    probability = selection.model.predict_proba(X)
    assert average_precision_score(y == "fraud", probability[:, 0]) > 0.5
    likeliest = selection.model.classes_[probability.argmax(axis=1)]
    assert (likeliest == selection.model.predict(X)).all()
    lost = automicro.importance(selection.model, X, y)
    assert lost[0].column == "a"
    assert lost[0].loss > 0.2


@pytest.mark.parametrize("metric", ["mean_absolute_error", "r2"])
def test_a_metric_of_numbers_takes_whole_numbers_as_numbers(metric: str) -> None:
    X, _ = of_two_labels("a", "b")
    counts = np.random.default_rng(1).poisson(np.exp(X.a.clip(-2, 1)))
    score = {"mean_absolute_error": 1.5, "r2": 0.1}[metric]
    selection = automicro.select(X, counts, metric=metric, score=score, search=QUICK)
    assert selection.model.card["task"] == "regression"


@pytest.mark.parametrize(
    ("metric", "target", "said"),
    [
        ("accuracy", np.linspace(0, 1, 400), "must repeat its values, but holds 400 different numbers"),
        ("r2", ["a", "b"] * 200, "must hold numbers, but holds text such as 'a'"),
        ("mean_poisson_deviance", np.linspace(-1, 1, 400), "must be at least 0 for 'mean_poisson_deviance'"),
        ("mean_gamma_deviance", np.linspace(0, 1, 400), "must be above 0 for 'mean_gamma_deviance'"),
    ],
)
def test_a_target_that_the_metric_is_not_for_is_refused(metric: str, target: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        automicro.select(of_two_labels("a", "b")[0], target, metric=metric, score=0.5, search=QUICK)
