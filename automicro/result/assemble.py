"""Runs a search and dresses its result: the model with its card, the trace, the verdict, or why there is none."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from time import monotonic
from typing import TYPE_CHECKING, Any

from automicro.data import positive_of
from automicro.errors import DataError, Infeasible, Interrupted, Undecided
from automicro.explain import global_card
from automicro.measure import directions, interpretability
from automicro.program import unpack
from automicro.report import Progress
from automicro.request import Card, CardReference, metric, metric_record
from automicro.result.figures import card_columns, rounded, usual_distance
from automicro.result.selection import Point, PointStatus, RecordTable, ReferenceScore, Selection
from automicro.result.trace import infeasible, records
from automicro.result.tradeoffs import prices
from automicro.result.verdict import assess, unassessed
from automicro.runtime.model import Model
from automicro.search import (
    ReplayCheck,
    beside_note,
    checked_by_replay,
    constant_words,
    frontier,
    ranges_of,
    scores_beside,
    search,
    with_request,
)

if TYPE_CHECKING:
    from automicro.data import Problem
    from automicro.measure import Interpretability
    from automicro.program import Program
    from automicro.request import Constraints, Search, TrialRecord
    from automicro.result.verdict import Assessment
    from automicro.search import Outcome, SearchResult

__all__ = ["run"]

MOST_CONSTANTS, MOST_COLUMNS = 1000, 60  # of a program of which it is told how the score goes with each column
LIBRARIES = ("automicro", "numpy", "scikit-learn", "lightgbm", "optuna")


@dataclass(frozen=True)
class _Asked:
    """What of the request stands in the result."""

    constraints: Constraints
    seed: int
    target_name: str | None


def run(
    problem: Problem,
    constraints: Constraints,
    settings: Search,
    *,
    progress: Progress | None = None,
    target_name: str | None = None,
    started: float | None = None,
) -> Selection:
    """Return the selection for a problem; raise `Infeasible` where nothing meets the constraints.

    The seconds of `settings` count from `started`, on the clock `time.monotonic`; by default from now.

    Raises
    ------
    RequestError, DataError, FamilyUnavailableError, Infeasible
    Interrupted
        If the search was interrupted before anything feasible was found; or `KeyboardInterrupt`, if before the first candidate.
    """
    started = monotonic() if started is None else started
    asked = constraints
    listener = progress or Progress(settings.progress, metric=constraints.measured)
    listener.start(settings.trials, settings.seconds)
    result: SearchResult | None = None
    try:
        problem, constraints = with_request(problem, constraints)
        result = search(problem, constraints, settings, listener, started)
        listener.stop()
    except (DataError, Infeasible) as error:
        raise error.noted(problem.notes) from error.__cause__
    except KeyboardInterrupt:
        if result is None:
            raise
        result.found.interrupt()
    finally:
        listener.stop()
    selection = _dressed(_Asked(constraints, settings.seed, target_name), result)
    selection = replace(selection, constraints=asked, seconds=monotonic() - started)
    if result.found.untimed and constraints.latency is not None and not selection.interrupted:
        raise _untimed(selection, constraints.latency)
    return selection


def _untimed(selection: Selection, limit_us: float) -> Undecided:
    """Return that the latency of a model was not measured in fresh processes, with the model."""
    error = Undecided(
        f"a model of {selection.size_bytes} bytes was found, but its latency limit of {limit_us:g} us is undecided, "
        "as no fresh process could measure it",
        trace=selection.trace,
        prices=selection.prices,
    )
    error.selection = selection
    return error.noted(selection.notes)


def _notes(result: SearchResult) -> tuple[str, ...]:
    return (*result.notes, *filter(None, [result.found.haste]))


def _dressed(asked: _Asked, result: SearchResult) -> Selection:
    """Return the selection, or raise why there is none; a second interrupt leaves out whatever takes time."""
    while True:
        try:
            trace = records(result, result.timed.outcome)
            if result.timed.outcome is None:
                verdict = infeasible(result, asked.constraints, trace, prices(result, asked.constraints, None))
                if result.found.interrupted:
                    raise Interrupted(verdict.noted(result.notes))
                raise verdict.noted(result.notes)
            return _selection(asked, result, result.timed.outcome, trace)
        except KeyboardInterrupt as interrupt:
            if result.found.hurried or isinstance(interrupt, Interrupted):
                raise
            result.found.interrupt()


def _selection(asked: _Asked, result: SearchResult, chosen: Outcome, trace: tuple[TrialRecord, ...]) -> Selection:
    sign = asked.constraints.measured.sign
    candidate = result.found.candidates[chosen.number]
    program = unpack(chosen.artifact or b"")
    chosen, structure, assessed = _assessed(asked, result, chosen, program)
    constant, form = "", chosen.form
    if not result.found.hurried:
        constant = constant_words(result.context.problem, program, result.context.metric)
    card = _card(asked, result, chosen, assessed, structure)
    model = Model(program, card.model_dump(mode="json"))
    return Selection(
        model=model,
        family=candidate.family,
        parameters=dict(candidate.parameters),
        verdict=card.verdict,
        metric=card.metric,
        pos_label=card.pos_label,
        score=assessed.score,
        expected_score=assessed.expected_score,
        score_interval=assessed.score_interval,
        indices=None if chosen.indices is None else dict(chosen.indices),
        target=sign * result.target.utility,
        size_bytes=card.size_bytes,
        latency=result.timed.latency,
        interpretability=structure.name,
        structure=structure,
        constraints=asked.constraints,
        reference=_reference(result, sign),
        frontier=RecordTable(_points(asked, result, chosen, model, assessed.optimism)),
        trace=RecordTable(trace),
        out_of_fold={o.number: o.out_of_fold for o in (*result.found.outcomes, chosen) if o.out_of_fold is not None},
        notes=(*_first_notes(asked.constraints, result, chosen, constant), *_notes(result), *assessed.notes),
        seconds=result.seconds,
        interrupted=result.found.interrupted,
        variant=form.key if form else "",
        precision=form.precision if form else "",
        certificate=assessed.certificate,
        prices=() if result.found.hurried else prices(result, asked.constraints, chosen),
        rows_needed=assessed.rows_needed,
        held_out=assessed.held_out,
        robustness=dict(chosen.robustness),
        scores=dict(card.scores or {}),
        constant=constant,
        aimed_at=sign * result.found.aim if _aims(result) else None,
        margin=result.aim.errors if _aims(result) and result.aim is not None else None,
    )


def _assessed(
    asked: _Asked, result: SearchResult, chosen: Outcome, program: Program
) -> tuple[Outcome, Any, Assessment]:
    """Return the outcome with its replay, its structure and the verdict; what takes time is left out where there is none."""
    if chosen.structure is None:
        chosen = replace(chosen, structure=interpretability(program))
    if result.found.hurried:
        return chosen, chosen.structure, unassessed(result, chosen)
    chosen = checked_by_replay(result.context, chosen)
    structure = _directed(result, program, chosen.structure)
    return chosen, structure, assess(result, chosen, asked.constraints, asked.seed)


def _directed(result: SearchResult, program: Program, structure: Any) -> Interpretability:
    """Return a structure with how the score goes with each column, where that is quickly found."""
    cheap = structure.constants <= MOST_CONSTANTS and len(structure.columns) <= MOST_COLUMNS
    told = directions(program, None, ranges_of(result.context.problem)) if cheap else {}
    directed: Interpretability = replace(
        structure, directions={column: direction.kind for column, direction in told.items()}
    )
    return directed


def _aims(result: SearchResult) -> bool:
    return math.isfinite(result.found.aim)


def _first_notes(constraints: Constraints, result: SearchResult, chosen: Outcome, constant: str) -> list[str]:
    """Return what is to be known first of the model that is returned."""
    beside = ""
    if not result.found.hurried:
        beside = beside_note(result.context.problem, result.context.metric, chosen.out_of_fold)
    uncertified = constraints.certify is True and not result.is_certified
    missing = "not certified: the search was interrupted before the test on held-out rows" if uncertified else ""
    said = (constant and f"a constant: {constant}", beside, _below_margin(constraints, result, chosen), missing)
    return [note for note in said if note]


def _below_margin(constraints: Constraints, result: SearchResult, chosen: Outcome) -> str:
    """Return that the model meets the target, but not the margin, where that is so."""
    if result.is_certified or result.found.reaches_aim(chosen):
        return ""
    sign, most = constraints.measured.sign, constraints.size
    within = "" if most is None else f" of at most {int(most)} bytes"
    aim, target = sign * result.found.aim, sign * result.target.utility
    missed = f"no model{within} reached the margin ({constraints.metric} {aim:.4g})"
    return f"{missed}: the surest of those that meet the target {target:.4g} is returned"


def _points(asked: _Asked, result: SearchResult, chosen: Outcome, model: Model, excess: float | None) -> list[Point]:
    """Return the frontier: of each artifact a model with a card; the returned model has its own."""
    estimated = replace(result, certified=None)
    replay_check = ReplayCheck(result.context, result.found, result.target)
    points = []
    slow = [outcome for outcome, _ in result.timed.too_slow]
    for outcome in [chosen] if result.found.hurried else frontier(replay_check, chosen, slow):
        form, candidate = outcome.form, result.found.candidates[outcome.number]
        if form is None or (outcome is not chosen and outcome.out_of_fold is None):
            continue
        status = PointStatus.REACHES_MARGIN if result.found.reaches_aim(outcome) else PointStatus.MEETS_TARGET
        of_point = model
        if outcome is chosen:
            status = PointStatus.RETURNED
        else:
            assessed = assess(estimated, outcome, asked.constraints, asked.seed, excess)
            excess = assessed.optimism
            structure: Any = outcome.structure
            card = _card(asked, estimated, outcome, assessed, structure)
            of_point = Model(unpack(outcome.artifact or b""), card.model_dump(mode="json"))
        score, size = asked.constraints.measured.sign * form.utility, len(outcome.artifact or b"")
        points.append(Point(outcome.number, candidate.family, form.key, form.precision, score, size, status, of_point))
    return points


def _card(
    asked: _Asked, result: SearchResult, chosen: Outcome, assessed: Assessment, structure: Interpretability
) -> Card:
    problem, candidate = result.context.problem, result.found.candidates[chosen.number]
    low, high = assessed.score_interval
    payload, hurried = chosen.artifact or b"", result.found.hurried
    program = unpack(payload)
    beside = None if hurried else scores_beside(result.context, result.certified, chosen, asked.constraints, asked.seed)
    card = Card(
        columns=card_columns(problem.table),
        task=problem.task,
        target=asked.target_name,
        labels=program.labels,
        scores=beside or None,
        weighted=None if problem.weights is None else True,
        pos_label=positive_of(problem),
        metric=str(result.context.metric),
        function=metric_record(result.context.metric),
        score=rounded(assessed.score),
        expected_score=rounded(assessed.expected_score),
        certificate=assessed.certificate,
        score_interval=None if hurried else (rounded(low), rounded(high)),
        interrupted=result.found.interrupted or None,
        held_out=assessed.held_out,
        indices=None if chosen.indices is None else {k: rounded(v) for k, v in chosen.indices.items()},
        confidence=asked.constraints.confidence,
        verdict=assessed.verdict,
        family=candidate.family,
        parameters=dict(candidate.parameters),
        preparation=asdict(candidate.preparation),
        interpretability=structure.name,
        replay=None if chosen.replay is None else str(chosen.replay),
        directions={problem.table.names[column]: kind for column, kind in structure.directions.items()} or None,
        size_bytes=len(payload),
        sha256=hashlib.sha256(payload).hexdigest(),
        seed=asked.seed,
        outlier_distance=None if hurried else usual_distance(problem, program),
        reference=_card_reference(result),
        versions=_versions(),
    )
    if chosen.replay is None or not chosen.replay.passed:
        return card
    return card.model_copy(update={"explanation": global_card(program, card.model_dump(mode="json"))})


def _card_reference(result: SearchResult) -> CardReference | None:
    found = result.reference
    if found is None:
        return None
    best, sign = found.best, metric(result.context.metric).sign
    digest = hashlib.sha256(best.artifact).hexdigest()
    score = rounded(sign * best.utility)
    return CardReference(
        family=best.family, score=score, folds=len(best.fold_utilities), rows=found.rows, sha256=digest
    )


def _reference(result: SearchResult, sign: float) -> ReferenceScore | None:
    found = result.reference
    if found is None:
        return None
    return ReferenceScore(
        family=found.best.family,
        score=sign * found.best.utility,
        members={m.family: sign * m.utility if m.is_finished else m.reason for m in found.members},
        folds=len(found.best.fold_utilities),
        rows=found.rows,
        size_bytes=len(found.best.artifact),
        seconds=found.seconds,
    )


def _versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a source tree
            versions[name] = "unknown"
    return versions
