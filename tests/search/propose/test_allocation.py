"""Who gets the next trial: portfolios first, then what promises most; what is slow to start begins late or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from automicro.plugin import Choice, ColumnProfile, Family, Integer, Profile, SizeBudget, Space
from automicro.search.context import Outcome, QuantisedVariant
from automicro.search.propose.allocation import Allocation

PROFILE = Profile(100, (ColumnProfile("a", "numeric", 0, 50), ColumnProfile("b", "numeric", 0, 50)), "regression", 0)


class Light(Family):
    name = "light"
    tasks = frozenset({"regression"})

    def space(self, profile: Profile) -> Space:
        return Space((Integer("n", 1, 10**6),), tuple({"n": n} for n in (1, 2, 3)))

    def size_budget(self, parameters: Any, profile: Profile) -> SizeBudget:
        return SizeBudget(1, 1600)

    def fit(self, parameters: Any, data: Any) -> Any: ...

    def lower(self, model: Any) -> Any: ...


class Late(Light):
    name = "late"
    start_seconds = 3.0


class Tiny(Late):
    name = "tiny"

    def size_budget(self, parameters: Any, profile: Profile) -> SizeBudget:
        return SizeBudget(1, 1600, usual_bytes=20)


class Single(Light):
    name = "single"

    def space(self, profile: Profile) -> Space:
        return Space((Choice("only", (1,)),), ({"only": 1},))


def drawn(
    families: list[type[Family]], sizes: dict[str, int | None], rounds: int, *, seconds: float | None = None
) -> list[str]:
    """Return the families that were asked, each told at once what it reached (None: nothing feasible) and taking one second."""
    allocation = Allocation({f.name: f() for f in families}, PROFILE, 0, timed=seconds is not None)
    names: list[str] = []
    while len(names) < rounds:
        candidate = allocation.ask(None if seconds is None else seconds - len(names))
        if candidate is None:
            break
        names.append(candidate.family)
        size = sizes[candidate.family]
        form, missed = QuantisedVariant("", "", 0.0, size or 1000), 0.0 if size else 0.01
        status = "feasible" if size else "infeasible"
        allocation.tell(candidate, Outcome(candidate.number, status, form=form, missed=missed, seconds=1.0), 1.0)
    return names


def test_a_slow_start_waits_for_the_portfolios_and_begins_where_nothing_is_feasible() -> None:
    names = drawn([Light, Late], {"light": None, "late": None}, 13)
    assert names[:3] == ["light"] * 3
    assert 4 <= names[3:].count("late") <= 7  # in level with the others from then on


@pytest.mark.parametrize(("incumbent", "begins"), [(30, False), (100, False), (150, True)])
def test_a_slow_start_begins_where_it_may_beat_the_incumbent(incumbent: int, begins: bool) -> None:
    # a sixteenth of 1600 bytes and a few for the columns are expected
    assert ("late" in drawn([Light, Late], {"light": incumbent, "late": 90}, 20)) == begins


def test_a_family_may_say_what_it_usually_takes() -> None:
    assert "tiny" in drawn([Light, Tiny], {"light": 30, "tiny": 25}, 20)


def test_a_slow_start_needs_time_that_is_left() -> None:
    sizes = {"light": None, "late": None}
    assert "late" not in drawn([Light, Late], sizes, 12, seconds=12.0)
    assert "late" in drawn([Light, Late], sizes, 13, seconds=13.0)


def test_a_slow_start_does_not_wait_for_portfolios_longer_than_a_quarter_of_the_time() -> None:
    class Long(Light):
        name = "long"

        def space(self, profile: Profile) -> Space:
            return Space((Integer("n", 1, 100),), tuple({"n": n} for n in range(1, 90)))

    names = drawn([Long, Late], {"long": None, "late": None}, 60, seconds=60.0)
    assert names.index("late") in (16, 17)


def test_alone_or_after_the_others_it_begins_at_once() -> None:
    assert drawn([Late], {"late": 90}, 3) == ["late"] * 3
    assert drawn([Single, Late], {"single": None, "late": None}, 3) == ["single", "late", "late"]


def test_what_a_family_is_asked_does_not_depend_on_the_others() -> None:
    def settings(*families: type[Family]) -> list[Any]:
        allocation = Allocation({f.name: f() for f in families}, PROFILE, 7)
        asked: list[Any] = []
        while len(asked) < 6:
            candidate = allocation.ask()
            assert candidate is not None
            if candidate.family == "light":
                asked.append(dict(candidate.parameters))
            allocation.tell(
                candidate, Outcome(candidate.number, "feasible", form=QuantisedVariant("", "", 0.0, 9)), 1.0
            )
        return asked

    assert settings(Light) == settings(Light, Single, Tiny)


def test_only_what_every_search_tries_first_is_planned() -> None:
    allocation = Allocation({"light": Light()}, PROFILE, 0)
    candidates = [allocation.ask() for _ in range(5)]
    assert [(c.parameters["n"] <= 3, c.planned) for c in candidates if c] == [(True, True)] * 3 + [(False, False)] * 2
