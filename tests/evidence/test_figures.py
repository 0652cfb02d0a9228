"""`verify` recomputes the figures of a card, says which it cannot, and finds each that was altered."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import automicro
from automicro import AutomicroError, Constraints, Model, NotVerified, Search
from automicro.program import write_artifact
from automicro.request import Card, Certificate
from automicro.result.certificate import sealed

if TYPE_CHECKING:
    from automicro import Selection

ALTERED: dict[str, Any] = {
    "columns": lambda card: [{**card["columns"][0], "maximum": 99.0}, *card["columns"][1:]],
    "task": lambda _: "regression",
    "target": lambda _: "z",
    "labels": lambda card: card["labels"][::-1],
    "weighted": lambda _: True,
    "pos_label": lambda _: "no",
    "metric": lambda _: "f1",
    "function": lambda _: {"greater_is_better": True, "needs": "predict", "per_row": False},
    "score": lambda _: 0.99,
    "scores": lambda card: {"recall": {**card["scores"]["recall"], "score": 0.99}},
    "indices": lambda _: {"silhouette": 0.9},
    "score_interval": lambda _: [0.98, 1.0],
    "held_out": lambda card: {**card["held_out"], "low": 0.9},
    "confidence": lambda _: 0.99,
    "verdict": lambda _: "estimated",
    "family": lambda _: "tree",
    "interpretability": lambda _: "opaque",
    "directions": lambda _: {"x0": "-"},
    "replay": lambda _: "failed: nothing",
    "explanation": lambda card: {**card["explanation"], "interactions": [["x0", "x1"]]},
    "expected_score": lambda _: 0.99,
    "size_bytes": lambda card: card["size_bytes"] - 1,
    "sha256": lambda _: "0" * 64,
    "seed": lambda _: 7,
    "outlier_distance": lambda _: 1.0,
}
UNCHECKED = {"interrupted", "parameters", "preparation", "reference", "versions"}
OF_CERTIFICATE = {"method": "a better test", "exact": False, "null": "nothing", "searched_rows": 9, "held_rows": 9}


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 5)).astype(np.float32)
    y = np.where(X[:, 0] + 0.7 * X[:, 1] + 0.3 * rng.logistic(size=600) > 0, "yes", "no")
    return {**{f"x{j}": X[:, j] for j in range(5)}, "y": y}


@pytest.fixture(scope="module")
def selection(table: dict[str, Any]) -> Selection:
    constraints = Constraints(metric="accuracy", score=0.7, scores={"recall": 0.6}, certify=True)
    return automicro.select(
        table, "y", constraints, search=Search(trials=3, workers=0, families=["linear"], progress=False)
    )


def altered(selection: Selection, **figures: Any) -> Model:
    return Model.from_bytes(
        write_artifact(selection.model.program, {**copy.deepcopy(selection.model.card or {}), **figures})
    )


def test_every_figure_is_recomputed_or_named_with_a_reason(selection: Selection, table: dict[str, Any]) -> None:
    verified = automicro.verify(selection.model, table, "y")
    assert [figure.name for figure in verified.figures] == list(Card.model_fields)
    assert all(figure.reason for figure in verified.figures)
    assert {*ALTERED, *UNCHECKED, "certificate"} == set(Card.model_fields)
    text = str(verified)
    assert "score             recomputed, from model and data" in text
    assert "parameters        not recomputed, how the model was trained does not follow from it" in text


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_figure_is_found(name: str, selection: Selection, table: dict[str, Any]) -> None:
    with pytest.raises(AutomicroError, match=f"{name}|the card claims") as found:
        automicro.verify(altered(selection, **{name: ALTERED[name](selection.model.card)}), table, "y")
    assert isinstance(found.value, NotVerified) or name == "task"  # as a regression, the rows cannot be read


@pytest.mark.parametrize("name", OF_CERTIFICATE)
def test_an_altered_certificate_is_found_though_it_is_sealed_again(
    name: str, selection: Selection, table: dict[str, Any]
) -> None:
    record = {**(selection.model.card or {})["certificate"], name: OF_CERTIFICATE[name]}
    again = sealed(Certificate.model_validate(record)).model_dump(mode="json")
    with pytest.raises(NotVerified, match=f"{name} of the certificate"):
        automicro.verify(altered(selection, certificate=again), table, "y")


def test_weights_categories_and_dates(table: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    mixed = {
        **table,
        "kind": rng.choice(["a", "b", None], 600),
        "day": [f"2020-01-{d:02d}" for d in rng.integers(1, 29, 600)],
    }
    weights = rng.random(600)
    search = Search(trials=2, workers=0, families=["cluster"], progress=False)
    constraints = Constraints(metric="accuracy", score=0.55, certify=True)
    found = automicro.select(mixed, "y", constraints, weights=weights, search=search)
    assert automicro.verify(found.model, mixed, "y", weights=weights).figures
