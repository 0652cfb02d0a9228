"""From what the loop found to a verdict: latency decided where nothing disturbs, the score's interval, the frontier."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from automicro.data.graphs import raw_graphs
from automicro.evidence import Contender, Judged, selection_optimism
from automicro.measure import (
    FEWEST_RUNS,
    JudgedRows,
    interval,
    latency_in_fresh_processes,
    latency_in_this_process,
    more_runs,
)
from automicro.program import raw_cells, take
from automicro.request import metric
from automicro.search.task import STABILITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from automicro.measure import Latency
    from automicro.search.replaying import Gate
    from automicro.search.task import Context, Outcome

__all__ = ["Point", "Timed", "decide_latency", "decided", "frontier", "optimism", "raw_rows", "score_interval"]

LATENCY_ROWS = 20
LATENCY_TRIES = 8
LOOKS = 3  # at seven, fourteen and twenty-one processes
RUNS_TO_TELL = 3  # where nothing is to be decided
MORE_RUNS_TAKE = 1.5  # times as long as the first process: the two more load side by side
CONTENDERS = 30


@dataclass(frozen=True)
class Timed:
    """The outcome that is returned, its latency, and those that were tried before it, but are too slow or could not be decided on."""

    outcome: Outcome | None
    latency: Latency | None
    too_slow: tuple[tuple[Outcome, Latency], ...] = ()


@dataclass(frozen=True)
class Point:
    """A form that no other beats in both size and score.

    `size_bytes` is that of the first fold's artifact, or of the final one where `trained_on_all`.
    """

    trial: int
    family: str
    variant: str
    precision: str
    score: float
    size_bytes: int
    trained_on_all: bool


def raw_rows(context: Context, count: int = LATENCY_ROWS) -> list[Any]:
    """Return some rows as a user would hand them over: numbers, texts, None and series, one value for each source column."""
    if context.problem.topology is not None:
        return raw_graphs(context.problem, count)
    step = max(context.problem.rows // count, 1)
    rows = np.arange(0, context.problem.rows, step)[:count]
    columns = [raw_cells(take(column, rows)) for column in context.problem.table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def decide_latency(
    gate: Gate, feasible: Sequence[Outcome], limit_us: float | None, quantile: float, until: float | None = None
) -> Timed:
    """Time artifacts that pass the gate in fresh processes until one is sure to keep the limit; without one only the smallest is timed.

    The smallest come first, then those that were fastest in their trials; a second one is not begun after `time.monotonic()` has
    reached `until`.
    """
    rows = raw_rows(gate.context)
    if limit_us is None:
        feasible = list(islice(filter(None, map(gate.passed, feasible)), 1))
    smallest, others = feasible[: LATENCY_TRIES // 2], feasible[LATENCY_TRIES // 2 :]
    fastest = sorted(others, key=lambda o: (o.latency_us or 0.0, o.number))[: LATENCY_TRIES // 2]
    too_slow: list[tuple[Outcome, Latency]] = []
    for outcome in (*smallest, *fastest):
        if until is not None and too_slow and time.monotonic() >= until:
            break
        followed = gate.passed(outcome)
        if followed is None:
            continue
        artifact = outcome.artifact or b""
        measured = (
            decided(artifact, rows, limit_us, quantile, until)
            if gate.fresh
            else latency_in_this_process(artifact, rows, quantile)
        )
        if limit_us is None or measured.decision(limit_us) == "met":
            return Timed(followed, measured, tuple(too_slow))
        too_slow.append((outcome, measured))
    return Timed(None, None, tuple(too_slow))


def decided(
    artifact: bytes, rows: list[Any], limit_us: float | None, quantile: float, until: float | None = None
) -> Latency:
    """Time an artifact in as many fresh processes as tell whether it keeps a limit; in three looks, the later ones before `until`.

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
    judged = JudgedRows(
        problem.target[row],
        np.concatenate(places),
        None if problem.weights is None else problem.weights[row],
        row if problem.groups is None else problem.groups[row],
    )
    return interval(context.metric, judged, np.concatenate(predictions), confidence, seed)


def optimism(context: Context, outcomes: Iterable[Outcome], target_gain: float, seed: int) -> float:
    """Return by how much the gain of what was selected is likely too high, because it was selected for it.

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
            o.form.gain,
            Judged(context.metric, problem.target[rows], o.out_of_fold[0, rows], weights, units),
        )
        for o in outcomes
        if o.out_of_fold is not None and o.form is not None and o.form.size_bytes and STABILITY not in o.violations
    ]
    smallest = sorted(contenders, key=lambda c: (abs(c.gain - target_gain), c.size_bytes))[:CONTENDERS]
    return selection_optimism(smallest, target_gain, metric(context.metric).sign, seed)


def frontier(context: Context, outcomes: Iterable[Outcome], families: dict[int, str]) -> tuple[Point, ...]:
    """Return the forms that no other beats in both size and score, smallest first."""
    sign = 1.0 if metric(context.metric).greater_is_better else -1.0
    points = []
    for outcome in outcomes:
        final = outcome.form if outcome.artifact is not None else None
        forms = {(form.key, form.precision): form for form in outcome.forms if np.isfinite(form.gain)}
        if final is not None:
            forms[final.key, final.precision] = final
        points += [
            Point(outcome.number, families[outcome.number], f.key, f.precision, sign * f.gain, f.size_bytes, f is final)
            for f in forms.values()
        ]
    best = -np.inf
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.size_bytes, -sign * p.score, p.trial)):
        if sign * point.score > best:
            best = sign * point.score
            kept.append(point)
    return tuple(kept)
