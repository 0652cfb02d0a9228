"""Scores by functions of the user agree with scikit-learn's and with the metrics that there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, fbeta_score, log_loss, mean_pinball_loss, roc_auc_score

from automicro.errors import RequestError
from automicro.measure import row_values, score, scores
from automicro.request import Metric, cost_metric, with_labels

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 50)
PREDICTION = RNG.dirichlet(np.ones(3), 50)
WEIGHTS = RNG.uniform(0.5, 2, 50)
LABELS = ("b", "a", "c")  # not in ascending order, as where the positive class comes last
NAMES = np.array(LABELS)


def bound(function: Any, **facts: Any) -> Metric:
    made = with_labels(Metric(function, **{"name": "own", **facts}), LABELS)
    assert isinstance(made, Metric)
    return made


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_function_of_labels_gets_labels(weights: Any) -> None:
    own = bound(
        lambda y_true, y_pred, sample_weight=None: f1_score(
            y_true, y_pred, average="macro", sample_weight=sample_weight
        )
    )
    told = NAMES[PREDICTION.argmax(axis=1)]
    assert score(own, Y, PREDICTION, weights) == f1_score(NAMES[Y], told, average="macro", sample_weight=weights)
    assert score(own, Y, PREDICTION, weights) == pytest.approx(score("f1_macro", Y, PREDICTION, weights))


def test_probabilities_are_in_the_order_of_labels_or_of_the_positive_class() -> None:
    own = bound(log_loss, needs="predict_proba")
    assert score(own, Y, PREDICTION) == pytest.approx(score("log_loss", Y, PREDICTION))
    two = with_labels(Metric(roc_auc_score, needs="predict_proba", name="area"), (0, 1))
    y = (Y > 0).astype(int)
    halves = np.column_stack([PREDICTION[:, 0], 1 - PREDICTION[:, 0]])
    assert score(two, y, halves) == pytest.approx(score("roc_auc", y, halves))


def test_numbers_stay_numbers_and_a_scorer_turns_the_sign() -> None:
    y, prediction = RNG.normal(size=40), RNG.normal(size=40)
    own = Metric(mean_pinball_loss, name="pinball").changed(sign=-1)
    assert score(own, y, prediction) == -mean_pinball_loss(y, prediction)


def test_a_function_without_weights_gets_rows_as_often() -> None:
    own = bound(lambda y_true, y_pred: fbeta_score(y_true, y_pred, beta=2, average="macro"))
    batch = RNG.integers(0, 3, (4, 50)).astype(float)
    told = NAMES[PREDICTION.argmax(axis=1)]
    wanted = [fbeta_score(NAMES[Y], told, beta=2, average="macro", sample_weight=weights) for weights in batch]
    assert scores(own, Y, PREDICTION, batch) == pytest.approx(wanted)
    with pytest.raises(RequestError, match="must take sample_weight"):
        score(own, Y, PREDICTION, WEIGHTS)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_mean_of_rows_is_the_metric_that_there_is(weights: Any) -> None:
    own = bound(lambda y_true, y_pred: y_true == y_pred, per_row=True, bounds=(0, 1))
    assert score(own, Y, PREDICTION, weights) == pytest.approx(score("accuracy", Y, PREDICTION, weights))


def test_costs_are_looked_up() -> None:
    costs = cost_metric(((0.0, 1.0, 2.0), (3.0, 0.0, 4.0), (5.0, 6.0, 0.5)))
    told = PREDICTION.argmax(axis=1)
    wanted = np.array([[0, 1, 2], [3, 0, 4], [5, 6, 0.5]])[Y, told]
    assert score(costs, Y, PREDICTION, WEIGHTS) == pytest.approx(np.average(wanted, weights=WEIGHTS))
    assert (costs.facts.sign, costs.facts.low, costs.facts.high) == (-1, 0.0, 6.0)


@pytest.mark.parametrize(
    ("function", "facts", "said"),
    [
        (lambda y_true, y_pred: y_true == y_pred, {}, r"returned an array of shape \(50,\): return the mean"),
        (lambda y_true, y_pred: None, {}, "must return a number, but returned None"),
        (lambda y_true, y_pred: "high", {}, "but returned 'high'"),
        (lambda y_true, y_pred: y_true.no, {}, "but raised AttributeError"),
        (lambda y_true, y_pred: 1.0, {"per_row": True}, r"for each of 50 rows, but returned an array of shape \(\)"),
        (lambda y_true, y_pred: np.full(50, np.nan), {"per_row": True}, "must return finite numbers"),
        (lambda y_true, y_pred: np.arange(50), {"per_row": True, "bounds": (0, 9)}, "from 0 to 9, but returned 10"),
    ],
)
def test_what_is_no_score_is_refused(function: Any, facts: Any, said: str) -> None:
    with pytest.raises(RequestError, match=f"metric: 'own' .*{said}"):
        score(bound(function, **facts), Y, PREDICTION)


def test_a_resample_that_raises_has_no_score() -> None:
    def needs_all(y_true: Any, y_pred: Any) -> float:
        if len(set(y_true)) < 3:
            raise ValueError("a class is missing")
        return 1.0

    batch = np.ones((2, 50))
    batch[1, Y == 2] = 0
    assert np.isnan(scores(bound(needs_all), Y, PREDICTION, batch)).tolist() == [False, True]
    assert np.isnan(score(bound(needs_all), Y[:0], PREDICTION[:0]))
    assert row_values(bound(lambda y_true, y_pred: y_true == y_pred, per_row=True), Y[:0], PREDICTION[:0]).shape == (0,)


def test_a_function_that_changes_what_it_is_passed_changes_nothing_else() -> None:
    def changes(y_true: Any, y_pred: Any) -> float:
        y_pred -= y_true
        y_true[:] = 0
        return float(-np.abs(y_pred).mean())

    y, prediction = RNG.normal(size=40), RNG.normal(size=40)
    kept = y.copy(), prediction.copy()
    batch = np.ones((3, 40))
    assert scores(Metric(changes), y, prediction, batch).tolist() == [float(-np.abs(prediction - y).mean())] * 3
    assert (y == kept[0]).all()
    assert (prediction == kept[1]).all()
