"""Logarithms of a target: when they are tried, and that everything comes back in the target's units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro import DataError, Search
from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.measure import score
from automicro.plugin import Declined, Lowered, TrainingData
from automicro.program import Activation, Affine, Chain, Distances, Nearest, Weights, body_scores
from automicro.search.propose.space import TARGET, candidate_space, preparation_settings
from automicro.search.trial.logarithm import in_units, target_transforms

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(400, 3)), columns=["area", "age", "noise"])
PRICES = np.exp(11 + 0.9 * ROWS["area"] - 0.4 * ROWS["age"] + 0.2 * RNG.normal(size=400)).to_numpy()


@pytest.mark.parametrize(
    ("target", "metric", "ways"),
    [
        (PRICES, "r2", ("none", "log")),
        (PRICES, "root_mean_squared_log_error", ("none", "log")),
        (np.log(PRICES), "r2", ("none",)),
        (np.log(PRICES), "neg_mean_absolute_percentage_error", ("none", "log")),
        (PRICES - PRICES.min(), "r2", ("none",)),
        (-PRICES, "r2", ("none",)),
        (PRICES.max() * 1.001 - PRICES, "r2", ("none",)),  # skewed to the left
    ],
)
def test_which_targets_are_tried_as_logarithms(target: Any, metric: str, ways: tuple[str, ...]) -> None:
    problem = load_problem(ROWS, target)
    assert target_transforms(problem, "auto", metric) == ways
    assert target_transforms(problem, "none", metric) == ("none",)


def test_logarithms_that_do_not_exist_are_refused() -> None:
    with pytest.raises(DataError, match="above 0 in every row, but 3 of 400 rows have 0 or less"):
        target_transforms(load_problem(ROWS, np.where(np.arange(400) < 3, 0.0, PRICES)), "log", "r2")
    with pytest.raises(DataError, match="needs a target of numbers, but the task is classification"):
        target_transforms(load_problem(ROWS, PRICES > 9e4), "log", "accuracy")


def test_ratios_to_zero_are_refused_by_their_number() -> None:
    target = np.where(np.arange(400) % 100, PRICES, 0.0)
    with pytest.raises(DataError, match=r"must not be 0 for 'mean_absolute_percentage_error'.* is 0 in 4 of 400 rows"):
        automicro.select(ROWS, target, metric="mean_absolute_percentage_error", score=0.1)


@pytest.mark.parametrize("family", ["linear", "boosting", "tree", "cluster"])
def test_families_with_links_of_their_own_keep_them(family: str) -> None:
    known, problem = discover().families[family], load_problem(ROWS, PRICES)
    own = known.space(profile(problem))
    both = candidate_space(known, profile(problem, transforms=("none", "log")))
    assert {setting.get(TARGET) for setting in both.portfolio} >= {"none", "log"}
    for setting in both.portfolio:
        assert (TARGET in setting) == own.is_identity(setting)
    only = candidate_space(known, profile(problem, transforms=("log",)))
    assert all(preparation_settings(known, setting).target == "log" for setting in only.portfolio)
    never = candidate_space(known, profile(problem))
    assert all(TARGET not in setting for setting in never.portfolio)
    for name, values in own.identity_when.items():  # nothing else can be drawn
        assert next(p for p in only.parameters if p.name == name).options == values  # type: ignore[union-attr]  # a choice


def trained(body: Any, metric: str, X: Any, y: Any, weights: Any = None) -> Any:
    data = TrainingData(X, np.log(y), "regression", 0, (), metric, weights=weights)
    return in_units(Lowered(body, "identity"), data, metric)


LINE = Affine(Weights.of([[0.5, -0.25, 0.0]]), Weights.of([11.0]))
CENTRES = Chain((Distances(Weights.of([[0.0, 0.0, 0.0], [1, 1, 1]]), Weights.of([1.0, 1.0, 0.0])), Nearest((0, 0))))


@pytest.mark.parametrize(
    "metric", ["r2", "neg_mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error"]
)
@pytest.mark.parametrize("body", [LINE, CENTRES, Chain((Activation("tanh"), LINE))], ids=["line", "centres", "chain"])
def test_no_other_factor_has_less_error_on_the_training_rows(metric: str, body: Any) -> None:
    X, weights = ROWS.to_numpy(np.float32), np.linspace(0.5, 2, 400)
    lowered = trained(body, metric, X, PRICES, weights)
    assert lowered.link == "exp"
    predicted = np.exp(body_scores(lowered.body, X)[:, 0])
    sign = 1 if metric == "r2" or metric.startswith("neg_") else -1
    best = sign * score(metric, PRICES, predicted, weights)
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert sign * score(metric, PRICES, factor * predicted, weights) <= best + 1e-6 * abs(best)


@pytest.mark.parametrize("metric", ["median_absolute_error", "root_mean_squared_log_error", "max_error"])
def test_metrics_that_need_no_factor_leave_the_body_alone(metric: str) -> None:
    assert trained(LINE, metric, ROWS.to_numpy(np.float32), PRICES).body is LINE


def test_scores_that_go_through_a_link_decline() -> None:
    data = TrainingData(ROWS.to_numpy(np.float32), np.log(PRICES), "regression", 0, (), "r2")
    with pytest.raises(Declined, match="these have the link exp"):
        in_units(Lowered(LINE, "exp"), data, "r2")


@pytest.mark.parametrize("family", ["linear", "tree", "cluster"])
def test_a_model_of_logarithms_is_one_of_prices(family: str) -> None:
    found = automicro.select(
        ROWS,
        PRICES,
        metric="mean_absolute_percentage_error",
        score=0.6,
        families=[family],
        search=Search(trials=1, target_transform="log", workers=0, progress=False),
    )
    assert found.model.program.link == "exp"
    assert found.model.card is not None
    assert found.model.card["preparation"]["target"] == "log"
    assert found.model.card["replay"].startswith("passed")
    predicted = found.model.predict(ROWS)
    assert found.score < 0.6
    assert score("mean_absolute_percentage_error", PRICES, predicted) < 0.6
    explained = found.model.explain(ROWS[:1])
    assert explained.output == pytest.approx(predicted[0])
    factors = [math.exp(part.contribution) for part in explained.parts]
    assert math.exp(explained.constant) * math.prod(factors) == pytest.approx(predicted[0], rel=1e-6)
    assert "= exp(score), of a score" in str(explained)
    assert f"= {predicted[0]:.4g}" in str(explained)
