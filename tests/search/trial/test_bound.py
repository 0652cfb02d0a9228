"""Bounds of predictions of numbers: which programs get limits, whatever the family, and what that saves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro import Search
from automicro.data import PreparationSettings, load_problem
from automicro.discovery import discover
from automicro.measure import score
from automicro.plugin import Lowered
from automicro.program import (
    Activation,
    Affine,
    Chain,
    Distances,
    Missing,
    Numeric,
    OneHot,
    Pool,
    Program,
    StepTables,
    Sum,
    Weights,
    columns_of,
    evaluate,
)
from automicro.program.limits import shortest_between
from automicro.report import model_text
from automicro.search.context import Candidate, Context
from automicro.search.trial.bound import with_bound
from automicro.search.trial.training import train

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(400, 3)), columns=["area", "age", "noise"])
PRICES = np.exp(11 + 0.9 * ROWS["area"] - 0.4 * ROWS["age"] + 0.2 * RNG.normal(size=400)).to_numpy()
RANGE = PRICES.max() - PRICES.min()
MOST = shortest_between(PRICES.max(), PRICES.max() + RANGE / 8)
LINE = Affine(Weights.of([[0.5, -0.25]]), Weights.of([11.0]))
POINTS = Distances(Weights.of([[0.0, 0.0], [1.0, 1.0]]), Weights.of([1.0, 2.0]))
FADING = Chain((POINTS, Activation("decay"), LINE))
STEPS = StepTables((0,), (0,), (2,), Weights.of([0.0]), Weights.of([1.0, 2.0]), Weights.of([0.5]))
NUMBERS = (Numeric(0, 0.0), Numeric(1, 0.0))
FLAGS = (OneHot(0, ("a",)), Missing(1))


@pytest.mark.parametrize(
    ("body", "decoders", "is_limited"),
    [
        (LINE, NUMBERS, True),
        (LINE, FLAGS, False),
        (STEPS, NUMBERS, False),
        (FADING, NUMBERS, False),
        (Chain((LINE, Activation("tanh"), Affine(Weights.of([[3.0]]), Weights.of([1.0])))), NUMBERS, False),
        (Chain((LINE, Activation("decay"), Affine(Weights.of([[3.0]]), Weights.of([1.0])))), NUMBERS, True),
        (Chain((LINE, Activation("relu"))), NUMBERS, True),
        (Chain((LINE, STEPS)), NUMBERS, False),
        (Chain((POINTS, LINE)), NUMBERS, True),
        (Sum((FADING, STEPS)), NUMBERS, False),
        (Sum((LINE, STEPS)), NUMBERS, True),
        (Chain((Pool(("sum",), (0,)), Affine(Weights.of([[1.0]]), Weights.of([0.0])))), NUMBERS, True),
    ],
)
def test_only_scores_without_a_bound_get_limits(body: Any, decoders: Any, is_limited: bool) -> None:
    for link in ("identity", "exp"):
        program = with_bound(Program(2, decoders, body, link), np.array([1.0, 9.5]), "r2")
        assert program.limits == ((0.0, 10.0) if is_limited else None)


def trained(family: Any, parameters: dict[str, Any], target: str = "none") -> list[Program]:
    context = Context(load_problem(ROWS, PRICES), (), "r2")
    candidate = Candidate(0, family.name, parameters, PreparationSettings(target=target), 0)
    return list(train(context, family, candidate, np.arange(400)).programs.values())


def has_slopes(node: Any) -> bool:
    return (
        any(map(has_slopes, node.nodes))
        if isinstance(node, Sum)
        else isinstance(node, Affine) and node.weights.values.any()
    )


@pytest.mark.parametrize(("link", "target"), [("exp", "none"), ("identity", "log")])
@pytest.mark.parametrize("slopes", [False, True])
def test_every_variant_with_slopes_is_limited_and_no_other(link: str, target: str, slopes: bool) -> None:
    basis = {"cuts": 0} if slopes else {"cuts": 3, "slopes": False}
    parameters = {"terms": "few", **basis, "order": "forward", "ridge": 0.01, "link": link}
    programs = trained(discover().families["linear"], parameters, target)
    assert all(program.link == "exp" for program in programs)
    assert [program.limits is not None for program in programs] == [has_slopes(program.body) for program in programs]
    assert {program.limits[1] for program in programs if program.limits is not None} <= {MOST}
    assert any(program.limits is not None for program in programs) == slopes


def test_a_family_that_knows_nothing_of_limits_has_them() -> None:
    lowered = Lowered(Affine(Weights.of([[1.0, 0.0, 0.0]]), Weights.of([11.0])), "exp")
    family: Any = SimpleNamespace(
        name="third",
        fit=lambda parameters, data: None,
        variants=lambda model, data: [SimpleNamespace(key="full", lowered=lowered)],
        reused=lambda model: "",
    )
    (program,) = trained(family, {})
    far = columns_of(program, [np.array([0.0, 900.0]), np.zeros(2), np.zeros(2)])
    assert evaluate(program, far)[1] == MOST
    assert evaluate(program, far)[0] < MOST


def test_a_row_far_outside_costs_no_more_than_the_limit_of_an_exponential() -> None:
    found = automicro.select(
        ROWS,
        PRICES,
        metric="mean_absolute_percentage_error",
        score=0.3,
        families=["linear"],
        search=Search(trials=2, workers=0, progress=False),
    )
    model = found.model
    assert model.program.limits is not None
    assert model.card is not None
    assert model.card["replay"].startswith("passed")
    outlier = pd.DataFrame({"area": [900.0], "age": [0.0], "noise": [0.0]})
    assert model.predict(outlier)[0] == MOST
    rows = pd.concat([ROWS, outlier], ignore_index=True)
    with_outlier = score("mean_absolute_percentage_error", np.append(PRICES, 6e4), model.predict(rows))
    assert with_outlier < 0.3 + MOST / 6e4 / len(rows)
    explained = model.explain(outlier)
    assert explained.completeness_error < 1e-9 * explained.score
    assert f"at most {MOST:.0f}" in str(explained)
    assert f"at most {MOST:.0f}" in str(model.explain())


@pytest.mark.parametrize(
    ("targets", "limits"),
    [
        ([326.0, 18_823.0], (0.0, 20_480.0)),
        ([1990.0, 2010.0], (1988.0, 2012.0)),
        ([-1.0, 1.0], (-1.0, 1.0)),
        ([-30.0, -10.0], (-32.0, -8.0)),
        ([0, 1], (0.0, 1.0)),
    ],
)
def test_limits_lie_around_the_training_targets_with_few_bits(
    targets: list[float], limits: tuple[float, float]
) -> None:
    program = Program(2, NUMBERS, LINE, "identity")
    assert with_bound(program, np.array(targets), "r2").limits == limits


def test_rows_that_come_later_and_constant_targets_have_no_limits() -> None:
    program = Program(2, NUMBERS, LINE, "identity")
    assert with_bound(program, np.array([1.0, 9.5]), "r2", later=True).limits is None
    assert with_bound(program, np.array([3.0, 3.0]), "r2").limits is None
    exp = replace(program, link="exp")
    assert with_bound(exp, np.array([1.0, 9.5]), "r2", later=True).limits == (0.0, 10.0)


def test_a_row_far_outside_costs_no_more_than_the_limit() -> None:
    prices = 1000 * (20 + 3 * ROWS["area"] - ROWS["age"] + RNG.normal(size=400)).to_numpy()
    search = Search(trials=2, workers=0, progress=False)
    found = automicro.select(ROWS, prices, metric="r2", score=0.8, families=["linear"], search=search)
    least, greatest = found.model.program.limits or (np.nan, np.nan)
    assert least <= prices.min() < prices.max() <= greatest
    outlier = pd.DataFrame({"area": [900.0], "age": [0.0], "noise": [0.0]})
    assert found.model.predict(outlier)[0] == greatest
    assert f"at most {greatest:.10g}" in model_text(found.model.program, found.model.card)
    ordered = automicro.select(
        ROWS.assign(day=np.arange(400)),
        prices,
        metric="r2",
        score=0.8,
        families=["linear"],
        time="day",
        search=search,
    )
    assert ordered.model.program.limits is None


@pytest.mark.parametrize("link", ["identity", "exp"])
def test_metrics_of_logarithms_have_a_lower_limit_near_the_smallest_target(link: Any) -> None:
    program = Program(2, NUMBERS, LINE, link)
    prices = np.array([326.0, 18_823.0])
    assert with_bound(program, prices, "neg_root_mean_squared_log_error").limits == (320.0, 20_480.0)
    assert with_bound(program, prices, "mean_gamma_deviance").limits == (320.0, 20_480.0)
    assert with_bound(program, np.append(prices, 0.0), "mean_squared_log_error").limits == (0.0, 20_480.0)
