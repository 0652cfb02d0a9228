"""The reference that ``within`` is measured against: the best out-of-fold score of the families' strongest settings."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.search.forms import mean_gain
from automicro.search.space import preparation_settings
from automicro.search.task import Candidate, ReferenceOutcome, ReferenceTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automicro.plugin import Family, Profile
    from automicro.search.executor import LocalExecutor
    from automicro.search.task import Outcome

__all__ = ["Reference", "find_reference", "reference_tasks"]


@dataclass(frozen=True)
class Reference:
    """The strongest score found, and what took part.

    Parameters
    ----------
    family : str or None
        None if no member finished.
    gain : float
        Mean over the folds of the metric, its sign turned where smaller is better.
    members : tuple of ReferenceOutcome
        Everything that was tried; `reason` says why a member did not finish.
    """

    family: str | None
    gain: float
    members: tuple[ReferenceOutcome, ...]

    @property
    def fold_gains(self) -> tuple[float, ...]:
        """Gains of the best member, fold by fold."""
        return next((m.fold_gains for m in self.members if m.family == self.family), ())


def reference_tasks(families: Mapping[str, Family], profile: Profile, seed: int) -> list[ReferenceTask]:
    """Return one task for every family that has a strongest setting for this problem."""
    tasks: list[ReferenceTask] = []
    for name, family in sorted(families.items()):
        setting = family.strongest(profile)
        if setting is not None:
            number = -1 - len(tasks)
            tasks.append(ReferenceTask(Candidate(number, name, setting, preparation_settings(family, setting), seed)))
    return tasks


def find_reference(executor: LocalExecutor, tasks: Sequence[ReferenceTask], until: float | None) -> Reference:
    """Run the portfolio; members that are not finished when `time.monotonic()` reaches `until` are given up."""
    for task in tasks:
        executor.submit(task.candidate.number, task)
    waiting = {task.candidate.number: task.candidate for task in tasks}
    members: list[ReferenceOutcome] = []
    started = time.monotonic()
    while waiting and (finished := executor.next_finished(until)) is not None:
        candidate = waiting.pop(finished.number)
        members.append(_member(candidate, finished.result, finished.failure, finished.seconds))
    for candidate in waiting.values():
        executor.cancel(candidate.number)
        reason = f"did not finish within {time.monotonic() - started:.0f} s, its part of the time"
        members.append(ReferenceOutcome(candidate.number, candidate.family, (), reason))
    members.sort(key=lambda member: -member.number)
    scored = [member for member in members if member.fold_gains]
    if not scored:
        return Reference(None, -math.inf, tuple(members))
    best = max(scored, key=lambda member: (mean_gain(member.fold_gains), -member.number))
    return Reference(best.family, mean_gain(best.fold_gains), tuple(members))


def _member(
    candidate: Candidate, result: ReferenceOutcome | Outcome | None, failure: str | None, seconds: float
) -> ReferenceOutcome:
    if isinstance(result, ReferenceOutcome):
        return result
    reason = failure or (result.reason if result is not None else "ended without a result")
    return ReferenceOutcome(candidate.number, candidate.family, (), reason, seconds=seconds)
