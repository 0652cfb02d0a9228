"""Offsets of class scores cost little: as little as a search over a grid finds, and near the decisions of least expected cost."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from automicro.data import Problem, load_problem
from automicro.program import Affine, Numeric, Program, Weights, evaluate
from automicro.request import cost_metric
from automicro.search.context import Context
from automicro.search.trial.cuts import with_cuts
from automicro.search.trial.offsets import best_offsets

MATRIX = ((0.0, 1.0, 10.0), (1.0, 0.0, 1.0), (2.0, 1.0, 0.0))


def drawn(rows: int, seed: int = 0) -> tuple[Any, Any]:
    """Return the true log-odds of three classes, and classes."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(rows, 3))
    return scores, (scores + rng.gumbel(size=(rows, 3))).argmax(axis=1)


def cost_of(scores: Any, costs: Any, offsets: Any = 0.0) -> float:
    return float(costs[np.arange(len(scores)), (scores + offsets).argmax(axis=1)].mean())


@pytest.mark.parametrize("seed", range(4))
def test_no_grid_finds_much_cheaper_offsets(seed: int) -> None:
    scores, y = drawn(300, seed)
    costs = np.array(MATRIX)[y]
    found = best_offsets(scores, costs)
    assert found is not None
    grid = np.arange(-3, 3.25, 0.5)
    cheapest = min(cost_of(scores, costs, np.array([0.0, *pair])) for pair in product(grid, grid))
    assert cost_of(scores, costs, found) <= cheapest + 0.02 < cost_of(scores, costs) - 0.1


def test_equal_costs_need_no_offsets() -> None:
    scores, y = drawn(2000)
    assert best_offsets(scores, (1.0 - np.eye(3))[y]) is None


def test_offsets_shift_the_constants_of_a_program() -> None:
    scores, y = drawn(4000)
    labels = np.array(["a", "b", "c"])
    problem: Problem = load_problem(scores, labels[y])
    body = Affine(Weights.of(np.eye(3)), Weights.of(np.zeros(3)))
    program = Program(3, tuple(Numeric(j, 0.0) for j in range(3)), body, "softmax", problem.labels)
    context = Context(problem, (), cost_metric(MATRIX))
    found = with_cuts(context, {"full": program}, np.arange(3000))
    assert list(found) == ["full", "full, offsets"]
    assert found["full"] == program
    fresh, truth = drawn(20_000, seed=9)
    new = load_problem(fresh, labels[truth])
    told = evaluate(found["full, offsets"], new.batch()).argmax(axis=1)
    expected = np.exp(fresh) @ np.array(MATRIX)  # of the least expected cost, which no offsets reach
    costs = np.array(MATRIX)[truth]
    least, plain = costs[np.arange(20_000), expected.argmin(axis=1)].mean(), cost_of(fresh, costs)
    assert least <= costs[np.arange(20_000), told].mean() < least + 0.15 * (plain - least)
    assert with_cuts(context, {"full": program}, np.arange(3000)).keys() == found.keys()
    assert list(with_cuts(Context(problem, (), "accuracy"), {"full": program}, np.arange(3000))) == ["full"]


def test_what_has_no_constants_keeps_its_decisions() -> None:
    scores, y = drawn(400)
    problem = load_problem(scores, np.array(["a", "b", "c"])[y])
    labels_only = Program(
        3,
        tuple(Numeric(j, 0.0) for j in range(3)),
        Affine(Weights.of(np.eye(3)), Weights.of(np.zeros(3))),
        "argmax",
        problem.labels,
    )
    context = Context(problem, (), cost_metric(MATRIX))
    assert list(with_cuts(context, {"full": labels_only}, np.arange(400))) == ["full"]
