"""The reference that ``within`` is measured against: the best out-of-fold score of the families' strongest settings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from automicro.search.forms import mean_gain
from automicro.search.space import preparation_settings, reference_preparation
from automicro.search.task import Candidate, ReferenceOutcome, ReferenceTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.data import Fold
    from automicro.plugin import Family, Profile
    from automicro.search.executor import Finished, LocalExecutor
    from automicro.search.task import Context

__all__ = ["Member", "Reference", "find_reference", "reference_tasks"]


@dataclass
class Member:
    """One strongest setting: its gain on each fold (NaN where it did not finish), and why it has none if so."""

    family: str
    fold_gains: list[float]
    predictions: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    reason: str = ""

    @property
    def gain(self) -> float:
        """Mean over the finished folds; minus infinity if there is none."""
        return mean_gain(self.fold_gains)

    def out_of_fold(self, folds: Sequence[Fold], rows: int) -> NDArray[np.float64] | None:
        """Return predictions for held-out rows, (repeats, rows) or (repeats, rows, classes); None if no fold was finished."""
        if not self.predictions:
            return None
        first = next(iter(self.predictions.values()))
        result = np.full((1 + max(fold.repeat for fold in folds), rows, *first.shape[1:]), np.nan)
        for place, prediction in self.predictions.items():
            result[folds[place].repeat, folds[place].validation] = prediction
        return result


@dataclass(frozen=True)
class Reference:
    """The strongest score found, and what took part.

    Parameters
    ----------
    members : tuple of Member
        At least one, the best first.
    """

    members: tuple[Member, ...]

    @property
    def best(self) -> Member:
        """The member with the best mean gain."""
        return self.members[0]

    @property
    def notes(self) -> list[str]:
        """One sentence for each member that did not finish every fold."""
        return [f"reference: family {m.family!r} {m.reason}" for m in self.members if m.reason]


def reference_tasks(families: Mapping[str, Family], profile: Profile, folds: int, seed: int) -> list[ReferenceTask]:
    """Return one task for every fold and family that has a strongest setting for this problem, the first fold of all first."""
    settings = {name: family.strongest(profile) for name, family in sorted(families.items())}
    tasks: list[ReferenceTask] = []
    for fold in range(folds):
        for name, setting in settings.items():
            if setting is not None:
                preparation = preparation_settings(families[name], {**setting, **reference_preparation(profile)})
                tasks.append(ReferenceTask(Candidate(-1 - len(tasks), name, setting, preparation, seed), fold))
    return tasks


def find_reference(
    executor: LocalExecutor,
    context: Context,
    tasks: Sequence[ReferenceTask],
    until: float | None,
    at_last: float | None,
) -> Reference:
    """Run the portfolio; what is not finished when `time.monotonic()` reaches `until` is given up.

    If no fold of any member is finished by then, the first one is waited for until `at_last`.
    """
    for task in tasks:
        executor.submit(task.candidate.number, task)
    waiting = {task.candidate.number: task for task in tasks}
    members = {t.candidate.family: Member(t.candidate.family, [math.nan] * len(context.folds)) for t in tasks}
    while waiting:
        anything = any(member.predictions for member in members.values())
        finished = executor.next_finished(until if anything else at_last)
        if finished is None:
            break
        _take(finished, waiting.pop(finished.number), members)
    for number, task in waiting.items():
        executor.cancel(number)
        member = members[task.candidate.family]
        done, of = len(member.predictions), len(context.folds)
        member.reason = member.reason or f"finished {done} of {of} folds within its part of the time"
    return Reference(tuple(sorted(members.values(), key=lambda member: (-member.gain, member.family))))


def _take(finished: Finished, task: ReferenceTask, members: Mapping[str, Member]) -> None:
    member, result = members[task.candidate.family], finished.result
    if isinstance(result, ReferenceOutcome):
        member.fold_gains[task.fold] = result.gain
        member.predictions[task.fold] = result.prediction
    else:
        why = finished.failure or getattr(result, "reason", "ended without a result")
        member.reason = f"failed on fold {task.fold + 1}: {why}"
