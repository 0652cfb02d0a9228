"""Runs a search and dresses its result: the model with its card, the trace, the verdict, or why there is none."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.errors import DataError
from automicro.measure import interpretability
from automicro.model import Model
from automicro.program import read_artifact
from automicro.report import Progress
from automicro.request import LEVELS, Card, CardColumn
from automicro.search import frontier, score_interval, search
from automicro.selection import RecordTable, ReferenceScore, Selection
from automicro.trace import infeasible, records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.data import Problem
    from automicro.request import Constraints, Output, Search, TrialRecord
    from automicro.search import Outcome, Result

__all__ = ["run", "write_outputs"]

SIGNIFICANT = 6
LIBRARIES = ("automicro", "numpy", "scikit-learn", "lightgbm", "optuna")


def run(
    problem: Problem,
    constraints: Constraints,
    settings: Search,
    *,
    progress: Progress | None = None,
    target_name: str | None = None,
) -> Selection:
    """Return the selection for a problem; raise `Infeasible` where nothing meets the constraints.

    Raises
    ------
    RequestError, DataError, FamilyUnavailableError, Infeasible
    KeyboardInterrupt
        If the search was interrupted before anything feasible was found.
    """
    listener = progress or Progress(settings.progress, metric=constraints.measured)
    listener.start(settings.trials, settings.seconds)
    try:
        result = search(problem, constraints, settings, listener)
    finally:
        listener.stop()
    chosen = result.timed.outcome
    trace = records(result, chosen)
    if chosen is None:
        if result.found.interrupted:
            raise KeyboardInterrupt
        raise infeasible(result, constraints, trace)
    return _selection(result, chosen, constraints, settings, trace, target_name)


def _selection(
    result: Result,
    chosen: Outcome,
    constraints: Constraints,
    settings: Search,
    trace: tuple[TrialRecord, ...],
    target_name: str | None,
) -> Selection:
    problem, sign = result.context.problem, constraints.measured.sign
    candidate = result.found.candidates[chosen.number]
    bounds = score_interval(result.context, chosen, constraints.confidence, settings.seed)
    payload, form = chosen.artifact or b"", chosen.form
    program, _ = read_artifact(payload)
    structure = interpretability(program)
    level = LEVELS[chosen.level if chosen.level is not None else structure.level]
    card = Card(
        columns=tuple(CardColumn(name=c.name, kind=c.kind) for c in problem.table.profiles),
        task=problem.task,
        target=target_name,
        labels=problem.labels,
        metric=result.context.metric,
        score=_rounded(sign * form.gain) if form else math.nan,
        score_interval=(_rounded(bounds[0]), _rounded(bounds[1])),
        confidence=constraints.confidence,
        verdict="estimated",
        family=candidate.family,
        parameters=dict(candidate.parameters),
        preparation=asdict(candidate.preparation),
        interpretability=level,
        size_bytes=len(payload),
        sha256=hashlib.sha256(payload).hexdigest(),
        seed=settings.seed,
        versions=_versions(),
    )
    families = {number: c.family for number, c in result.found.candidates.items()}
    return Selection(
        model=Model(program, card.model_dump(mode="json")),
        family=candidate.family,
        parameters=dict(candidate.parameters),
        verdict="estimated",
        metric=result.context.metric,
        score=sign * form.gain if form else math.nan,
        score_interval=bounds,
        target=sign * result.target.gain,
        size_bytes=len(payload),
        latency=result.timed.latency,  # type: ignore[arg-type]  # measured for what is chosen
        interpretability=level,
        structure=replace(structure, operations_p95=chosen.operations or structure.operations_p95),
        constraints=constraints,
        reference=_reference(result, sign),
        frontier=RecordTable(frontier(result.context, result.found.outcomes, families)),
        trace=RecordTable(trace),
        out_of_fold={o.number: o.out_of_fold for o in result.found.outcomes if o.out_of_fold is not None},
        notes=result.notes,
        seconds=result.seconds,
        interrupted=result.found.interrupted,
        variant=form.key if form else "",
        precision=form.precision if form else "",
    )


def _reference(result: Result, sign: float) -> ReferenceScore | None:
    found = result.reference
    if found is None:
        return None
    scores: dict[str, float | str] = {m.family: sign * m.gain if m.predictions else m.reason for m in found.members}
    return ReferenceScore(found.best.family, sign * found.best.gain, scores)


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")


def _versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a source tree
            versions[name] = "unknown"
    return versions


def write_outputs(output: Output, model: Model | None, trace: Iterable[Any], report: str) -> None:
    """Write the files that a request asks for.

    Raises
    ------
    DataError
        If a file cannot be written.
    """
    try:
        if model is not None and output.model is not None:
            model.save(output.model, strip=output.strip)
        if output.trace is not None:
            lines = [json.dumps(record.model_dump(mode="json")) + "\n" for record in trace]
            Path(output.trace).write_text("".join(lines), encoding="utf-8")
        if output.report is not None:
            Path(output.report).write_text(report + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"an output file must be writable, but {error.filename}: {error.strerror}") from error
