"""The clock of a search: what is left for each part, from what preparing and loading took."""

from __future__ import annotations

import time

import pytest

from automicro.search.clock import Clock


def begun(seconds: float | None, preparing: float = 1.0, load: float = 1.0, *, decides: bool = False) -> Clock:
    clock = Clock(time.monotonic() - preparing, seconds)
    clock.prepared(load, decides_latency=decides)
    return clock


def left_for_the_end(clock: Clock, *, certifying: bool = False) -> float:
    until = clock.loop_until(certifying=certifying)
    assert until is not None
    assert clock.seconds is not None
    return clock.started + clock.seconds - until


def test_nothing_bounds_a_search_without_seconds():
    clock = begun(None)
    assert clock.loop_until(certifying=True) is clock.timing_until() is clock.until(0.5) is None


def test_the_seconds_count_from_the_request():
    assert begun(60.0, preparing=20.0).loop_until(certifying=False) < time.monotonic() + 40.0


@pytest.mark.parametrize("decides", [False, True])
def test_what_is_left_for_the_end_grows_with_what_was_slow_so_far(decides):
    usual = left_for_the_end(begun(120.0, decides=decides))
    assert left_for_the_end(begun(120.0, load=4.0, decides=decides)) > usual
    assert left_for_the_end(begun(120.0, preparing=10.0, decides=decides)) == pytest.approx(usual + 9.0 / 4, abs=0.1)
    assert left_for_the_end(begun(120.0, decides=True)) > left_for_the_end(begun(120.0)) + 1.0


def test_the_loop_has_at_least_half_of_the_time():
    assert left_for_the_end(begun(6.0, preparing=3.0, load=3.0, decides=True)) == 3.0


def test_training_for_a_certificate_has_its_share():
    clock = begun(100.0)
    assert left_for_the_end(clock, certifying=True) == pytest.approx(left_for_the_end(clock) + 15.0)


@pytest.mark.parametrize("seconds", [3.0, 5.0, 60.0])
@pytest.mark.parametrize("load", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("decides", [False, True])
def test_while_nothing_is_found_the_loop_goes_on_but_the_answer_is_not_late(seconds, load, decides):
    clock = begun(seconds, load=load, decides=decides)
    found, none = (clock.loop_until(certifying=False, found=found) for found in (True, False))
    assert found <= none < clock.started + seconds
    assert none + clock._least <= max(found + clock._least, clock.started + seconds + 1.5)


def test_timing_ends_before_the_last_steps():
    clock = begun(60.0)
    assert clock.loop_until(certifying=False) < clock.timing_until() < clock.started + 60.0
