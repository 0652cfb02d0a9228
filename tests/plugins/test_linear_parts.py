from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from automicro.plugin import Feature, TrainingData
from automicro.program.encodings import Minifloat
from automicro_linear.bit_costs import BitCosts
from automicro_linear.cuts import candidate_cuts
from automicro_linear.design import ABSENT, FLAG, STEP, Basis, basis_of, softened, standardise
from automicro_linear.rounding import round_together
from automicro_linear.short import minifloats, short_numbers, significant_bits
from automicro_linear.solve.definite import factor, solve
from automicro_linear.solve.dense import constant, dense, split
from automicro_linear.solve.losses import Absolute, Logistic, Poisson, Softmax, Squared, SquaredLog
from automicro_linear.solve.newton import Fit, Problem, Quadratic, fit_bias, newton, quadratic
from automicro_linear.solve.paths import elastic
from automicro_linear.solve.sweep import Sweep
from automicro_linear.thresholds import THRESHOLDED, best_threshold
from automicro_linear.train import MOST_ROWS, Setting, train
from automicro_linear.unlabelled import with_unlabelled

NUMERIC = tuple(Feature(j, f"x{j}", "numeric") for j in range(4))
NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32)


def random_quadratic(seed: int, size: int) -> Quadratic:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size + 3, size))
    return Quadratic(root.T @ root / size, rng.normal(size=size))


def value(model: Quadratic, p: np.ndarray) -> float:
    return 0.5 * p @ model.hessian @ p - model.linear @ p


def problem_of(loss_name: str, ridge: float, rows: int = 200) -> tuple[Problem, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 4)).astype(np.float32)
    score = X[:, 0] - X[:, 1] + rng.normal(size=rows)
    if loss_name == "logistic":
        y = (score > 0).astype(float)
        loss = Logistic(y[:, None])
    elif loss_name == "softmax":
        y = np.digitize(score, [-1, 1])
        loss = Softmax(np.eye(3)[y])
    elif loss_name == "poisson":
        y = rng.poisson(np.exp(0.5 * score)).astype(float)
        loss = Poisson((y / y.mean())[:, None])
    else:
        y = score
        loss = Squared(y[:, None])
    design = standardise(X, np.ones(rows), basis_of(X, NUMERIC, 0, slopes=True))
    return Problem(design, loss, ridge), design.Z.astype(np.float64), y


def test_significant_bits():
    assert [significant_bits(n) for n in (0.0, math.nan, 1.0, -8.0, 0.75, 40.0, -0.3125)] == [0, 0, 1, 1, 2, 3, 3]


@given(st.floats(1e-6, 1e6), st.floats(1.3, 20))
def test_short_numbers_lie_in_range(low, ratio):
    numbers = short_numbers(low, low * ratio)
    assert len(numbers) >= 1
    assert numbers.min() >= low
    assert numbers.max() <= low * ratio
    assert (np.diff(numbers) > 0).all()


@pytest.mark.parametrize("exponent_bits", [1, 2, 4])
@pytest.mark.parametrize("mantissa_bits", [0, 1, 3])
def test_minifloats_are_those_of_the_encoding(exponent_bits, mantissa_bits):
    grid = minifloats(exponent_bits, mantissa_bits)
    encoding = Minifloat(exponent_bits, mantissa_bits, 2**exponent_bits - 1)
    assert np.array_equal(encoding.round(grid), grid)
    many = encoding.round(np.linspace(-2, 2, 20001))
    assert set(np.unique(many)) <= set(grid)
    assert len(grid) == 2 ** (exponent_bits + mantissa_bits + 1) - 1


@given(hnp.arrays(np.float32, st.integers(1, 60), elements=NUMBERS), st.integers(1, 15))
def test_cuts_ascend_and_divide_the_rows(x, count):
    x += np.float32(0)
    cuts = candidate_cuts(x, count)
    assert len(cuts) <= max(count, 2)
    assert (np.diff(cuts) > 0).all()
    for cut in cuts:
        assert (x <= cut).any()
        assert (x > cut).any()
    if len(np.unique(x)) > 1:
        assert len(cuts)


def test_cuts_single_out_a_frequent_value():
    x = np.concatenate([np.zeros(70), np.arange(1, 31)]).astype(np.float32)
    cuts = candidate_cuts(x, 3)
    assert 0.0 in cuts
    assert (cuts > 3).sum() >= 1


