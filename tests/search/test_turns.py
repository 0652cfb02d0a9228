"""A trial that hangs holds up nobody: what a search that only the clock bounds judges, and how long a trial may take."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from sklearn.datasets import load_diabetes

from automicro import Search
from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.search.clock import Patience
from automicro.search.context import Outcome, Target
from automicro.search.loop import Goal, Loop
from automicro.search.workers.executor import Finished


class HungAtFirst:
    """An executor whose first task does not end; every other has failed by the next look."""

    def __init__(self) -> None:
        self.task_seconds: float | None = 120.0
        self.limits: list[float | None] = []
        self.waiting: list[int] = []

    def submit(self, number: int, task: object) -> None:
        self.waiting.append(number)

    def next_finished(self, until: float | None) -> Finished | None:
        self.limits.append(self.task_seconds)
        ready = [number for number in self.waiting if number]
        if not ready or len(self.limits) > 6:
            return None
        self.waiting.remove(ready[0])
        return Finished(ready[0], Outcome(ready[0], "given_up", missed=1.0))


class Deaf:
    def update(self, *_: object) -> None:
        """Hear of a trial."""


def searched(*, timed: bool) -> tuple[list[int], HungAtFirst]:
    """Return the trials that were judged before the time was up, and the executor."""
    families = {name: discover().families[name] for name in ("linear", "tree")}
    goal = Goal(Target(0.4), 5, timed=timed, patience=Patience(30.0, 15.0))
    loop = Loop(families, profile(load_problem(*load_diabetes(return_X_y=True))), goal, seed=0)
    checked: list[int] = []
    take = loop._take_what_is_done

    def listened(listener: Any) -> None:
        checked.extend(outcome.number for outcome in loop.found.outcomes)
        take(listener)

    loop._take_what_is_done = listened  # type: ignore[method-assign]  # as a spy
    executor = HungAtFirst()
    found = loop.run(executor, None, lambda found: time.monotonic() + 60, Deaf())  # type: ignore[arg-type]  # what the loop calls
    assert "abandoned" in {outcome.status for outcome in found.outcomes if outcome.number == 0}
    return checked, executor


def test_results_are_judged_as_they_come_where_only_the_clock_bounds_the_search() -> None:
    checked, _ = searched(timed=True)
    assert checked == [1, 2, 3, 4, 5, 6]


def test_results_are_judged_in_order_where_trials_bound_the_search() -> None:
    checked, _ = searched(timed=False)
    assert checked == []


def test_a_trial_may_take_less_once_one_has_shown_what_a_trial_takes() -> None:
    _, executor = searched(timed=True)
    assert executor.limits[:3] == [30.0, 15.0, 15.0]
    assert executor.task_seconds == 120.0  # as before


@pytest.mark.parametrize(
    ("seconds", "starts", "expected"),
    [
        (60, [0.0, 0.0], (30.0, 15.0)),
        (12, [0.0], (6.0, 5.0)),
        (4, [0.0], (2.0, 2.0)),
        (60, [0.0, 4.0], (30.0, 15.0)),
        (30, [4.0], (15.0, 13.0)),
        (60, [1e9], (30.0, 15.0)),  # which is never begun
        (3600, [], (1800.0, 900.0)),
    ],
)
def test_a_trial_may_take_a_part_of_the_seconds(
    seconds: float, starts: list[float], expected: tuple[float, float]
) -> None:
    families: Any = {str(start): SimpleNamespace(start_seconds=start) for start in starts}
    patience = Patience.of(Search(seconds=seconds), families)
    assert patience == Patience(*expected)
    assert Patience.of(Search(seconds=seconds, trial_seconds=9), families) is None
    assert Patience.of(Search(trials=3), families) is None
