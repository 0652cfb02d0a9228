"""Latency: calls in one process, intervals between processes, and what they can decide."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from automicro.errors import AutomicroError
from automicro.measure import FEWEST_RUNS, Latency, latency_in_fresh_processes, more_runs, time_calls
from automicro.measure.latency.quantiles import QuantileInterval, Run, _tail
from automicro.measure.latency.timing import WARM_CALLS, Calls
from automicro.program import Affine, Numeric, OneHot, Program, Weights, write_artifact

P99 = (41.0, 40.0, 43.0, 44.0, 42.0, 47.0, 45.0)


def seen(p99: tuple[float, ...] = P99, cpu_share: float = 1.0, fastest_us: float = 20.0) -> Latency:
    runs = tuple(
        Run(
            tuple(QuantileInterval(q, t, t, t) for q, t in ((0.5, us / 2), (0.95, us - 1), (0.99, us))),
            fastest_us,
            1000,
            cpu_share,
        )
        for us in p99
    )
    return Latency(0.99, runs)


def test_rows_are_called_in_turn_warm_and_often_enough_for_the_quantile():
    called = []
    calls = time_calls(called.append, ["a", "b", "c"], quantile=0.9999, seconds=0.5)
    assert called[:4] == ["a", "b", "c", "a"]
    assert len(calls.times_us) == len(called) - WARM_CALLS >= 20_000
    assert list(calls.times_us) != sorted(calls.times_us)  # in the order of the calls
    assert 0 <= calls.quantile_us(0.5) <= calls.quantile_us(0.99) <= calls.times_us.max()


def test_a_slow_function_is_called_often_enough_for_the_quantile():
    import time

    calls = time_calls(lambda row: time.sleep(0.0005), [0], quantile=0.99, seconds=0.1)  # some 150 calls in that time
    assert len(calls.times_us) >= 200


def test_a_process_that_waits_for_a_processor_shows_it():
    import time

    assert time_calls(lambda row: time.sleep(0.0005), [0], seconds=0.02).cpu_share < 0.7


def test_a_call_that_lost_the_processor_counts_with_the_time_that_it_had_it(monkeypatch):
    readings = iter(
        zip(range(10**6), range(0, 10**12, 1000), strict=False)
    )  # another process came in during every call
    monkeypatch.setattr("automicro.measure.latency.timing._processor_use", lambda: next(readings))
    interrupted = time_calls(lambda _: sum(range(20_000)), [None], 0.5, seconds=0.01)
    assert (interrupted.times_us == 1.0).all()
    monkeypatch.setattr("automicro.measure.latency.timing._processor_use", lambda: (7, next(readings)[1]))
    assert (time_calls(lambda _: sum(range(20_000)), [None], 0.5, seconds=0.01).times_us > 10).all()


@pytest.mark.parametrize("runs", [7, 8, 14, 21])
def test_the_interval_covers_the_median_of_processes_as_often_as_promised(runs):
    draws = np.sort(np.random.default_rng(0).lognormal(size=(20_000, runs)), axis=1)
    outer = _tail(runs)
    covered = np.mean((draws[:, outer] <= 1) & (draws[:, -1 - outer] >= 1))
    assert covered == pytest.approx(seen(tuple(range(1, runs + 1))).confidence, abs=0.003)
    assert covered > 0.975


def test_the_interval_reaches_to_what_parts_of_a_process_showed():
    plain = seen()
    moved = replace(
        plain.runs[0], quantiles=tuple(replace(q, low_us=q.us - 9, high_us=q.us + 9) for q in plain.runs[0].quantiles)
    )
    wider = replace(plain, runs=(moved, *plain.runs[1:]))
    assert wider.quantile_us == plain.quantile_us
    assert (wider.low_us, wider.high_us) == (41 - 9, 41 + 9)
    assert wider.decision(47) == "undecided"
    assert plain.decision(47) == "met"


def test_parts_of_a_process_are_long_enough_for_the_quantile():
    slow_then_fast = Calls(np.repeat([5.0, 1.0], [1000, 1000]), 1.0)
    assert slow_then_fast.quantile_us(0.99) == 5
    assert slow_then_fast.span_us(0.99) == (1, 5)
    assert slow_then_fast.span_us(0.999) == (5, 5)  # one part: of half the calls one is expected beyond
    times = np.random.default_rng(0).lognormal(size=5003)
    low, high = Calls(times, 1.0).span_us(0.95)
    assert low <= Calls(times, 1.0).quantile_us(0.95) <= high


def test_seven_processes_are_the_fewest_with_an_interval_and_three_are_a_range():
    assert seen().confidence >= 0.98 > seen(P99[:6]).confidence
    assert (seen().low_us, seen().quantile_us, seen().high_us) == (40, 43, 47)
    assert seen(P99[:3]).confidence == pytest.approx(0.75)


def test_a_quiet_machine_decides_by_the_interval():
    assert [seen().decision(limit) for limit in (39, 40, 46, 47, 100)] == ["missed", *["undecided"] * 2, "met", "met"]
    assert seen(P99[:6]).decision(1000) == "undecided"


def test_a_busy_machine_keeps_what_its_interval_keeps_and_misses_only_what_every_call_misses():
    busy = seen(cpu_share=0.6)
    assert busy.busy
    assert busy.noisy
    assert [busy.decision(limit) for limit in (19, 21, 39, 46, 47, 94)] == ["missed", *["undecided"] * 3, "met", "met"]
    assert "processes had a processor 60% of the time: wait until it is idle" in busy.doubt(46)


@pytest.mark.parametrize("longer", [1.0, 1.3, 2.0, 10.0])
@pytest.mark.parametrize("cpu_share", [1.0, 0.94, 0.3])
def test_what_only_makes_calls_longer_turns_no_limit_into_one_that_is_met(longer, cpu_share):
    limits = (19, 30, 41, 47, 60, 200, 1000)
    idle = seen()
    slower = seen(tuple(longer * us for us in P99), cpu_share, longer * 20.0)
    met = [limit for limit in limits if slower.decision(limit) == "met"]
    assert met == [limit for limit in limits if limit >= longer * idle.high_us]
    assert all(idle.decision(limit) == "met" for limit in met)


def test_what_every_call_misses_one_process_tells():
    assert seen(P99[:1]).decision(19) == "missed"
    assert seen(P99[:1]).decision(21) == "undecided"


@pytest.mark.parametrize(("p99", "limit"), [(P99, 30), (P99, 44.5), (P99, 46), ((1, 2, 44, 45), 43)])
def test_the_runs_that_would_decide_are_told(p99, limit):
    fewer = min(np.mean(np.array(p99) > limit), np.mean(np.array(p99) <= limit))
    enough = (n for n in range(7, 1001) if binom.cdf(math.ceil(fewer * n), n, 0.5) <= 0.01)
    needed = next(enough, None)
    assert seen(p99).runs_needed(limit) == needed
    told = "no number of processes up to 1,000" if needed is None else f"about {needed} processes"
    more = "" if needed is None else ", or give more seconds"
    assert seen(p99).doubt(limit).endswith(f"; {told} would decide: require a latency outside of this interval{more}")


def test_a_wide_interval_is_noisy():
    assert not seen().noisy
    assert seen((10.0, *P99)).noisy


def test_an_artifact_is_timed_in_processes_of_its_own():
    decoders = (Numeric(0), OneHot(1, ("a", None)))
    program = Program(2, decoders, Affine(Weights.of([[1.0, 2.0, 3.0]]), Weights.of([0.5])), "identity")
    rows = [[1.0, "a"], [np.float32(2.5), "b"], [None, None]]
    artifact = write_artifact(program)
    measured = latency_in_fresh_processes(artifact, rows, quantile=0.9, runs=1, seconds=0.01)
    assert measured.quantile == 0.9
    assert 0 < measured.median_us <= measured.quantile_us
    assert [q.quantile for q in measured.quantiles] == [0.5, 0.9, 0.95, 0.99]
    facts = {
        "processor",
        "cores",
        "threads",
        "clock",
        "clock_resolution_ns",
        "interpreter",
        "load_before",
        "load_after",
    }
    assert facts <= set(measured.machine)
    more = more_runs(measured, artifact, rows, 1)
    assert more.runs[:1] == measured.runs
    assert len(more.runs) == 2 < FEWEST_RUNS
    record = more.record()
    assert record.argument == "one row as an array"
    assert record.processes == 2
    assert record.calls == more.calls >= 2 * 200
    assert math.isfinite(record.quantiles[-1].high_us)


def test_a_fresh_process_reports_its_failure():
    with pytest.raises(AutomicroError, match="latency process must end with code 0"):
        latency_in_fresh_processes(b"not an artifact", [[1.0]])


def test_more_runs_never_lose_what_is_known():
    assert replace(seen(), runs=seen().runs * 3).interval(0.99).high_us <= seen().high_us
