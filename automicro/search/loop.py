"""The search: asks for candidates, has them tried, keeps the smallest artifact that meets the constraints."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from automicro.plugin import Declined
from automicro.search.context import Candidate, Outcome, QuantisedVariant, State, TrialTask, offsets_of
from automicro.search.history import SearchHistory, Stop, bytes_of, utility_of
from automicro.search.propose.allocation import Allocation, left_out
from automicro.search.propose.budget import artifact_budget
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automicro.plugin import Family, Profile
    from automicro.search.clock import Patience
    from automicro.search.context import Target
    from automicro.search.decide.certify import SafetyMargin
    from automicro.search.propose.warm_start import WarmStart
    from automicro.search.storage import SharedTrials
    from automicro.search.workers.executor import LocalExecutor

    Until = Callable[[bool], float | None]

__all__ = ["Goal", "Listener", "Loop", "serves", "usable_families"]

AHEAD = 4  # a candidate is drawn knowing all results but those of the last few before it, however fast the machine
SKIPPED_IN_A_ROW = 200  # candidates that cannot win by their size budget before the search is over
UNKNOWN_BYTES = 1e6


class Listener(Protocol):
    """Hears of every trial as it ends."""

    def update(self, trials: int, outcome: Outcome, incumbent: Outcome | None) -> None:
        """Take up one more trial."""


def serves(family: Family, profile: Profile) -> bool:
    """Whether a family is for the task and the kind of the data; prepared, all kinds are tables."""
    return profile.task in family.tasks and bool(family.kinds & {profile.kind, "table"})


def usable_families(families: Mapping[str, Family], profile: Profile) -> tuple[dict[str, Family], list[str]]:
    """Return the families that serve a problem, and a sentence for each that does not."""
    usable: dict[str, Family] = {}
    notes: list[str] = []
    for name, family in families.items():
        if not serves(family, profile):
            notes.append(f"family {name!r} declined: it does not serve {profile.task} on a {profile.kind}")
            continue
        try:
            _ask(family, profile)
        except Declined as declined:
            notes.append(f"family {name!r} declined: {declined}")
        except Exception as error:  # noqa: BLE001 - a family of others must not end the search
            notes.append(left_out(name, error))
        else:
            usable[name] = family
    return usable, notes


def _ask(family: Family, profile: Profile) -> None:
    """Ask a family all that it is asked before training, of every setting of its portfolio."""
    for setting in candidate_space(family, profile).portfolio:
        preparation = preparation_settings(family, setting)
        artifact_budget(family, Candidate(0, family.name, own_parameters(setting), preparation, 0), profile)


@dataclass(frozen=True)
class Goal:
    """What is to be reached, on how many folds, starting from what; `timed` if nothing but the clock bounds the search.

    With an `aim` the search aims above the target, by a margin that is fixed once a trial shows how much scores vary. `first` is
    a candidate that is finished before the search begins, with its outcome: the reference's own model. `patience` says how long a
    trial may take, if the executor does not. `size_bytes` are the most bytes of what is returned.
    """

    target: Target
    folds: int
    timed: bool = False
    earlier: WarmStart | None = None
    aim: SafetyMargin | None = None
    first: tuple[Candidate, Outcome] | None = None
    patience: Patience | None = None
    size_bytes: int | None = None


class Loop:
    """One search.

    With a number of trials candidates are drawn and judged in order, each knowing exactly the results of those at least `AHEAD` before
    it, so that the search depends on nothing but its seed, however many workers share the work. If nothing but the clock bounds it,
    results are taken as they come, so that no trial waits for one that takes long.
    """

    def __init__(self, families: Mapping[str, Family], profile: Profile, goal: Goal, seed: int) -> None:
        self._families, self._profile, self._goal = families, profile, goal
        self._target, self._folds, self._aim = goal.target, goal.folds, goal.aim
        self._allocation = Allocation(families, profile, seed, timed=goal.timed, earlier=goal.earlier)
        self._waiting: deque[int] = deque()
        self._done: dict[int, Outcome] = {}
        self._tasks: dict[int, TrialTask] = {}
        self._trials = 0
        self.found = SearchHistory(floor=goal.target.utility, size_bytes=goal.size_bytes, notes=self._allocation.notes)
        if goal.first is not None:
            self._begin_with(*goal.first)

    def run(
        self, executor: LocalExecutor | SharedTrials, trials: int | None, until: Until, listener: Listener
    ) -> SearchHistory:
        """Search until `trials` candidates were trained, the clock `time.monotonic` says `until`, or nothing new is left.

        `until` is called with whether anything feasible is found, and returns None where no clock bounds the search.
        """
        usual, patience = executor.task_seconds, self._goal.patience
        executor.task_seconds = patience.first_seconds if patience else usual
        try:
            self._run(executor, trials, until, listener)
        except KeyboardInterrupt:
            self.found.stopped = None
            self.found.interrupt()
        executor.task_seconds = usual
        self._take_what_is_done(listener)
        return self.found

    def _begin_with(self, candidate: Candidate, outcome: Outcome) -> None:
        """Take up what is finished already; candidates that are drawn have the numbers behind it."""
        self._allocation.number_from(candidate.number + 1)
        self.found.candidates[candidate.number] = candidate
        self.found.outcomes.append(outcome)
        self._aimed(outcome)

    def _run(
        self, executor: LocalExecutor | SharedTrials, trials: int | None, until_found: Until, listener: Listener
    ) -> None:
        while True:
            until = until_found(self._found_any)
            while len(self._waiting) < AHEAD and self._may_start(trials, until) and self._start(executor, until):
                pass
            if not self._waiting:
                in_turn = trials is None or self._trials < trials
                out_of_time = in_turn and until is not None and time.monotonic() >= until
                self.found.stopped = self.found.stopped or (Stop.TIME if out_of_time else Stop.TRIALS)
                return
            while (number := self._in_turn()) is None:
                if (finished := executor.next_finished(until)) is None:
                    self.found.stopped = Stop.TIME
                    return
                self._finish(finished.number, finished.result, finished.failure, finished.seconds)
                if self._goal.patience and finished.failure is None:
                    executor.task_seconds = self._goal.patience.seconds
                until = until_found(self._found_any)
            self._waiting.remove(number)
            self._judge(self._done.pop(number), listener)

    def _in_turn(self) -> int | None:
        """Return the trial that is taken next if it is done: the first begun, or any if nothing but the clock bounds the search."""
        turns = self._waiting if self._goal.timed else [self._waiting[0]]
        return next((number for number in turns if number in self._done), None)

    @property
    def _found_any(self) -> bool:
        """Whether anything feasible is found, be its turn yet to come."""
        return any(o.artifact is not None and not o.missed for o in (*self._done.values(), *self.found.outcomes))

    def _may_start(self, trials: int | None, until: float | None) -> bool:
        in_time = until is None or time.monotonic() < until
        return in_time and not self.found.stopped and (trials is None or self._trials < trials)

    def _start(self, executor: LocalExecutor | SharedTrials, until: float | None) -> bool:
        """Start the next candidate that its size budget does not exclude; False if there is none, or no time for one."""
        for _ in range(SKIPPED_IN_A_ROW):
            if until is not None and time.monotonic() >= until:
                return False
            candidate = self._allocation.ask(None if until is None else until - time.monotonic())
            if candidate is None:
                self.found.stopped = Stop.EXHAUSTED
                return False
            self.found.candidates[candidate.number] = candidate
            if (skipped := self._excluded(candidate)) is not None:
                self.found.outcomes.append(skipped)
                if note := self._allocation.tell(candidate, skipped, _value(skipped)):
                    self.found.notes.append(note)
                continue
            self._launch(executor, candidate)
            return True
        self.found.stopped = Stop.NOTHING_SMALLER
        return False

    def _launch(self, executor: LocalExecutor | SharedTrials, candidate: Candidate) -> None:
        task = TrialTask(candidate, self._paired_target(), self._bytes_to_beat, self._aim, self._known)
        self._tasks[candidate.number] = task
        self._trials += 1
        self._waiting.append(candidate.number)
        executor.submit(candidate.number, task)

    @property
    def _bytes_to_beat(self) -> int | None:
        """The bytes of the best artifact that reaches the aim: larger ones cannot win any more.

        It may be larger than `size` allows: `size` does not steer the search, so that a size that the answer meets anyway changes
        nothing.
        """
        best = next(iter(self.found.artifacts), None)
        return None if best is None or not self.found.reaches_aim(best) else bytes_of(best)

    @property
    def _known(self) -> tuple[tuple[int, float], ...]:
        """Bytes and utility of the artifacts that none beats in both."""
        kept: list[tuple[int, float]] = []
        for size, utility in sorted((bytes_of(o), -utility_of(o)) for o in self.found.artifacts):
            if not kept or -utility > kept[-1][1]:
                kept.append((size, -utility))
        return tuple(kept)

    def _aimed(self, outcome: Outcome) -> None:
        """Aim above the target from now on, as high as the first trial that could tell a margin."""
        if self._aim is None or outcome.aim is None:
            return
        asked, self._aim = self._target.utility, None
        self._target = replace(self._target, utility=outcome.aim, floor=asked)
        self.found.aim, self.found.floor = outcome.aim, asked

    def _paired_target(self) -> Target:
        """Return the target with what the best trial so far tells about the folds, where no reference has told it."""
        if self._target.fold_offsets:
            return self._target
        whole = [o for o in self.found.outcomes if len(o.fold_utilities) == self._folds and o.form is not None]
        if not whole:
            return self._target
        best = max(whole, key=lambda o: (o.form.utility if o.form else -math.inf, -o.number))
        return replace(self._target, fold_offsets=offsets_of(best.fold_utilities))

    def _finish(self, number: int, result: Any, failure: str | None, seconds: float) -> None:
        if not isinstance(result, Outcome):
            said = getattr(failure, "traceback", "")
            result = Outcome(number, State.FAILED, failure or "ended without a result", seconds=seconds, traceback=said)
        self._done[number] = result

    def _judge(self, outcome: Outcome, listener: Listener) -> None:
        candidate = self.found.candidates[outcome.number]
        self.found.outcomes.append(outcome)
        self._aimed(outcome)
        least = self._tasks[outcome.number].incumbent_bytes if outcome.status == State.TOO_LARGE else None
        note = self._allocation.tell(candidate, self._short_of_margin(outcome), _value(outcome, least or 0))
        if note:
            self.found.notes.append(note)
        listener.update(self._trials, outcome, self.found.incumbent)

    def _short_of_margin(self, outcome: Outcome) -> Outcome:
        """Return what the studies learn of an outcome: one that meets the target, not the margin, misses the score by what is short."""
        short = self._target.short_of_margin(utility_of(outcome)) and outcome.status in (
            State.FEASIBLE,
            State.BELOW_MARGIN,
        )
        if not short or outcome.missed:
            return outcome
        missed = (self._target.utility - utility_of(outcome)) / self._target.scale
        return replace(outcome, status=State.INFEASIBLE, missed=missed)

    def _take_what_is_done(self, listener: Listener) -> None:
        """Take up what was still waiting for its turn, or under way, when the search stopped."""
        for number in sorted(self._done):
            self._judge(self._done.pop(number), listener)
        done = {outcome.number for outcome in self.found.outcomes}
        for number in self._waiting:
            if number not in done:
                self.found.outcomes.append(
                    Outcome(number, State.ABANDONED, f"under way when the search ended: {self.found.ending}")
                )
        self._waiting.clear()

    def _excluded(self, candidate: Candidate) -> Outcome | None:
        """Return the outcome of a candidate whose size budget shows, untrained, that it cannot win or fit."""
        try:
            least = artifact_budget(self._families[candidate.family], candidate, self._profile).at_least_bytes
        except Exception as error:  # noqa: BLE001 - a family of others must not end the search
            self._allocation.leave_out(candidate.family, error)
            return Outcome(candidate.number, State.FAILED, f"{type(error).__name__}: {error}")
        limit = self._bytes_to_beat
        if limit is not None and least > limit:
            reason = f"takes at least {least} bytes, the incumbent {limit}"
            return Outcome(candidate.number, State.SKIPPED, reason, QuantisedVariant("", "", math.nan, least))
        return None


def _value(outcome: Outcome, least_bytes: int = 0) -> float | None:
    """Return what a study minimises: the logarithm of the bytes, or of `least_bytes` where these are only known not to be fewer."""
    if outcome.status in (State.FAILED, State.DECLINED):
        return None
    size = outcome.form.size_bytes if outcome.form and outcome.form.size_bytes else UNKNOWN_BYTES
    return math.log(max(size, least_bytes))
