"""Weights of classes: how they are written, what they do in training, and that scores do not know of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro import RequestError, Search
from automicro.data import load_problem
from automicro.measure import score
from automicro.search.trial.class_weights import class_weights_of, training_weights

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(600, 3)), columns=["a", "b", "c"])
FRAUD = np.where(ROWS["a"] + RNG.normal(size=600) > 1.8, "fraud", "legit")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("fraud=10,legit=1", {"fraud": 10.0, "legit": 1.0}),
        ({"fraud": 10}, {"fraud": 10.0}),
        ({1: "2.5"}, {"1": 2.5}),
        (" Balanced", "balanced"),
        (None, None),
    ],
)
def test_weights_as_people_write_them(written: Any, read: Any) -> None:
    assert Search(class_weight=written).class_weight == read


@pytest.mark.parametrize("written", ["fraud", {"fraud": 0}, {"fraud": True}, {}, "fraud=nan", ["fraud"], 3, "a=1,a=2"])
def test_weights_that_are_none(written: Any) -> None:
    with pytest.raises(RequestError, match=r"class_weight: must (be 'balanced' or )?name"):
        Search(class_weight=written)


def test_labels_are_found_by_value_and_by_word() -> None:
    assert class_weights_of(load_problem(ROWS, FRAUD), {"fraud": 10.0}) == (10.0, 1.0)
    assert class_weights_of(load_problem(ROWS, FRAUD == "fraud"), {"true": 3.0}) == (1.0, 3.0)
    assert class_weights_of(load_problem(ROWS, (FRAUD == "fraud") * 1), {"1": 3.0, "0": 2.0}) == (2.0, 3.0)
    with pytest.raises(RequestError, match=r"'frau' is none: did you mean 'fraud'"):
        class_weights_of(load_problem(ROWS, FRAUD), {"frau": 10.0})
    with pytest.raises(RequestError, match="needs a target of classes, but the task is regression"):
        class_weights_of(load_problem(ROWS, ROWS["a"].to_numpy()), "balanced")


def test_balanced_classes_have_equal_mass() -> None:
    weights = RNG.random(600)
    problem = load_problem(ROWS, FRAUD, weights=weights)
    found = training_weights(problem, np.arange(600), class_weights_of(problem, "balanced"))
    assert found is not None
    masses = np.bincount(problem.target, found)
    assert masses[0] == pytest.approx(masses[1])
    assert masses.sum() == pytest.approx(weights.sum())


@pytest.mark.parametrize("family", ["linear", "tree", "boosting"])
def test_a_heavier_class_is_found_more_often_and_scores_stay_unweighted(family: str) -> None:
    def selected(**settings: Any) -> Any:
        known = Search(trials=1, workers=0, progress=False, families=[family], **settings)
        return automicro.select(ROWS, FRAUD, metric="roc_auc", score=0.5, search=known)

    plain, heavy = selected(), selected(class_weight={"fraud": 30})
    found = (heavy.model.predict(ROWS) == "fraud").mean()
    assert found > (plain.model.predict(ROWS) == "fraud").mean()
    own = score("roc_auc", (FRAUD == "fraud") * 1, heavy.model.predict_proba(ROWS)[:, ::-1])
    assert heavy.score == pytest.approx(own, abs=0.1)  # not that of rows weighted by 30
    assert "sample weights" not in str(heavy)


def test_a_weighted_score_is_called_that() -> None:
    known = Search(trials=1, workers=0, progress=False, families=["linear"])
    found = automicro.select(ROWS, FRAUD, weights=RNG.random(600), metric="accuracy", score=0.3, search=known)
    assert "rows weighted by their sample weights" in str(found)
    assert found.model.card["weighted"] is True
