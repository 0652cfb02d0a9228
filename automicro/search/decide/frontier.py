"""Which artifacts of a search none beats in both size and score, the one that is returned among them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.search.context import Outcome
    from automicro.search.decide.replay_check import ReplayCheck

__all__ = ["better_of", "frontier", "rank", "unbeaten"]


def frontier(replay_check: ReplayCheck, chosen: Outcome, passed_over: Iterable[Outcome] = ()) -> list[Outcome]:
    """Return the artifacts that meet every constraint and that no other beats in both bytes and utility, smallest first.

    The one that is returned is always among them, as the only one of its size. A smaller one that promises no less was passed over for
    a reason, such as its latency or its certificate, and is left out.

    Parameters
    ----------
    replay_check : ReplayCheck
    chosen : Outcome
        What is returned.
    passed_over : iterable of Outcome
        What is known not to meet a constraint after its trial ended, such as the latency.
    """
    excluded_columns = {id(outcome) for outcome in passed_over}
    size, utility = _measure(chosen)
    kept: list[Outcome] = []
    best = -math.inf
    for outcome in sorted(
        [chosen, *replay_check.found.feasible], key=lambda o: (_measure(o)[0], -_measure(o)[1], o.number)
    ):
        own_size, own_utility = _measure(outcome)
        if outcome is chosen:
            kept.append(outcome)
            best = own_utility
        if (
            own_size == size
            or id(outcome) in excluded_columns
            or own_utility <= best
            or (own_size < size and own_utility >= utility)
        ):
            continue
        if (sound := replay_check.passed(outcome)) is not None:
            kept.append(sound)
            best = own_utility
    return kept


def rank(outcome: Outcome, aim: float) -> tuple[float, bool, float]:
    """Return what is least for the smallest artifact that misses nothing and reaches the aim, or else for the surest."""
    size, utility = _measure(outcome)
    below = utility < aim
    return outcome.missed, below, -utility if below else size


def better_of(one: Outcome, other: Outcome, aim: float) -> Outcome:
    """Return the better of two outcomes of a candidate, the artifacts of the other beside its own."""
    made = [outcome for outcome in (one, other) if outcome.artifact is not None and not outcome.missed]
    missed = [outcome for outcome in (other, one) if outcome.missed] or [other]
    best = min(made, key=lambda o: rank(o, aim)) if made else min(missed, key=lambda o: o.missed)
    others = unbeaten(each for outcome in (one, other) for each in (outcome, *outcome.others) if each is not best)
    return replace(best, others=others, aim=one.aim if one.aim is not None else other.aim)


def unbeaten(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the artifacts that miss nothing and that none of them beats in both bytes and utility, smallest first."""
    kept: list[Outcome] = []
    sound = [outcome for outcome in outcomes if outcome.artifact is not None and not outcome.missed]
    for outcome in sorted(sound, key=lambda o: (_measure(o)[0], -_measure(o)[1])):
        if not kept or _measure(outcome)[1] > _measure(kept[-1])[1]:
            kept.append(outcome)
    return tuple(kept)


def _measure(outcome: Outcome) -> tuple[int, float]:
    return len(outcome.artifact or b""), outcome.form.utility if outcome.form else -math.inf