@pytest.mark.parametrize("seed", range(5))
def test_sweep_is_least_squares(seed):
    model = random_quadratic(seed, 7)
    sweep = Sweep(model, 2, np.array([0]))
    for j in (3, 5, 6, 5, 4, 2):
        before = value(model, sweep.values())
        expected = sweep.rises()[j] if sweep.inside[j] else -sweep.gains()[j]
        sweep.flip(j)
        inside = np.flatnonzero(sweep.inside)
        exact = np.zeros(7)
        exact[inside] = np.linalg.solve(model.hessian[np.ix_(inside, inside)], model.linear[inside])
        assert np.allclose(sweep.values(), exact)
        assert np.isclose(value(model, exact) - before, expected)
    assert set(inside) == {0, 1, 3, 4, 6}
    assert sweep.terms_inside == 3
    joint = sweep.joint_gain(np.array([2, 5]))
    before = value(model, sweep.values())
    sweep.flip(2)
    sweep.flip(5)
    assert np.isclose(before - value(model, sweep.values()), joint, rtol=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_rounding_finds_the_best_grid_point(seed):
    model = random_quadratic(seed, 5)  # one bias, four terms
    base = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    factors = np.random.default_rng(seed).uniform(0.2, 0.6, size=(3, 4))
    found = round_together(model, 1, [base] * 4, factors, beam=64)
    least = value(model, np.linalg.solve(model.hessian, model.linear))

    def cost(terms: np.ndarray) -> float:
        bias = (model.linear[0] - model.hessian[0, 1:] @ terms) / model.hessian[0, 0]
        return value(model, np.concatenate([[bias], terms])) - least

    for grid in range(3):
        every = [cost(np.array(units) * factors[grid]) for units in itertools.product(base, repeat=4)]
        assert np.isclose(found.costs[grid], cost(found.units[grid] * factors[grid]))
        assert found.costs[grid] <= min(every) * 1.02 + 1e-12


@pytest.mark.parametrize("name", ["squared", "logistic", "softmax", "poisson"])
def test_newton_is_stationary(name):
    problem, _, _ = problem_of(name, 0.01)
    fit = dense(problem, np.arange(4 * problem.outputs))
    model = quadratic(problem, fit, fit.terms)
    parameters = np.concatenate([fit.bias, fit.values])
    assert np.abs(model.hessian @ parameters - model.linear).max() < 1e-4


def test_newton_is_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    problem, Z, y = problem_of("logistic", 0.02)
    fit = dense(problem, np.arange(4))
    theirs = LogisticRegression(C=1 / (0.02 * len(y)), tol=1e-8).fit(Z, y)
    assert np.allclose(fit.values, theirs.coef_[0], atol=1e-3)
    assert np.allclose(fit.bias, theirs.intercept_, atol=1e-3)


def test_newton_is_softmax_regression():
    from sklearn.linear_model import LogisticRegression

    problem, Z, y = problem_of("softmax", 0.02)
    fit = dense(problem, np.arange(12))
    theirs = LogisticRegression(C=1 / (0.02 * len(y)), tol=1e-8).fit(Z, y)
    assert np.allclose(fit.coefficients(4), theirs.coef_, atol=2e-3)


def test_elastic_path_is_the_elastic_net():
    from sklearn.linear_model import ElasticNet

    from automicro_linear.solve.paths import _net

    problem, Z, y = problem_of("squared", 0.1)
    model = quadratic(problem, constant(problem), np.arange(4))
    path = _net(model, 1)
    assert not path[0][1:].any()
    at = path[20]
    largest = np.abs(Z.T @ (y - y.mean())).max() / len(y)
    penalty = largest * np.logspace(0, -3.3, len(path))[20]
    alpha = penalty + 0.1
    theirs = ElasticNet(alpha=alpha, l1_ratio=penalty / alpha, tol=1e-8).fit(Z, y)
    assert np.allclose(at[1:], theirs.coef_, atol=1e-3)
    assert [len(f.terms) for f in elastic(problem, (1, 2, 3), np.arange(4))] == [1, 2, 3]


@pytest.mark.parametrize("loss", [Squared, SquaredLog, Absolute, Poisson, Logistic, Softmax])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_slopes_and_curvatures_are_derivatives(loss, seed):
    rng = np.random.default_rng(seed)
    outputs = 3 if loss is Softmax else 1
    target = rng.dirichlet(np.ones(3), size=6) if loss is Softmax else rng.random((6, 1))
    at, made, step = rng.normal(size=(6, outputs)), loss(target), 1e-5
    for o in range(outputs):
        ahead, behind = at.copy(), at.copy()
        ahead[:, o] += step
        behind[:, o] -= step
        assert np.allclose((made.values(ahead) - made.values(behind)) / (2 * step), made.slopes(at)[:, o], atol=1e-6)
        bend = (made.slopes(ahead) - made.slopes(behind))[:, o] / (2 * step)
        assert (made.curvature(at)[:, o] >= bend - 1e-5).all()
        assert loss is Absolute or np.allclose(made.curvature(at)[:, o], bend, atol=1e-5)


@pytest.mark.parametrize("name", ["squared", "logistic", "softmax", "poisson"])
def test_bias_alone_is_the_best_constant(name):
    problem, _, _ = problem_of(name, 0.01)
    fit = fit_bias(problem, Fit(np.empty(0, np.int64), np.empty(0), np.zeros(problem.outputs)), steps=20)
    exact = newton(problem, constant(problem), steps=20)
    assert np.allclose(problem.loss.slopes(np.tile(fit.bias, (200, 1))).mean(axis=0), 0, atol=1e-4)
    assert np.allclose(fit.bias, exact.bias, atol=1e-2)


@pytest.mark.parametrize("metric", sorted(THRESHOLDED))
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 30))
def test_threshold_is_the_best_of_all(metric, seed, rows):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-5, 6, rows) / 2.0
    positive = rng.integers(0, 2, rows).astype(float)
    weights = rng.random(rows) + 0.1

    def at(threshold: float) -> float:
        said = scores > threshold
        counts = [
            (weights * part).sum() / weights.sum()
            for part in (said * positive, said * (1 - positive), ~said * positive, ~said * (1 - positive))
        ]
        return float(THRESHOLDED[metric](*(np.array([c]) for c in counts))[0])

    between = [(a + b) / 2 for a, b in itertools.pairwise(np.unique(scores))]
    best = best_threshold(metric, scores, positive, weights)
    assert not between or at(best) >= max(map(at, between)) - 1e-9


