"""What stresses take from a score: on programs whose loss is known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from automicro.data import load_problem
from automicro.errors import DataError, RequestError
from automicro.measure import robustness, score, stresses
from automicro.program import Affine, Lookup, Numeric, Program, Sum, Weights, evaluate

ROWS = 4000


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    x, z = rng.normal(10, 2, ROWS), rng.normal(0, 1, ROWS)
    job = rng.choice(["cook", "clerk"], ROWS)
    y = 3 * x + z + np.where(job == "cook", 2.0, -2.0)
    return load_problem({"x": x, "z": z, "job": job, "unread": z}, y)


@pytest.fixture(scope="module")
def program(problem):
    mean = float(np.mean(problem.table.columns[0]))
    decoders = (Numeric(0, mean), Numeric(1, 0.0), Lookup(2, ("cook", "clerk"), Weights.of([2.0, -2.0]), 0.0))
    return Program(4, decoders, Affine(Weights.of([[3.0, 1.0, 1.0]]), Weights.of([0.0])), "identity")


def found(program, problem, *names, metric="mean_squared_error", **settings):
    return {s.name: s for s in stresses(program, problem, metric, names=names or None, **settings)}


def test_losses_are_those_of_the_arithmetic(program, problem):
    told = found(program, problem)
    assert told["noise_10"].loss == pytest.approx(0.01 * (9 * 4 + 1), rel=0.1)
    assert told["noise_30"].loss == pytest.approx(0.09 * (9 * 4 + 1), rel=0.1)
    assert told["missing_10"].loss == pytest.approx(0.1 * (9 * 4 + 1 + 4), rel=0.15)
    assert told["drift_30"].loss == pytest.approx(0.3 * 4, rel=0.15)
    x = problem.table.columns[0].astype(np.float64)
    assert told["gain_10"].loss == pytest.approx(np.mean((0.3 * x) ** 2), rel=1e-3)
    assert told["shift_10"].loss == pytest.approx((0.3 * np.ptp(x)) ** 2, rel=1e-3)
    assert told["column_lost"].loss == pytest.approx(9 * np.var(x), rel=1e-3)
    assert {told[name].column for name in ("gain_10", "shift_10", "column_lost")} == {"x"}
    assert told["noise_10"].column is None


def test_a_score_and_an_error_lose_alike(program, problem):
    error = found(program, problem, "noise_30")["noise_30"]
    gain = found(program, problem, "noise_30", metric="neg_mean_squared_error")["noise_30"]
    assert gain.loss == pytest.approx(error.loss)
    assert gain.score == pytest.approx(-error.score)


def test_the_same_seed_draws_the_same_and_the_rows_are_left_alone(program, problem):
    before = [np.array(c) for c in problem.table.columns[:2]]
    first, again = (found(program, problem, "noise_10", "missing_30", seed=3) for _ in range(2))
    assert first == again
    assert first != found(program, problem, "noise_10", "missing_30", seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(before, problem.table.columns[:2], strict=True))


def test_stresses_that_touch_no_column_are_left_out_unless_asked_for(problem):
    only = Program(4, (Numeric(1, 0.0),), Affine(Weights.of([[1.0]]), Weights.of([30.0])), "identity")
    assert "drift_10" not in found(only, problem)
    assert found(only, problem, "drift_10")["drift_10"].loss == 0


def test_a_model_that_gives_no_number_loses_everything(problem):
    gaps = Program(4, (Numeric(0), Numeric(1)), Affine(Weights.of([[3.0, 1.0]]), Weights.of([0.0])), "identity")
    assert math.isinf(found(gaps, problem, "missing_10")["missing_10"].loss)


def test_the_table_tells_all(program, problem):
    told = robustness(program, problem, "r2")
    text = str(told)
    assert text.splitlines()[1].split() == ["none", "1"]
    assert "normal noise of 0.1 standard deviations on every number" in text
    assert text.splitlines()[-1].startswith("flip: the median of 200 rows is ")
    assert "(sum of functions of one column; exact)" in text
    plain = told.to_dict()
    assert plain["score"] == score("r2", problem.target, evaluate(program, problem.batch()))
    assert plain["stresses"]["column_lost"]["column"] == "x"
    widths = [np.ptp(problem.table.columns[c].astype(np.float64)) for c in (0, 1)]
    away = plain["flip"]["tolerance"] / (3 * widths[0] + widths[1])
    assert plain["flip"]["median_low"] == pytest.approx(away, rel=1e-5)
    assert robustness(program, problem, "r2", tolerance=1.0).flips.tolerance == 1.0


def test_other_rows_are_refused(program, problem):
    few = load_problem({"x": [1.0, 2.0, 3.0, 4.0]}, [1.5, 2.5, 3.5, 4.5])
    with pytest.raises(DataError, match="must have 4 columns as in training, but have 1"):
        robustness(program, few, "r2")
    with pytest.raises(DataError, match="tolerance must be above 0"):
        robustness(program, problem, "r2", tolerance=0.0)
    with pytest.raises(RequestError, match="accuracy"):
        robustness(program, problem, "accuracy")
    with pytest.raises(DataError, match="must have the classes of the model"):
        robustness(
            program,
            load_problem({"x": [1.0, 2] * 9, "z": [3.0, 1] * 9, "job": ["a", "b"] * 9, "u": [1.0, 2] * 9}, [0, 1] * 9),
            "accuracy",
        )


def test_what_predicts_several_numbers_has_no_flips(problem):
    body = Sum((Affine(Weights.of([[1.0], [2.0]]), Weights.of([0.0, 0.0])),))
    two = Program(4, (Numeric(0, 0.0),), body, "identity")
    from automicro.measure import flips

    with pytest.raises(DataError, match="predicts several numbers"):
        flips(two, problem)
