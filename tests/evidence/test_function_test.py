"""Certificates of functions of the user: exact for means of rows with bounds, and none where resamples show that there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from automicro.evidence import HeldOutPredictions, better_than, within_of
from automicro.request import Metric, cost_metric


def labelled(rows: int, right: float, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    predicted = np.where(rng.random(rows) < right, y, 1 - y)
    return y, np.eye(2)[predicted]


def held_out(metric: str, rows: int = 200, right: float = 0.9, seed: int = 0, **facts: Any) -> HeldOutPredictions:
    return HeldOutPredictions(metric, *labelled(rows, right, seed), **facts)


HITS = Metric(lambda y, predicted: y == predicted, greater_is_better=True, bounds=(0, 1), per_row=True, name="hits")
MISSES = cost_metric(((0.0, 1.0), (1.0, 0.0)))
WHOLE = Metric(lambda y, predicted: float((y == predicted).mean()), name="whole")


@pytest.mark.parametrize("units", [None, np.arange(200) // 4], ids=["rows", "groups"])
@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2, 200)], ids=["alike", "weighted"])
def test_a_bounded_mean_of_rows_has_the_test_of_accuracy(units: Any, weights: Any) -> None:
    facts = {"units": units, "weights": weights}
    accuracy, hits = (better_than(held_out(metric, **facts), 0.8) for metric in ("accuracy", HITS))
    assert hits == accuracy
    costs = better_than(held_out(MISSES, **facts), 0.2)
    assert (costs.method, costs.exact) == (accuracy.method, accuracy.exact)
    assert costs.p_value == pytest.approx(accuracy.p_value, rel=1e-6)
    _, reference = labelled(200, 0.9, 1)
    assert within_of(held_out(HITS, **facts), reference, 0.1) == within_of(
        held_out("accuracy", **facts), reference, 0.1
    )


def test_dear_errors_have_the_betting_test() -> None:
    costs = cost_metric(((0.0, 1.0), (5.0, 0.0)))
    tested = better_than(held_out(costs, rows=2000), 0.5)
    assert (tested.method, tested.exact) == ("betting martingale for bounded means", True)
    assert tested.p_value < 1e-6
    assert better_than(held_out(costs, rows=2000), 0.25).p_value > 0.1


def test_a_fraction_of_a_negative_score_is_worse_than_it() -> None:
    loses = Metric(
        lambda y, predicted: np.where(y == predicted, -1.0, -3.0),
        greater_is_better=True,
        per_row=True,
        bounds=(-3, 0),
        name="loses",
    )
    worse, reference = held_out(loses, rows=4000, right=0.9), labelled(4000, 0.95, 1)[1]  # -1.2 instead of about -1.1
    assert within_of(worse, reference, 0.5).p_value < 0.01
    assert within_of(worse, worse.prediction, 0.1).p_value < 0.01  # as good as itself
    much_worse = held_out(loses, rows=4000, right=0.3)
    assert within_of(much_worse, worse.prediction, 0.1).p_value > 0.5


def test_means_of_rows_without_bounds_say_that_they_are_approximate() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    error = Metric(lambda true, predicted: np.abs(true - predicted), per_row=True, bounds=(0, np.inf), name="error")
    own, known = (
        better_than(HeldOutPredictions(metric, y, y + 0.3 * rng.normal(size=300)), 0.4)
        for metric in (error, "mean_absolute_error")
    )
    assert own.method == known.method
    assert not own.exact


def test_the_test_of_a_function_keeps_its_level() -> None:
    passed = [
        better_than(held_out(WHOLE, rows=150, right=0.8, seed=seed), 0.8, seed).p_value <= 0.05 for seed in range(40)
    ]
    assert sum(passed) <= 6  # 2 are expected at the null; more than 6 have a probability of 1 %
    sure = better_than(held_out(WHOLE, rows=400, right=0.9), 0.8)
    assert sure.p_value < 0.01
    assert not sure.exact
    exact = better_than(held_out("accuracy", rows=400, right=0.86), 0.83).p_value
    assert better_than(held_out(WHOLE, rows=400, right=0.86), 0.83).p_value == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_heavy_tails_are_allowed_for_as_where_the_metric_is_known(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=150)
    own = Metric(
        lambda true, predicted: float(np.sqrt(np.mean((true - predicted) ** 2))), greater_is_better=False, name="own"
    )
    prediction = y + rng.standard_t(3, size=150)
    tested, known = (
        better_than(HeldOutPredictions(metric, y, prediction), 2.0, seed) for metric in (own, "root_mean_squared_error")
    )
    assert tested.p_value > 0.7 * known.p_value


def test_functions_within_a_reference_are_paired() -> None:
    own = held_out(WHOLE, rows=300, right=0.9)
    tested = within_of(own, own.prediction, 0.05)
    assert tested.method.startswith("paired bias-corrected bootstrap")
    assert tested.p_value < 0.01
    assert within_of(own, labelled(300, 0.99, 0)[1], 0.05).p_value > 0.3


@pytest.mark.parametrize(
    "function",
    [
        lambda y, predicted: float(np.abs(y - predicted).max()),
        lambda y, predicted: float((y - predicted).min()),
        lambda y, predicted: 1.0,
    ],
    ids=["largest", "least", "constant"],
)
def test_what_few_rows_decide_has_no_certificate(function: Any) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    own = HeldOutPredictions(Metric(function, greater_is_better=False, name="own"), y, y + rng.standard_t(3, 400))
    tested = better_than(own, 1000.0)
    assert tested.p_value == 1.0
    assert "not nearly a mean over many rows" in tested.method


def test_few_rows_and_undefined_functions_have_no_certificate() -> None:
    assert "at least 40 independent rows" in better_than(held_out(WHOLE, rows=30), 0.1).method
    assert "at least 40" in better_than(held_out(WHOLE, units=np.arange(200) // 10), 0.1).method
    all_or_none = Metric(
        lambda y, predicted: 0.5 if len(np.unique(y)) == 2 and len(y) == 200 and y[0] != y[-1] else np.nan, name="own"
    )
    assert better_than(held_out(all_or_none), 0.1).p_value == 1.0


def test_names_that_look_like_others_are_not_taken_for_them() -> None:
    partial = Metric(lambda y, predicted: 0.9, needs="predict_proba", name="roc_auc_partial")
    assert not held_out(partial).is_binary_area
    assert better_than(
        held_out(Metric(lambda y, predicted: float((y == predicted).mean()), name="my_max_error")), 0.99
    ).method.startswith("bias")
