"""Several scores at once: how they are written, that each is kept, reported and certified, and which of them binds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro import ConstraintError, Constraints, Infeasible, Search
from automicro.evidence import HeldOutPredictions, better_than
from automicro.measure import score
from automicro.search import claim_test

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(900, 3)), columns=["a", "b", "c"])
CHURN = np.where(ROWS["a"] - 0.5 * ROWS["b"] + RNG.normal(size=900) > 1.0, "yes", "no")
KNOWN = Search(trials=2, workers=0, progress=False, families=["linear"])


@pytest.mark.parametrize("written", [{"recall": 0.75, "precision": 0.5}, "recall=0.75, precision=0.5"])
def test_the_first_score_is_the_metric(written: Any) -> None:
    found = Constraints(scores=written)
    assert (found.metric, found.score, found.scores) == ("recall", 0.75, {"precision": 0.5})
    assert Constraints(scores={"auc": 0.8}) == Constraints(metric="roc_auc", score=0.8)
    beside = Constraints(metric="roc_auc", within=0.01, scores=written)
    assert beside.scores == {"recall": 0.75, "precision": 0.5}


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"recal": 0.7}, "did you mean 'recall'"),
        ({"recall": 7}, r"must lie in \[0, 1\] for 'recall', but got 7"),
        ({"recall": "much"}, "but got 'much' for 'recall'"),
        ({"auc": 0.7, "roc_auc": 0.8}, "must name each metric only once, but got 'roc_auc' twice"),
        ({"accuracy": 0.7}, "must name other metrics than 'accuracy', which is the metric"),
        ({"r2": 0.7}, "must be of the same task as 'accuracy', but 'r2' is not"),
        ({}, "must be names of metrics with the values to reach"),
        ("recall", "for 'recall'"),
    ],
)
def test_scores_that_cannot_be_asked_for(scores: Any, said: str) -> None:
    with pytest.raises(ConstraintError, match=said):
        Constraints(metric="accuracy", score=0.5, scores=scores)


def test_a_certificate_is_as_sure_as_its_least_sure_score() -> None:
    y = (CHURN == "yes").astype(np.int64)
    p = 1 / (1 + np.exp(-(1.5 * ROWS["a"].to_numpy() - 0.5)))
    checked = HeldOutPredictions("recall", y, np.stack([1 - p, p], axis=1))
    asked: Any = SimpleNamespace(score=0.5, within=None, scores={"precision": 0.45, "roc_auc": 0.7})
    alone = [better_than(checked, 0.5, 0).p_value]
    for name, limit in asked.scores.items():
        alone.append(better_than(HeldOutPredictions(name, y, checked.prediction), limit, 0).p_value)
    assert claim_test(checked, asked, None, 0).p_value == max(alone)
    assert len(set(alone)) == 3


@pytest.mark.parametrize("asked", [{"recall": 0.7, "precision": 0.4}, {"roc_auc": 0.75, "recall": 0.7}])
def test_each_score_is_kept_and_reported(asked: dict[str, float]) -> None:
    found = automicro.select(ROWS, CHURN, scores=asked, search=KNOWN)
    first, second = asked
    assert found.score >= asked[first]
    beside = found.scores[second]
    assert beside.limit == asked[second] <= beside.score
    assert beside.low < beside.score < beside.high
    assert found.model.card["scores"][second]["score"] == beside.score
    assert f"{second} " in str(found)
    y = (CHURN == "yes").astype(np.int64)
    for name, limit in asked.items():  # the file itself, on its own rows
        assert score(name, y, found.model.predict_proba(ROWS)) > limit - 0.05


def test_the_score_that_binds_is_named() -> None:
    with pytest.raises(Infeasible) as caught:
        automicro.select(ROWS, CHURN, scores={"recall": 0.7, "precision": 0.95}, search=KNOWN)
    assert caught.value.binding == ("scores.precision",)
    assert "scores.precision: precision must be at least 0.95, the nearest (linear) has 0." in str(caught.value)


def test_every_score_is_certified_and_verified() -> None:
    found = automicro.select(ROWS, CHURN, scores={"recall": 0.5, "roc_auc": 0.7}, certify=True, search=KNOWN)
    assert found.verdict == "certified"
    assert found.certificate is not None
    assert found.certificate.null == "recall of the model is below 0.5, or roc_auc of the model is below 0.7"
    assert automicro.verify(found.model, ROWS, CHURN).p_value <= 0.05


def test_a_score_of_one_class_needs_to_know_which() -> None:
    with pytest.raises(ConstraintError, match="pos_label: must be given for 'recall'"):
        automicro.select(
            ROWS, np.where(CHURN == "yes", "leave", "go"), scores={"auc": 0.7, "recall": 0.5}, search=KNOWN
        )