def test_basis_keeps_levels_and_flags_missing_numbers():
    X = np.array([[0, 1.0, np.nan], [1, 2.0, 1.0], [1, 3.0, 2.0], [0, 4.0, 2.0]], dtype=np.float32)
    basis = basis_of(X, (Feature(0, "c=a", "level", "a"), *NUMERIC[:2]), 3, slopes=False)
    assert isinstance(basis, Basis)
    assert basis.kind.tolist() == [FLAG, STEP, STEP, STEP, STEP, ABSENT]
    assert basis.feature.tolist() == [0, 1, 1, 1, 2, 2]
    made = basis.matrix(X)
    assert made[:, 5].tolist() == [1, 0, 0, 0]
    assert made[:, 1:4].sum(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["logistic", "softmax"])
def test_many_terms_are_fitted_like_few(name, monkeypatch):
    problem, _, _ = problem_of(name, 0.05)
    terms = np.arange(4 * problem.outputs)
    by_newton = dense(problem, terms)
    monkeypatch.setattr("automicro_linear.solve.dense.NEWTON_TERMS", 0)
    by_gradients = dense(problem, terms)
    assert np.allclose(by_newton.values, by_gradients.values, atol=5e-3)


def test_matrices_that_are_not_definite_are_made_so():
    matrix = np.ones((3, 3))
    root = factor(matrix)
    assert np.allclose(root.T @ root, matrix, atol=1e-5)
    assert np.allclose(matrix @ solve(matrix, np.ones(3)), 1.0, atol=1e-5)
    assert np.isfinite(solve(np.zeros((2, 2)), np.ones(2))).all()


def test_prices_favour_known_features_and_round_cuts():
    lines = basis_of(np.eye(4, dtype=np.float32), NUMERIC, 0, slopes=True)
    assert BitCosts(lines).of(np.arange(8))(np.arange(8) == 1).tolist() == [2, 1, 2, 2, 2, 1, 2, 2]
    steps = Basis(np.array([0, 0, 1]), np.array([0.0, 1.0, 0.75], np.float32), np.full(3, STEP, np.int8))
    plain, power, longer = BitCosts(steps).of(np.arange(3))(np.zeros(3, dtype=bool))
    assert plain == 1 < power < longer


@pytest.mark.parametrize("classes", [2, 3])
def test_what_has_no_label_is_learnt_from_by_what_a_wide_fit_says(classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 4)).astype(np.float32)
    y = np.digitize(X[:, 0] + 0.3 * rng.normal(size=600), [0.0, 0.8][: classes - 1])
    data = TrainingData(X[:100], y[:100], "classification", classes, NUMERIC, "accuracy", unlabelled=X[100:])
    made = with_unlabelled(data)
    assert made.X.shape == (600, 4)
    assert made.unlabelled is None
    assert made.soft_targets.shape == (600, classes)
    assert np.allclose(made.soft_targets.sum(axis=1), 1)
    assert (made.soft_targets[np.arange(100), y[:100]] > 0.5).all()
    assert (made.soft_targets[:100] < 1).all()
    assert (made.soft_targets[100:].argmax(axis=1) == y[100:]).mean() > 0.7
    assert (made.y[:100] == y[:100]).all()
    assert (made.y[100:] == made.soft_targets[100:].argmax(axis=1)).all()
    every = replace(data, X=X, y=y, unlabelled=X[:0])
    assert (with_unlabelled(every).soft_targets < 1).all()


