"""What is said of a search whose time was up early."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import automicro
from automicro.search import loop
from automicro.search.context import Outcome, State
from automicro.search.haste import _rounded_up, haste
from automicro.search.history import SearchHistory, Stop

FAMILIES: Any = {
    name: SimpleNamespace(start_seconds=4.0 * (name == "mlp")) for name in ("boosting", "linear", "mlp", "tree")
}


def ended(*families: str, stopped: Stop = Stop.TIME, **facts: Any) -> Any:
    candidates = {number: SimpleNamespace(family=family) for number, family in enumerate(families)}
    outcomes = [Outcome(number, State.FEASIBLE, **{"seconds": 1.0, **facts}) for number in candidates]
    return SimpleNamespace(candidates=candidates, outcomes=outcomes, stopped=stopped)


def test_few_candidates_are_counted_and_families_without_one_are_named() -> None:
    assert (
        haste(ended("linear", "linear"), FAMILIES, 5.0)
        == "2 candidates finished before the time was up, none of boosting and tree: give about 30 seconds"
    )
    assert haste(ended("linear"), FAMILIES, 5.0).startswith("1 candidate finished")
    assert haste(ended(), FAMILIES, 5.0) == "no candidate finished before the time was up: give about 50 seconds"
    assert haste(ended("tree", seconds=0.0), FAMILIES, 5.0).startswith("no candidate finished")


def test_no_more_trials_are_counted_on_than_were_asked_for() -> None:
    assert haste(ended("linear"), FAMILIES, 5.0, trials=2).endswith("give about 10 seconds")
    assert haste(ended("linear", "tree"), FAMILIES, 5.0, trials=2) == ""


def test_nothing_is_said_where_families_had_their_turn_or_time_was_not_what_ended_it() -> None:
    assert haste(ended(*["linear", "boosting", "tree"] * 3), FAMILIES, 5.0) == ""
    assert haste(ended("linear", stopped=Stop.TRIALS), FAMILIES, 5.0) == ""


@pytest.mark.parametrize(("value", "shown"), [(45.0, 50), (22.5, 30), (112.0, 120), (1740.0, 1800), (3.2, 4), (0.3, 1)])
def test_seconds_are_rounded_up_to_what_people_type(value: float, shown: int) -> None:
    assert _rounded_up(value) == shown


def test_an_error_says_how_many_seconds_would_do() -> None:
    rng = np.random.default_rng(0)
    search = automicro.Search(trials=30, seconds=0.3, families=["linear", "tree"], workers=0)
    with pytest.raises(automicro.Infeasible, match=r"before the time was up.*: give about [0-9,]+ seconds$"):
        automicro.select(rng.normal(size=(300, 3)), rng.normal(size=300), metric="r2", score=0.9, search=search)


def test_a_search_that_did_all_its_trials_did_not_lack_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(loop, "time", now)
    one = loop.Loop.__new__(loop.Loop)
    one.found, one._waiting, one._done, one._trials = SearchHistory(), deque(), {}, 3
    one._run(SimpleNamespace(), 3, lambda found: 50.0, SimpleNamespace())
    assert one.found.stopped == Stop.TRIALS
    one.found.stopped = None
    one._run(SimpleNamespace(), 4, lambda found: 50.0, SimpleNamespace())
    assert one.found.stopped == Stop.TIME
