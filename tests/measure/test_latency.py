"""Latency: what is called how often, and what the figures mean; never how fast."""

from __future__ import annotations

import gc
import math

import numpy as np
import pytest

from automicro.errors import AutomicroError
from automicro.measure import Latency, latency, latency_in_fresh_process
from automicro.measure.latency import REPEATS, WARM_CALLS, _order_statistics
from automicro.program import Affine, Numeric, OneHot, Program, Weights, write_artifact


def test_calls_take_the_rows_in_turn_after_a_warm_up_and_without_garbage_collection():
    seen = []

    def predict(row):
        assert not gc.isenabled()
        seen.append(row)

    measured = latency(predict, ["a", "b", "c"], seconds=60)
    assert gc.isenabled()
    assert len(seen) == WARM_CALLS + measured.repeats
    assert seen[WARM_CALLS : WARM_CALLS + 4] == ["a", "b", "c", "a"]
    assert measured.repeats == REPEATS[1]


def test_figures_are_ordered_and_the_machine_is_recorded():
    measured = latency(lambda row: row, [0], seconds=0.05)
    assert 0 < measured.median_us <= measured.quantile_us
    assert measured.low_us <= measured.quantile_us <= measured.high_us
    assert {"processor", "cores", "interpreter", "load_before", "load_after"} <= set(measured.machine)


def test_an_interval_that_spans_a_factor_of_two_is_noisy():
    figures = {"quantile": 0.99, "quantile_us": 5.0, "median_us": 4.0, "repeats": 400}
    assert not Latency(**figures, low_us=4.0, high_us=8.0).noisy
    assert Latency(**figures, low_us=4.0, high_us=8.1).noisy
    assert Latency(**figures, low_us=4.0, high_us=math.inf).noisy


@pytest.mark.parametrize(("count", "quantile"), [(400, 0.99), (1000, 0.5), (4000, 0.99)])
def test_the_interval_of_a_quantile_covers_it_as_often_as_promised(count, quantile):
    low, high = _order_statistics(count, quantile, 0.95)
    draws = np.sort(np.random.default_rng(0).uniform(size=(2000, count)), axis=1)
    covered = np.mean((draws[:, low] <= quantile) & (quantile <= draws[:, high]))
    assert 0.94 <= covered <= 0.99


def test_too_few_calls_leave_the_quantile_unbounded():
    assert _order_statistics(20, 0.99, 0.95)[1] == 20


def test_an_artifact_is_timed_in_a_process_of_its_own():
    decoders = (Numeric(0), OneHot(1, ("a", None)))
    program = Program(2, decoders, Affine(Weights.of([[1.0, 2.0, 3.0]]), Weights.of([0.5])), "identity")
    rows = [[1.0, "a"], [np.float32(2.5), "b"], [None, None]]
    measured = latency_in_fresh_process(write_artifact(program), rows, quantile=0.9)
    assert measured.quantile == 0.9
    assert 0 < measured.low_us <= measured.quantile_us <= measured.high_us


def test_a_fresh_process_reports_its_failure():
    with pytest.raises(AutomicroError, match="latency process must end with code 0"):
        latency_in_fresh_process(b"not an artifact", [[1.0]])
