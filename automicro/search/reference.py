"""The reference of ``within``: the best out-of-fold score of the strongest settings of all families, each run to the end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.data import PreparationSettings
from automicro.errors import DataError, NothingFinished
from automicro.search.context import (
    Candidate,
    Outcome,
    OwnTask,
    Probe,
    ProbeTask,
    ReferenceOutcome,
    ReferenceTask,
    TrialTask,
)
from automicro.search.propose.space import preparation_settings, reference_preparation
from automicro.search.trial.variant_scores import mean_utility

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from automicro.plugin import Family, Profile
    from automicro.search.context import Context, Target
    from automicro.search.decide.certify import SafetyMargin
    from automicro.search.workers.executor import Finished, LocalExecutor

__all__ = ["Limits", "Member", "Reference", "find_reference", "own_model", "portfolio"]

PROBED_CELLS = (
    1_000_000  # of a fold's training table from which on trainings on few rows say first how long one of all takes
)
OWN = -1_000_000  # number of the task that evaluates the reference's own model
SPARE = 1.15  # times the measured seconds, since another run may take longer


@dataclass(frozen=True)
class Limits:
    """When a reference must be finished, on the clock `time.monotonic`; no limit where nothing bounds the search.

    Parameters
    ----------
    started : float
        When the search began.
    seconds, share : float or None, float
        Of the search, and the part of it after which the members that every reference has must be finished.
    others_share : float
        The part after which no other member is waited for.
    workers : int
    """

    started: float
    seconds: float | None
    share: float
    others_share: float
    workers: int

    @property
    def until(self) -> float | None:
        """When the members that every reference has must be finished."""
        return None if self.seconds is None else self.started + self.share * self.seconds

    @property
    def others_until(self) -> float | None:
        """When the other members must be finished, if the former are."""
        return None if self.seconds is None else self.started + self.others_share * self.seconds


@dataclass
class Member:
    """One strongest setting: what became of it on each fold and on all rows, and why it does not count if so."""

    candidate: Candidate
    required: bool
    fold_utilities: list[float]
    outcomes: dict[int | None, ReferenceOutcome] = field(default_factory=dict)
    probed_seconds: float = 0.0
    reason: str = ""
    is_late: bool = False

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.candidate.family

    @property
    def is_finished(self) -> bool:
        """Whether every fold is scored, and a model is trained on all rows."""
        return not self.reason and len(self.outcomes) == len(self.fold_utilities) + 1

    @property
    def utility(self) -> float:
        """Mean over the folds; minus infinity if it is not finished."""
        return mean_utility(self.fold_utilities) if self.is_finished else -math.inf

    @property
    def folds_done(self) -> int:
        """Number of folds that are scored."""
        return len(self.outcomes.keys() - {None})

    @property
    def artifacts(self) -> tuple[bytes, ...]:
        """The packed model of each fold."""
        return tuple(self.outcomes[fold].artifact for fold in range(len(self.fold_utilities)))

    @property
    def predictions(self) -> tuple[NDArray[np.float64], ...]:
        """What the packed model of each fold predicts for its validation rows."""
        return tuple(self.outcomes[fold].prediction for fold in range(len(self.fold_utilities)))

    @property
    def artifact(self) -> bytes:
        """The packed model that was trained on all rows."""
        return self.outcomes[None].artifact


@dataclass(frozen=True)
class Reference:
    """The strongest score found, and what took part.

    Parameters
    ----------
    members : tuple of Member
        The finished ones first, the best of all at the head.
    rows : int
        That the folds are made of.
    seconds : float
        From the first training to the last.
    notes : list of str
        One sentence for each member that does not count, and why its own model is no candidate, if so.
    """

    members: tuple[Member, ...]
    rows: int
    seconds: float
    notes: list[str] = field(default_factory=list)

    @property
    def best(self) -> Member:
        """The member with the best mean utility."""
        return self.members[0]


def portfolio(families: Mapping[str, Family], profile: Profile, folds: int, seed: int) -> list[Member]:
    """Return a member for every family that has a strongest setting for this problem, or raises when the search requests it."""
    members: list[Member] = []
    for name, family in sorted(families.items()):
        member = Member(
            Candidate(0, name, {}, PreparationSettings(), seed), family.in_every_reference, [math.nan] * folds
        )
        try:
            setting = family.strongest(profile)
            if setting is None:
                continue
            preparation = preparation_settings(family, {**setting, **reference_preparation(profile)})
        except Exception as error:  # noqa: BLE001 - a family of others must not end the search
            member.reason = f"does not count: its strongest setting raised {type(error).__name__}: {error}"
        else:
            member.candidate = replace(member.candidate, parameters=setting, preparation=preparation)
        members.append(member)
    return members


def find_reference(executor: LocalExecutor, context: Context, members: list[Member], limits: Limits) -> Reference:
    """Run the portfolio to its end.

    Members that every reference has run first and are waited for; the others do not count where they are not finished in their part of
    the time.

    Raises
    ------
    DataError
        If no family has a strongest setting.
    NothingFinished
        If a member that every reference has is not finished in time, or fails: there is nothing to measure a model against.
    """
    if not members:
        raise DataError(
            "constraints.within needs the score of a strong model, but no family has one: give an absolute score"
        )
    race = _Race(executor, context, members, limits)
    race.run()
    ranked = sorted(members, key=lambda member: (not member.is_finished, -member.utility, member.family))
    if not ranked[0].is_finished or any(m.required and not m.is_finished for m in members):
        raise race.unfinished()
    notes = [f"reference: family {member.family!r} {member.reason}" for member in ranked if member.reason]
    return Reference(tuple(ranked), context.problem.rows, time.monotonic() - race.started, notes)


def own_model(
    executor: LocalExecutor,
    reference: Reference | None,
    families: Mapping[str, Family],
    target: Target,
    aim: SafetyMargin | None,
) -> tuple[Candidate, Outcome] | None:
    """Return the reference's own model as an evaluated candidate; None, and a note of the reference, if its family takes no part."""
    if reference is None:
        return None
    best = reference.best
    if best.family not in families:
        reference.notes.append(
            f"reference: the model of {best.family!r} is not a candidate, since its family takes no part in the search"
        )
        return None
    task = TrialTask(best.candidate, target, None, aim)
    own = OwnTask(task, tuple(best.fold_utilities), best.artifacts, best.predictions, best.artifact)
    executor.submit(OWN, own, limited=False)
    finished = executor.next_finished()
    while finished is not None and finished.number != OWN:  # a training that was given up, but had ended
        finished = executor.next_finished()
    if finished is not None and isinstance(finished.result, Outcome):
        return best.candidate, finished.result
    why = "it was not evaluated" if finished is None else finished.failure
    reference.notes.append(f"reference: the model of {best.family!r} is not a candidate: {why}")
    return None


