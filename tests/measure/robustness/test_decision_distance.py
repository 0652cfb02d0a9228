"""Smallest changes that flip a decision: against brute force on small programs, and shown on the program itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from automicro.data import load_problem
from automicro.errors import DataError
from automicro.measure import flips
from automicro.measure.robustness.decision_distance import BISECTORS, BOXES, INTERVALS, SEARCHED, SUM
from automicro.program import (
    Activation,
    Affine,
    Batch,
    Chain,
    Distances,
    Forest,
    Nearest,
    Numeric,
    OneHot,
    Program,
    Scale,
    StepTables,
    Sum,
    Tree,
    Weights,
    evaluate,
)
from automicro.program.analyse.usage import usage

LABELS = ("a", "b", "c")
ROWS = 24


def affine(rng, outputs, inputs=2):
    return Affine(Weights.of(rng.normal(size=(outputs, inputs))), Weights.of(rng.normal(size=outputs) / 4))


def tables(rng, outputs):
    pieces = (4, 3)
    cuts = np.concatenate([np.sort(rng.normal(size=p - 1)) for p in pieces])
    values = np.round(rng.normal(size=sum(pieces)) * 2) / 2  # on a grid, so that scores can be equal
    outs = (0, outputs - 1)
    return StepTables((0, 1), outs, pieces, Weights.of(cuts), Weights.of(values), Weights.of(np.zeros(outputs)))


def tree(rng, output, depth=3):
    def grow(level):
        if level == depth or (level and rng.random() < 0.2):
            return [(-1, 0.0, False)]
        split = (int(rng.integers(2)), float(rng.normal()), bool(rng.random() < 0.5))
        return [split, *grow(level + 1), *grow(level + 1)]

    nodes = grow(0)
    feature = np.array([node[0] for node in nodes], dtype=np.int32)
    leaf = np.where(feature < 0, rng.integers(0, 8, len(nodes)), 0).astype(np.int32)
    return Tree(feature, np.array([n[1] for n in nodes], np.float32), np.array([n[2] for n in nodes]), leaf, output)


def forest(rng, outputs, trees):
    grown = tuple(tree(rng, number % outputs) for number in range(trees))
    return Forest(grown, Weights.of(rng.normal(size=(8, 1))), Weights.of(rng.normal(size=outputs) / 4))


def prototypes(rng, owners):
    points = Distances(Weights.of(rng.normal(size=(len(owners), 2))), Weights.of(rng.uniform(0.2, 1, 2)))
    return Chain((points, Nearest(owners, Weights.of(rng.normal(size=len(owners)) / 10))))


def network(rng, outputs):
    return Chain((affine(rng, 4), Activation("relu"), affine(rng, outputs, 4)))


BODIES = {
    "linear": (affine, SUM),
    "scaled": (lambda rng, k: Chain((Scale(Weights.of(rng.normal(size=2))), affine(rng, k))), SUM),
    "tables": (tables, SUM),
    "sum": (lambda rng, k: Sum((affine(rng, k), tables(rng, k))), SUM),
    "tree": (lambda rng, k: forest(rng, k, k), BOXES),
    "trees": (lambda rng, k: forest(rng, k, 3), BOXES),
    "ensemble": (lambda rng, k: Sum((forest(rng, k, 6), affine(rng, k))), INTERVALS),
    "network": (network, INTERVALS),
}
TASKS = {
    "two": ("sigmoid", 1, LABELS[:2]),
    "three": ("softmax", 3, LABELS),
    "number": ("identity", 1, None),
    "exp": ("exp", 1, None),
    "limited exp": ("exp", 1, None),
    "limited": ("identity", 1, None),
}


def problem_of(rng, labels, gaps=True):
    X = rng.normal(size=(ROWS, 2)).astype(np.float32)
    if gaps:
        X[0, 0] = np.nan
    y = rng.normal(size=ROWS) if labels is None else np.resize(np.array(labels), ROWS)
    return load_problem({"x": X[:, 0], "z": X[:, 1]}, y)


def decided(program, found, problem):
    """Return the function from numbers (variants, 2) of the judged row i to whether the decision is another one."""

    def changed(row, values):
        before = evaluate(program, problem.batch(found.rows[[row]]))
        after = evaluate(program, Batch(tuple(np.ascontiguousarray(values.T.astype(np.float32)))))
        if program.labels is None:
            return np.abs(after - before) >= found.tolerance
        return after.argmax(axis=1) != before.argmax(axis=1)

    return changed


def candidates(program, x, reach):
    """Return where a sum of steps and slopes can have its extremes in a box, and a grid."""
    compared = usage(program.body).compared
    columns = []
    for column, (own, far) in enumerate(zip(x, reach, strict=True)):
        if np.isnan(own):
            columns.append(np.array([np.nan]))
            continue
        cuts = np.array(sorted(compared.get(column, ())), dtype=np.float32)
        tried = np.concatenate([np.linspace(own - far, own + far, 9), cuts, np.nextafter(cuts, np.float32(np.inf))])
        tried = tried.astype(np.float32).astype(np.float64)
        columns.append(tried[np.abs(tried - own) <= far])
    return np.array(list(itertools.product(*columns)))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", BODIES)
def test_no_smaller_change_flips_and_the_shown_one_does(kind, task):
    make, how = BODIES[kind]
    link, outputs, labels = TASKS[task]
    exact = flipped = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        limits = {"limited exp": (0.0, 1.0), "limited": (-1.0, 1.0)}.get(task)  # many rows are predicted 1
        program = Program(2, (Numeric(0), Numeric(1)), make(rng, outputs), link, labels, limits)
        if kind in ("linear", "scaled", "network", "sum", "ensemble"):
            program = replace(program, decoders=(Numeric(0, 0.5), Numeric(1)))
        problem = problem_of(rng, labels)
        found = flips(program, problem)
        assert found.how == how
        x = np.stack([problem.table.columns[c][found.rows] for c in (0, 1)], axis=1).astype(np.float64)
        widths = np.array([np.nanmax(problem.table.columns[c]) - np.nanmin(problem.table.columns[c]) for c in (0, 1)])
        changed = decided(program, found, problem)
        for row in range(len(found.rows)):
            inside = min(found.low[row], 8.0) * (1 - 1e-5)
            assert not changed(row, candidates(program, x[row], inside * widths)).any()
            if np.isfinite(found.high[row]):
                flipped += 1
                assert changed(row, found.moved[[row]]).all()
                moved = np.nanmax(np.abs(found.moved[row] - x[row]) / widths)
                assert moved == pytest.approx(found.high[row], rel=1e-5, abs=1e-9)
                assert found.low[row] <= found.high[row] * (1 + 1e-6) + 1e-9
        exact += found.kind == "exact"
    assert flipped > 10
    assert exact == 4 or how == INTERVALS


def test_linear_programs_agree_with_the_formula():
    rng = np.random.default_rng(0)
    body = affine(rng, 1)
    problem = problem_of(rng, LABELS[:2], gaps=False)
    found = flips(Program(2, (Numeric(0), Numeric(1)), body, "sigmoid", LABELS[:2]), problem)
    x = np.stack([problem.table.columns[c][found.rows] for c in (0, 1)], axis=1).astype(np.float64)
    weights = body.weights.values[0].astype(np.float64)
    widths = np.ptp(np.stack(problem.table.columns, axis=1).astype(np.float64), axis=0)
    formula = np.abs(x @ weights + body.bias.values[0]) / np.abs(weights * widths).sum()
    np.testing.assert_allclose(found.low, formula, rtol=1e-6)
    np.testing.assert_allclose(found.high, formula, rtol=1e-4)


@pytest.mark.parametrize(("owners", "exact"), [((0, 1), True), ((0, 1, 2), True), ((0, 0, 1, 1, 1), False)])
def test_prototypes_by_their_bisectors(owners, exact):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        labels = LABELS[: max(owners) + 1]
        program = Program(2, (Numeric(0, 0.1), Numeric(1)), prototypes(rng, owners), "softmax", labels)
        problem = problem_of(rng, labels)
        found = flips(program, problem)
        assert found.how == BISECTORS
        x = np.stack([problem.table.columns[c][found.rows] for c in (0, 1)], axis=1).astype(np.float64)
        widths = np.array([np.nanmax(problem.table.columns[c]) - np.nanmin(problem.table.columns[c]) for c in (0, 1)])
        changed = decided(program, found, problem)
        for row in range(len(found.rows)):
            assert not changed(row, candidates(program, x[row], min(found.low[row], 8.0) * (1 - 1e-5) * widths)).any()
            if np.isfinite(found.high[row]):
                assert changed(row, found.moved[[row]]).all()
        if exact:
            assert found.kind == "exact"


def test_what_no_bound_is_known_of_is_searched():
    rng = np.random.default_rng(0)
    relevances = Weights.of(rng.uniform(0.2, 1, (2, 2)))
    body = Chain((Distances(Weights.of(rng.normal(size=(2, 2))), relevances), Nearest((0, 1))))
    program = Program(2, (Numeric(0, 0.0), Numeric(1)), body, "softmax", LABELS[:2])
    found = flips(program, problem_of(rng, LABELS[:2]))
    assert found.how in (SEARCHED, INTERVALS)
    assert (found.low <= found.high).all()


def test_what_is_missing_and_what_is_no_number_stays():
    decoders = (Numeric(0, 0.0), OneHot(1, ("p", "q")))
    body = Affine(Weights.of([[1.0, 5.0, -5.0]]), Weights.of([0.0]))
    problem = load_problem({"x": [1.0, None, 3.0, -1.0] * 5, "job": ["p", "q", "q", "p"] * 5}, [0, 1, 1, 0] * 5)
    found = flips(Program(2, decoders, body, "sigmoid", (0, 1)), problem)
    assert found.columns == (0,)
    assert np.isinf(found.low[1])
    assert np.isinf(found.high[1])
    np.testing.assert_allclose(found.low[[0, 2]], [6 / 4, 2 / 4], rtol=1e-6)


def test_what_cannot_be_told_is_declined():
    text = Program(1, (OneHot(0, ("p",)),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "sigmoid", (0, 1))
    problem = load_problem({"job": ["p", "q"] * 10}, [0, 1] * 10)
    with pytest.raises(DataError, match="reads no column of numbers"):
        flips(text, problem)
