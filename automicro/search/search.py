"""One whole search: reference, loop, latency, verdict."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from automicro.data import profile
from automicro.discovery import ThirdParty, consulted
from automicro.errors import RequestError
from automicro.interpreters import MISSING, interpreter
from automicro.machine import default_memory, default_workers
from automicro.request import why_not_passed_on
from automicro.room import check_memory
from automicro.search.classes import with_classes
from automicro.search.clock import Clock, Patience
from automicro.search.context import Context
from automicro.search.decide.clustering import one_cluster, partition_target, structure_note, structure_of
from automicro.search.decide.latency import LatencyDecision, doubts
from automicro.search.decide.replay_check import ReplayCheck
from automicro.search.decide.strategies import Clustering, Estimation, HeldOutTest
from automicro.search.given_metric import cost_weights, with_metric
from automicro.search.haste import haste
from automicro.search.loop import Goal, Loop, usable_families
from automicro.search.participants import participants
from automicro.search.propose.warm_start import read_earlier, read_encoders
from automicro.search.reference import Limits, find_reference, own_model, portfolio
from automicro.search.requirements.columns import limited
from automicro.search.requirements.requirements import Requirements
from automicro.search.splits import held_out, splits_of
from automicro.search.storage import SharedTrials, Store
from automicro.search.trial.class_weights import class_weights_of
from automicro.search.trial.logarithm import target_transforms
from automicro.search.trial.robustness import check_robustness
from automicro.search.workers.executor import LocalExecutor
from automicro.search.workers.in_process import InProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.data import Problem
    from automicro.discovery import Registry
    from automicro.plugin import Family, Profile
    from automicro.request import Constraints, Search
    from automicro.search.context import Target
    from automicro.search.decide.certify import Certified, SafetyMargin
    from automicro.search.decide.conclude import Refits
    from automicro.search.history import SearchHistory
    from automicro.search.loop import Listener
    from automicro.search.reference import Reference

__all__ = ["SearchResult", "search", "with_request"]

REFERENCE_SHARE, REFERENCE_SHARE_AT_LAST = 0.2, 0.6
MOMENT = 2.0  # seconds for what follows an interrupt
TRIAL_SECONDS, TRIAL_SHARE = 120.0, 1 / 3  # for what the loop does not bound
STARTED = (
    "a certificate holds only if what the search started from was not trained on the rows that are put aside for it"
)
INSIDE = (
    "trials ran in this process, one after the other and without limits on their time and memory, and the latency is that of this process:"
    f" {MISSING}"
)


@dataclass(frozen=True)
class SearchResult:
    """What a search found, before it is dressed for the user."""

    context: Context
    target: Target
    found: SearchHistory
    timed: LatencyDecision
    reference: Reference | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    certified: Certified | None = None
    aim: SafetyMargin | None = None

    @cached_property
    def requirements(self) -> Requirements:
        """What the model had to satisfy, the score included."""
        return self.context.required(self.target)

    @property
    def is_certified(self) -> bool:
        """Whether what is returned has passed the test on the held-out rows."""
        return self.certified is not None and self.certified.chosen is not None


def with_request(problem: Problem, constraints: Constraints) -> tuple[Problem, Constraints]:
    """Return a problem with the positive class as the second label, and constraints with the user's metric as it is for the labels.

    Raises
    ------
    RequestError, DataError
        If the metric does not fit the task, the target or its labels.
    """
    constraints.check_task(problem.task, problem.classes)
    return with_metric(with_classes(problem, constraints), constraints)


def search(
    problem: Problem, constraints: Constraints, settings: Search, listener: Listener, started: float | None = None
) -> SearchResult:
    """Return everything that is known after the time or the trials that `settings` allow.

    Problem and constraints are those of `with_request`.

    The time counts from `started`, when the request began on the clock `time.monotonic`; by default from now.

    Raises
    ------
    RequestError
        If the metric cannot be passed to workers, or what the search should start from cannot be used.
    DataError
        If the rows are too few to split.
    FamilyUnavailableError
        If a family that was named cannot be used, or none serves the problem.
    """
    clock = Clock(time.monotonic() if started is None else started, settings.seconds)
    notes: list[str] = []
    workers = _workers(settings, constraints, notes)
    result: SearchResult | None = None
    try:
        with (
            _executor(settings, workers) as executor,
            consulted(settings.families, settings.exclude or (), settings.seconds) as registry,
        ):
            means = _Means(listener, clock, executor, workers, registry, tuple(notes))
            result = _search(problem, constraints, settings, means)
    except KeyboardInterrupt:
        if result is None:
            raise
        result.found.interrupt()  # while the workers were ended
    return result


@dataclass(frozen=True)
class _Means:
    """What a search works with, and what is to be said of it."""

    listener: Listener
    clock: Clock
    executor: LocalExecutor
    workers: int
    registry: Registry
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Prepared:
    """What is known before a search tries anything; `rows` is what its model is for."""

    rows: Problem
    context: Context
    facts: Profile
    families: dict[str, Family]
    strategy: Estimation
    notes: list[str]


def _prepared(problem: Problem, constraints: Constraints, settings: Search, means: _Means) -> _Prepared:
    problem = limited(problem, constraints)
    requirements = Requirements.of(problem, constraints)
    check_robustness(problem, constraints)
    said_of_rows: list[str] = []
    certification = held_out(problem, constraints, settings, said_of_rows)
    searched = problem if certification is None else problem.only(certification.searched)
    facts = _facts(searched, constraints, settings, requirements)
    families, notes = participants(means.registry, settings, facts, sent=means.workers > 0)
    plugins = {name: each for name, each in means.registry.families.items() if isinstance(each, ThirdParty)}
    context = _context(searched, constraints, settings, families, notes)
    context = replace(context, plugins=plugins, requirements=requirements)
    notes += [*said_of_rows, *means.notes]
    if certification is not None and (settings.start_from or settings.encoders):
        notes.append(STARTED)
    if problem.task == "clustering":
        structure = structure_of(context, constraints, settings.seed, means.clock.until(REFERENCE_SHARE))
        notes.insert(0, structure_note(constraints, structure))
        partition, indices = partition_target(constraints, structure)
        context = replace(context, requirements=requirements.with_indices(indices))
        strategy: Estimation = Clustering(context, constraints, settings.seed, partition, structure)
    elif certification is not None:
        strategy = HeldOutTest(context, constraints, settings.seed, certification)
    else:
        strategy = Estimation(context, constraints, settings.seed)
    return _Prepared(problem, context, facts, families, strategy, notes)


def _search(problem: Problem, constraints: Constraints, settings: Search, means: _Means) -> SearchResult:
    """Search; an interrupt once there are candidates leaves what is known of them."""
    made = _prepared(problem, constraints, settings, means)
    context, clock, executor, strategy = made.context, means.clock, means.executor, made.strategy
    if isinstance(strategy, Clustering) and not strategy.structure.structured:
        return _one_cluster(made, strategy, means)
    store = None if settings.storage is None else Store(settings.storage, context, means.registry)
    known: SearchResult | None = None
    try:
        with executor:  # it is left before latency is measured
            executor.share(context)
            reference = None
            if constraints.within is not None:
                reference = _reference(means, context, settings.seed)
            target, aim = strategy.target(reference), strategy.margin()
            first = own_model(executor, reference, made.families, target, aim)
            patience = Patience.of(settings, made.families)
            goal = Goal(
                target,
                len(context.folds),
                settings.trials is None,
                context.earlier,
                aim,
                first,
                patience,
                constraints.size,
            )
            loop = Loop(made.families, made.facts, goal, settings.seed)
            known = SearchResult(context, target, loop.found, LatencyDecision(None, None), reference, aim=aim)
            clock.prepared(executor.loaded(clock.until(0.5)), decides_latency=constraints.latency is not None)
            trials = executor if store is None else SharedTrials(executor, store, means.workers)
            ends = clock.loop_ends(certifying=strategy.certifies)
            found = loop.run(trials, settings.trials, ends, means.listener)
            more = strategy.trained_after(executor, found, target, clock.loop_until(certifying=False))
        known = _concluded(known, strategy, more, means)
    except KeyboardInterrupt:
        if known is None:
            raise
        known.found.interrupt()
        known = replace(known, timed=LatencyDecision(known.found.incumbent, None), certified=None)
    finally:
        if store is not None:
            store.close()
    known.found.haste = haste(known.found, made.families, clock.seconds or 0.0, settings.trials)
    return replace(known, notes=_said(known, made, constraints, store), seconds=clock.passed)


def _concluded(known: SearchResult, strategy: Estimation, made: Refits, means: _Means) -> SearchResult:
    """Decide on the certificate and on the latency of what was found; after an interrupt that may take a moment only."""
    found, limit = known.found, strategy.constraints.latency
    fresh = limit is not None or (means.workers > 0 and not found.interrupted)
    until = means.clock.timing_until()
    if found.interrupted:
        until = min(until or math.inf, time.monotonic() + MOMENT)
    gate = ReplayCheck(known.context, found, known.target, fresh)
    certificate, timed = strategy.concluded(gate, made, known.reference, until)
    if found.interrupted or found.untimed:
        timed = timed.or_undecided(limit)
    return replace(known, timed=timed, certified=certificate)


def _said(known: SearchResult, made: _Prepared, constraints: Constraints, store: Store | None) -> tuple[str, ...]:
    """Return what is to be said of the data, of what took part and of what could not be decided."""
    notes = [*made.rows.notes, *made.notes, *known.found.notes, *(_of_storage(store, known.found) if store else ())]
    notes += known.reference.notes if known.reference else ()
    return (*notes, *doubts(known.timed, constraints.latency, known.found.untimed))


def _of_storage(store: Store, found: SearchHistory) -> list[str]:
    """Return how many trials came from storage, of as many as the trace has, and what could not be read or kept."""
    known = sum(outcome.from_storage for outcome in found.outcomes)
    return [f"{known:,} of {len(found.outcomes):,} trials came from storage", *store.notes]


def _workers(settings: Search, constraints: Constraints, notes: list[str]) -> int:
    """Return how many processes train; 0 where this process does, because it is to or because none can be started."""
    check_memory(settings.workers)
    if settings.workers != 0 and (why := why_not_passed_on(constraints.measured.name)):
        said = f"metric: {constraints.metric} cannot be passed to other processes ({why})"
        if settings.workers is not None:
            raise RequestError(f"{said}: give workers=0, or define the function in a module")
        notes.append(
            f"{said}: trials ran in this process, one after the other and without limits on their time and memory"
        )
        return 0
    if interpreter() is not None:
        return default_workers() if settings.workers is None else settings.workers
    if constraints.latency is not None:
        missing = MISSING.format(repr(sys.executable))
        raise RequestError(f"latency: is measured in fresh processes, for which {missing}: leave latency out")
    if settings.workers != 0:
        notes.append(INSIDE.format(repr(sys.executable)))
    return 0


def _executor(settings: Search, workers: int) -> LocalExecutor:
    if workers:
        memory = default_memory(workers) if settings.trial_memory is None else settings.trial_memory
        seconds = max(TRIAL_SECONDS, TRIAL_SHARE * (settings.seconds or 0.0))
        return LocalExecutor(workers, settings.trial_seconds or seconds, memory)
    return cast("LocalExecutor", InProcessExecutor())  # which has the same methods


def _facts(problem: Problem, constraints: Constraints, settings: Search, requirements: Requirements) -> Profile:
    """Return the profile that families are called with."""
    ways = target_transforms(problem, settings.target_transform, constraints.measured.name)
    return profile(problem, max_columns=requirements.max_columns, structural=requirements.structural, transforms=ways)


def _context(
    problem: Problem, constraints: Constraints, settings: Search, families: Mapping[str, Family], notes: list[str]
) -> Context:
    """Return what all tasks share; a sentence about the earlier model, if there is one, is added to `notes`."""
    earlier = None
    if settings.start_from is not None:
        earlier, said = read_earlier(settings.start_from, problem)
        notes.append(said)
    return Context(
        problem,
        splits_of(problem, constraints, settings, notes),
        constraints.measured.name,
        earlier=earlier,
        encoders=read_encoders(settings.encoders or (), families),
        goal=constraints.score,
        class_weights=class_weights_of(problem, settings.class_weight),
        cost_weights=cost_weights(constraints.measured.name, problem),
    )


def _one_cluster(made: _Prepared, strategy: Clustering, means: _Means) -> SearchResult:
    """Return the model of one cluster, for rows without structure."""
    target, limit = strategy.partition, strategy.constraints.latency
    found = one_cluster(made.context, target, strategy.structure)
    gate = ReplayCheck(made.context, found, target, means.workers > 0 or limit is not None)
    timed = strategy.timed(gate, found.feasible, means.clock.timing_until())
    notes = (*made.rows.notes, *made.notes, *doubts(timed, limit, found.untimed))
    return SearchResult(made.context, target, found, timed, None, notes, means.clock.passed)


def _reference(means: _Means, context: Context, seed: int) -> Reference:
    """Run the reference; of a table without families that are slow to start, while others have a strongest setting."""
    executor, clock = means.executor, means.clock
    limits = Limits(clock.started, clock.seconds, REFERENCE_SHARE_AT_LAST, REFERENCE_SHARE, max(means.workers, 1))
    facts = profile(context.problem, max_columns=context.requirements.max_columns)
    usable, _ = usable_families(means.registry.families, facts)
    prompt = {name: family for name, family in usable.items() if not family.start_seconds}
    members = portfolio(prompt, facts, len(context.folds), seed) if facts.kind == "table" else []
    return find_reference(executor, context, members or portfolio(usable, facts, len(context.folds), seed), limits)
