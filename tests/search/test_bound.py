"""Bounds of predictions under the link exp: which programs get a cap, whatever the family, and what it saves."""

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
from automicro.search.bound import with_cap
from automicro.search.task import Candidate, Context
from automicro.search.training import train

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(400, 3)), columns=["area", "age", "noise"])
PRICES = np.exp(11 + 0.9 * ROWS["area"] - 0.4 * ROWS["age"] + 0.2 * RNG.normal(size=400)).to_numpy()
MOST = 2.0 ** int(np.ceil(np.log2(PRICES.max())))
LINE = Affine(Weights.of([[0.5, -0.25]]), Weights.of([11.0]))
POINTS = Distances(Weights.of([[0.0, 0.0], [1.0, 1.0]]), Weights.of([1.0, 2.0]))
FADING = Chain((POINTS, Activation("decay"), LINE))
STEPS = StepTables((0,), (0,), (2,), Weights.of([0.0]), Weights.of([1.0, 2.0]), Weights.of([0.5]))
NUMBERS = (Numeric(0, 0.0), Numeric(1, 0.0))
FLAGS = (OneHot(0, ("a",)), Missing(1))


@pytest.mark.parametrize(
    ("body", "decoders", "cap"),
    [
        (LINE, NUMBERS, 4),
        (LINE, FLAGS, None),
        (STEPS, NUMBERS, None),
        (FADING, NUMBERS, None),
        (Chain((LINE, Activation("tanh"), Affine(Weights.of([[3.0]]), Weights.of([1.0])))), NUMBERS, None),
        (Chain((LINE, Activation("decay"), Affine(Weights.of([[3.0]]), Weights.of([1.0])))), NUMBERS, 4),
        (Chain((LINE, Activation("relu"))), NUMBERS, 4),
        (Chain((LINE, STEPS)), NUMBERS, None),
        (Chain((POINTS, LINE)), NUMBERS, 4),
        (Sum((FADING, STEPS)), NUMBERS, None),
        (Sum((LINE, STEPS)), NUMBERS, 4),
        (Chain((Pool(("sum",), (0,)), Affine(Weights.of([[1.0]]), Weights.of([0.0])))), NUMBERS, 4),
    ],
)
def test_only_scores_without_a_bound_get_a_cap(body: Any, decoders: Any, cap: int | None) -> None:
    program = Program(2, decoders, body, "exp")
    assert with_cap(program, np.array([1.0, 9.5])).cap == cap
    assert with_cap(replace(program, link="identity"), np.array([1.0, 9.5])).cap is None


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
def test_every_variant_with_slopes_is_capped_and_no_other(link: str, target: str, slopes: bool) -> None:
    basis = {"cuts": 0} if slopes else {"cuts": 3, "slopes": False}
    parameters = {"terms": "few", **basis, "order": "forward", "ridge": 0.01, "link": link}
    programs = trained(discover().families["linear"], parameters, target)
    assert all(program.link == "exp" for program in programs)
    assert [program.cap is not None for program in programs] == [has_slopes(program.body) for program in programs]
    assert {2.0**program.cap for program in programs if program.cap is not None} <= {MOST}
    assert any(program.cap is not None for program in programs) == slopes


def test_a_family_that_knows_nothing_of_caps_has_them() -> None:
    lowered = Lowered(Affine(Weights.of([[1.0, 0.0, 0.0]]), Weights.of([11.0])), "exp")
    family: Any = SimpleNamespace(
        name="third",
        fit=lambda parameters, data: None,
        variants=lambda model, data: [SimpleNamespace(key="full", lowered=lowered)],
        taken_over=lambda model: "",
    )
    (program,) = trained(family, {})
    far = columns_of(program, [np.array([0.0, 900.0]), np.zeros(2), np.zeros(2)])
    assert evaluate(program, far)[1] == MOST
    assert evaluate(program, far)[0] < MOST


def test_a_row_far_outside_costs_no_more_than_the_cap() -> None:
    found = automicro.select(
        ROWS,
        PRICES,
        metric="mean_absolute_percentage_error",
        score=0.3,
        families=["linear"],
        search=Search(trials=2, workers=0, progress=False),
    )
    model = found.model
    assert model.program.cap is not None
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