class _Race:
    """The trainings of all members: those of the required ones first, fold by fold, then on all rows."""

    def __init__(self, executor: LocalExecutor, context: Context, members: list[Member], limits: Limits) -> None:
        self._executor, self._context, self._members, self._limits = executor, context, members, limits
        self._waiting: dict[int, tuple[Member, ReferenceTask | ProbeTask]] = {}
        self.started, self._start_seconds = time.monotonic(), 0.0

    def run(self) -> None:
        """Run until every member is finished, has failed or is given up."""
        able = [member for member in self._members if not member.reason]
        for member, task in self._tasks(able):
            number = -1 - len(self._waiting)
            self._waiting[number] = member, task
            self._executor.submit(number, task, limited=not member.required)
        while self._waiting and not any(member.required and member.reason for member in able):
            limit = self._limits.until if self._waits_for_required() else self._limits.others_until
            finished = self._executor.next_finished(limit)
            if finished is None:
                break
            self._take(finished)
        for number in self._waiting:
            self._executor.cancel(number)
        for member in able:
            if not (member.is_finished or member.reason):
                done = f"{member.folds_done} of {len(self._context.folds)} folds"
                member.reason = f"does not count: it finished {done} within its part of the time"
                member.is_late = True

    def unfinished(self) -> NothingFinished:
        """Return the error that names what is not finished, and the seconds with which it would be."""
        required = [member for member in self._members if member.required] or self._members
        member = next(member for member in required if not member.is_finished)
        folds, spent = len(self._context.folds), time.monotonic() - self._limits.started
        seconds = self._enough_seconds(required)
        nearest: dict[str, dict[str, object]] = {"within": {"family": member.family, "folds": member.folds_done}}
        if not member.is_late:
            said = f"family {member.family!r} {member.reason}: give an absolute score instead of within"
        else:
            nearest["within"]["seconds"] = seconds
            said = (
                f"family {member.family!r} finished {member.folds_done} of {folds} folds in {spent:.3g} s: "
                f"give at least {seconds} s, fewer rows, or an absolute score instead of within"
            )
        return NothingFinished(
            f"within needs a reference that is finished, but {said}", binding=("within",), nearest=nearest
        )

    def _tasks(self, members: list[Member]) -> Iterator[tuple[Member, ReferenceTask | ProbeTask]]:
        places: list[int | None] = [*range(len(self._context.folds)), None]
        required = [member for member in members if member.required]
        cells = len(self._context.folds[0].train) * len(self._context.problem.table.columns)
        if self._limits.seconds is not None and cells >= PROBED_CELLS:
            yield from ((member, ProbeTask(member.candidate)) for member in required)
        for group in (required, [member for member in members if not member.required]):
            yield from ((member, ReferenceTask(member.candidate, place)) for place in places for member in group)

    def _waits_for_required(self) -> bool:
        return any(member.required and not member.is_finished for member in self._members)

    def _take(self, finished: Finished) -> None:
        if finished.number not in self._waiting:
            return
        (member, task), result = self._waiting.pop(finished.number), finished.result
        if isinstance(result, ReferenceOutcome | Probe) and not self._start_seconds:  # of the workers
            self._start_seconds = max(time.monotonic() - self.started - result.seconds, 0.0)
        if isinstance(task, ProbeTask):
            member.probed_seconds = result.fold_seconds if isinstance(result, Probe) else 0.0
        elif isinstance(result, ReferenceOutcome):
            member.outcomes[task.fold] = result
            if task.fold is not None:
                member.fold_utilities[task.fold] = result.utility
        else:
            where = "all rows" if task.fold is None else f"fold {task.fold + 1}"
            why = finished.failure or getattr(result, "reason", "ended without a result")
            did = "declined" if isinstance(result, Outcome) else "failed"
            member.reason = member.reason or f"does not count: it {did} on {where}: {why}"
            member.required = member.required and did == "failed"

    def _enough_seconds(self, members: list[Member]) -> int:
        """Return the seconds of a search in which these members finish in their part of the time, estimated from the trainings so far."""
        now, folds = time.monotonic(), self._context.folds
        each = []
        for member in members:
            known = [outcome.seconds for fold, outcome in member.outcomes.items() if fold is not None]
            each.append(float(np.mean(known)) if known else member.probed_seconds or now - self.started)
        whole = self._context.problem.rows / len(folds[0].train)
        busy = sum(each) * (len(folds) + whole) / min(self._limits.workers, len(each) * len(folds))
        wall = self.started - self._limits.started + self._start_seconds + busy + max(each)
        least = 0.0 if self._limits.seconds is None else self._limits.seconds + 1
        return math.ceil(max(SPARE * wall / self._limits.share, least))
