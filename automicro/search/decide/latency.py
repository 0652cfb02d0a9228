"""From what the loop found to a verdict: latency decided where nothing disturbs, the score's interval."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from automicro.data.graphs import raw_graphs
from automicro.errors import AutomicroError
from automicro.evidence import Contender, HeldOutPredictions, selection_optimism
from automicro.measure import (
    FEWEST_RUNS,
    FoldPredictions,
    interval,
    latency_in_fresh_processes,
    latency_in_this_process,
    more_runs,
    row_array,
    time_calls,
)
from automicro.program import raw_cells, take
from automicro.request import metric
from automicro.runtime.model import Model
from automicro.search.requirements.scores import STABILITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from automicro.measure import Latency
    from automicro.program import Program
    from automicro.search.context import Context, Outcome
    from automicro.search.decide.replay_check import ReplayCheck

__all__ = [
    "LatencyDecision",
    "decide_latency",
    "decided",
    "doubts",
    "measured_latency",
    "optimism",
    "raw_rows",
    "score_interval",
]

LATENCY_ROWS = 20
LATENCY_TRIES = 8
LOOKS = 3  # at seven, fourteen and twenty-one processes
RUNS_TO_TELL = 3  # where nothing is to be decided
MORE_RUNS_TAKE = 1.5  # times as long as the first process: the two more load side by side
CONTENDERS = 30


@dataclass(frozen=True)
class LatencyDecision:
    """The outcome that is returned, its latency, and those that were tried before it, but are too slow or could not be decided on.

    There is no latency where an interrupt came before it was measured.
    """

    outcome: Outcome | None
    latency: Latency | None
    too_slow: tuple[tuple[Outcome, Latency], ...] = ()

    def or_undecided(self, limit_us: float | None) -> LatencyDecision:
        """Return the first outcome whose latency could not be decided on, where there is no better one."""
        if self.outcome is not None or limit_us is None:
            return self
        doubtful = [pair for pair in self.too_slow if pair[1].decision(limit_us) == "undecided"]
        if not doubtful:
            return self
        return LatencyDecision(*doubtful[0], tuple(pair for pair in self.too_slow if pair is not doubtful[0]))


def raw_rows(context: Context, count: int = LATENCY_ROWS) -> list[Any]:
    """Return some rows as a user would hand them over: numbers, texts, None and series, one value for each source column."""
    if context.problem.topology is not None:
        return raw_graphs(context.problem, count)
    step = max(context.problem.rows // count, 1)
    rows = np.arange(0, context.problem.rows, step)[:count]
    table = context.problem.table
    columns = [
        raw_cells(take(column, rows), profile.offset)
        for column, profile in zip(table.columns, table.profiles, strict=True)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def decide_latency(
    replay_check: ReplayCheck,
    feasible: Sequence[Outcome],
    limit_us: float | None,
    quantile: float,
    until: float | None = None,
) -> LatencyDecision:
    """Time artifacts that pass the gate in fresh processes until one is sure to keep the limit; without one only the smallest is timed.

    The smallest come first, then those that were fastest in their trials; a second one is not begun after `time.monotonic()` has
    reached `until`.
    """
    rows = raw_rows(replay_check.context)
    if limit_us is None:
        feasible = list(islice(filter(None, map(replay_check.passed, feasible)), 1))
    smallest, others = feasible[: LATENCY_TRIES // 2], feasible[LATENCY_TRIES // 2 :]
    fastest = sorted(others, key=lambda o: (o.latency_us or 0.0, o.number))[: LATENCY_TRIES // 2]
    too_slow: list[tuple[Outcome, Latency]] = []
    for outcome in (*smallest, *fastest):
        if until is not None and too_slow and time.monotonic() >= until:
            break
        followed = replay_check.passed(outcome)
        if followed is None:
            continue
        measured = measured_latency(replay_check, outcome, rows, (limit_us, quantile), until)
        if measured is None or limit_us is None or measured.decision(limit_us) == "met":
            return LatencyDecision(followed, measured, tuple(too_slow))
        too_slow.append((outcome, measured))
    return LatencyDecision(None, None, tuple(too_slow))


def measured_latency(
    replay_check: ReplayCheck, outcome: Outcome, rows: list[Any], asked: tuple[float | None, float], until: float | None
) -> Latency | None:
    """Return the latency of an artifact, `asked` for a limit at a quantile; None where an interrupt came first.

    Where a fresh process fails, `replay_check.found` keeps the reason, and this process measures instead, which decides only a miss.
    """
    artifact, (limit_us, quantile) = outcome.artifact or b"", asked
    try:
        if replay_check.fresh and not replay_check.found.untimed:
            try:
                return decided(artifact, rows, limit_us, quantile, until)
            except AutomicroError as error:
                replay_check.found.untimed = str(error)
        return latency_in_this_process(artifact, rows, quantile)
    except KeyboardInterrupt:
        replay_check.found.interrupt()
        return None


def median_call(context: Context, program: Program, limit_us: float) -> tuple[float, float]:
    """Return the median time of a call in this process in microseconds, and what of it is sure: no more than a limit, unless it is slow."""
    rows = [row if isinstance(row, dict) else row_array(row) for row in raw_rows(context)]
    calls = time_calls(Model(program).predict, rows, seconds=0.02)
    median = calls.quantile_us(0.5)
    slow = median * min(calls.cpu_share, 1.0) > limit_us  # what others take of the processor does not count
    return median, median if slow else min(median, limit_us)


def decided(
    artifact: bytes, rows: list[Any], limit_us: float | None, quantile: float, until: float | None = None
) -> Latency:
    """Time an artifact in as many fresh processes as decide whether it keeps a limit; in three looks, the later ones before `until`.

    Without a limit they are three, or one where no time is left for more.
    """
    if limit_us is None and until is None:
        return latency_in_fresh_processes(artifact, rows, quantile, runs=RUNS_TO_TELL)
    started = time.monotonic()
    measured = latency_in_fresh_processes(artifact, rows, quantile, runs=1)
    now = time.monotonic()
    if limit_us is None:
        in_time = until is None or until - now > MORE_RUNS_TAKE * (now - started)
        return more_runs(measured, artifact, rows, RUNS_TO_TELL - 1) if in_time else measured
    if measured.decision(limit_us) == "missed":
        return measured
    measured = more_runs(measured, artifact, rows, FEWEST_RUNS - 1)
    for _ in range(1, LOOKS):
        if measured.decision(limit_us) != "undecided" or (until is not None and time.monotonic() >= until):
            break
        measured = more_runs(measured, artifact, rows)
    return measured


def doubts(timed: LatencyDecision, limit: float | None, untimed: str) -> list[str]:
    """Return sentences of smaller models that the latency could not be decided on, and of a machine that was too busy to measure well.

    `untimed` is why no fresh process measured it, empty if one did.
    """
    told = [f"latency was measured in the process of the search: {untimed}"] * bool(untimed)
    if limit is None or timed.outcome is None:
        return told
    if timed.latency is None:
        return [*told, f"the search was interrupted before the latency limit of {limit:g} us was tested"]
    if timed.latency.decision(limit) == "undecided":
        told.append(
            timed.latency.doubt(limit) if untimed else f"the search was interrupted: {timed.latency.doubt(limit)}"
        )
    for outcome, latency in timed.too_slow:
        if latency.decision(limit) == "undecided":
            told.append(f"a model of {len(outcome.artifact or b'')} bytes was passed over: {latency.doubt(limit)}")
    if timed.latency.busy:
        told.append(
            f"the machine was busy while latency was measured, processes had a processor {timed.latency.cpu_share:.0%} of the time: "
            "the limit is kept all the same, the figures are too high"
        )
    return told


def score_interval(
    context: Context, out_of_fold: NDArray[np.float64], confidence: float, seed: int
) -> tuple[float, float]:
    """Return the bounds of the score of out-of-fold predictions, each at `confidence` on its own."""
    problem = context.problem
    rows, places, predictions = [], [], []
    for number, fold in enumerate(context.folds):
        rows.append(fold.validation)
        places.append(np.full(len(fold.validation), number))
        predictions.append(out_of_fold[fold.repeat, fold.validation])
    row = np.concatenate(rows)
    checked = FoldPredictions(
        problem.target[row],
        np.concatenate(places),
        None if problem.weights is None else problem.weights[row],
        row if problem.groups is None else problem.groups[row],
    )
    return interval(context.metric, checked, np.concatenate(predictions), confidence, seed)


def optimism(context: Context, outcomes: Iterable[Outcome], target_utility: float, seed: int) -> float:
    """Return by how much the utility of what was selected is likely too high, because it was selected for it.

    Every trial with out-of-fold predictions whose training was stable was a contender, the smallest first; the first repeat of a
    cross-validation is used.
    """
    problem = context.problem
    rows = np.concatenate([fold.validation for fold in context.folds if fold.repeat == 0])
    units = None if problem.groups is None else problem.groups[rows]
    weights = None if problem.weights is None else problem.weights[rows]
    contenders = [
        Contender(
            o.form.size_bytes,
            o.form.utility,
            HeldOutPredictions(context.metric, problem.target[rows], o.out_of_fold[0, rows], weights, units),
        )
        for o in outcomes
        if o.out_of_fold is not None and o.form is not None and o.form.size_bytes and STABILITY not in o.values
    ]
    smallest = sorted(contenders, key=lambda c: (abs(c.utility - target_utility), c.size_bytes))[:CONTENDERS]
    return selection_optimism(smallest, target_utility, metric(context.metric).sign, seed)