def test_labels_in_rotation_are_all_among_those_held_out():
    problem, _, _ = problem_of("softmax", 0.05)
    fitted_on, held_out = split(problem, np.arange(3))
    assert len(fitted_on.design.Z) + len(held_out.design.Z) == len(problem.design.Z)
    rows = np.arange(len(problem.design.Z))
    rotated = replace(problem, design=replace(problem.design, weights=1.0 + rows % 4))
    assert len(set(split(rotated, np.arange(3))[1].design.weights)) == 4


def test_columns_of_one_unit_weigh_by_the_root_of_their_deviation():
    rng = np.random.default_rng(0)
    X = (rng.random((500, 4)) < (0.5, 0.1, 0.02, 0.0)).astype(np.float32)
    plain = standardise(X, np.ones(500), basis_of(X, NUMERIC, 0, slopes=True))
    soft = softened(plain)
    deviation = X.std(axis=0, dtype=np.float64)
    assert soft.Z.std(axis=0) == pytest.approx(np.sqrt(deviation / deviation[:3].mean()), abs=1e-4)
    assert np.allclose(soft.Z[:, :3] * soft.scale[:3] + soft.centre[:3], X[:, :3], atol=1e-5)
    assert not soft.usable[3]
    X[:, 0] *= 1000  # units of their own
    dollars = standardise(X, np.ones(500), basis_of(X, NUMERIC, 0, slopes=True))
    assert softened(dollars) is dollars
    nothing = standardise(np.ones((9, 4), np.float32), np.ones(9), basis_of(X, NUMERIC, 0, slopes=True))
    assert softened(nothing) is nothing


def test_where_columns_lie_says_nothing_of_their_unit():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(2000, 5, 300), rng.normal(5000, 2000, 300)]).astype(np.float32)  # a year, and miles
    apart = standardise(X, np.ones(300), basis_of(X, NUMERIC[:2], 0, slopes=True))
    assert softened(apart) is apart


def test_small_models_of_nodes_are_trained_on_the_softened_scale():
    rng = np.random.default_rng(0)
    X = (rng.random((300, 4)) < (0.5, 0.4, 0.1, 0.05)).astype(np.float32)
    data = TrainingData(X, (X[:, 0] > 0).astype(np.int64), "classification", 2, NUMERIC, "accuracy")
    setting = Setting("few", 0, True, "identity", "forward", 0.01)
    plain = train(data, setting).scorer.problem.design
    nodes = train(replace(data, unlabelled=X[:0]), setting).scorer.problem.design
    assert np.allclose(plain.Z.std(axis=0), 1, atol=1e-4)
    assert nodes.Z.std(axis=0)[0] > 1.1 > 0.9 > nodes.Z.std(axis=0)[3]


def test_a_column_in_a_unit_of_its_own_among_many_keeps_its_scale():
    rng = np.random.default_rng(0)
    X = (rng.random((300, 20)) < np.linspace(0.1, 0.5, 20)).astype(np.float32)
    X[:, 7] *= 1000
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(20))
    plain = standardise(X, np.ones(300), basis_of(X, features, 0, slopes=True))
    soft = softened(plain)
    changed = ~np.isclose(soft.scale, plain.scale)
    assert not changed[7]
    assert changed.sum() >= 18


def test_weights_of_what_has_no_label_are_those_of_a_usual_row():
    X = np.eye(4, dtype=np.float32).repeat(5, axis=0)
    y = np.arange(20) // 10
    data = TrainingData(X, y, "classification", 2, NUMERIC, "accuracy", weights=np.full(20, 3.0), unlabelled=X[:3])
    assert (with_unlabelled(data).weights == 3.0).all()


def test_numbers_are_learnt_from_labelled_rows_alone():
    X = np.eye(4, dtype=np.float32)
    data = TrainingData(X, np.arange(4.0), "regression", 0, NUMERIC, "r2", unlabelled=X)
    assert with_unlabelled(data) is data


def test_what_has_no_label_is_drawn_where_there_is_too_much_of_it():
    X = np.random.default_rng(0).normal(size=(60_000, 4)).astype(np.float32)
    y = np.arange(60_000) % 2
    setting = Setting("few", 0, True, "identity", "forward", 0.01)
    data = TrainingData(X[:100], y[:100], "classification", 2, NUMERIC, "accuracy", unlabelled=X[100:])
    assert len(train(data, setting).scorer.problem.design.Z) == MOST_ROWS
    assert len(train(replace(data, unlabelled=X[100:300]), setting).scorer.problem.design.Z) == 300
