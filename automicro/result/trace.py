"""Why each candidate was taken, skipped or rejected, and which constraint binds where nothing was found."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from automicro.errors import Infeasible, NothingFinished, Undecided
from automicro.record_table import RecordTable
from automicro.request import Status, TrialRecord
from automicro.request import metric as metric_of
from automicro.search import MostLatency, NotConstant, State, Stop

if TYPE_CHECKING:
    from automicro.measure import Latency
    from automicro.request import Constraints, Price
    from automicro.search import Outcome, SearchResult
    from automicro.search.context import QuantisedVariant

__all__ = ["infeasible", "records"]

MEASURED = (State.FEASIBLE, State.BELOW_MARGIN, State.TOO_LARGE)  # misses no constraint that the trial checks
OTHERS = {
    State.INFEASIBLE: Status.REJECTED,
    State.GIVEN_UP: Status.GIVEN_UP,
    State.ABANDONED: Status.ABANDONED,
    State.FAILED: Status.FAILED,
    State.DECLINED: Status.DECLINED,
    State.SKIPPED: Status.SKIPPED,
}
HARDLY_MEASURED = (Status.GIVEN_UP, Status.ABANDONED, Status.SKIPPED)


def records(result: SearchResult, chosen: Outcome | None) -> tuple[TrialRecord, ...]:
    """Return one record for every candidate, in the order in which they were drawn."""
    slow = {outcome.number: latency for outcome, latency in result.timed.too_slow}
    made = [_record(result, outcome, chosen, slow) for outcome in result.found.outcomes]
    made.sort(key=lambda record: record.number)
    first = {record.reason: record.number for record in reversed(made) if record.traceback}
    return tuple(
        record
        if first.get(record.reason, record.number) == record.number
        else record.model_copy(update={"traceback": None})
        for record in made
    )


def _record(result: SearchResult, outcome: Outcome, chosen: Outcome | None, slow: dict[int, Latency]) -> TrialRecord:
    candidate, form = result.found.candidates[outcome.number], outcome.form
    if chosen is not None and outcome.number == chosen.number:
        form = chosen.form
        status, reason = Status.TAKEN, _taken(result, chosen)
    elif outcome.number in slow:
        limit, found = result.requirements.latency_us or 0.0, slow[outcome.number]
        status, reason = (
            Status.REJECTED,
            f"takes {found.quantile_us:.4g} us in fresh processes, {limit:g} us are allowed",
        )
        if found.decision(limit) == "undecided":
            reason = found.doubt(limit)
    elif outcome.status in MEASURED:
        status, reason = _passed_over(result, outcome, chosen, slow)
    else:
        status, reason = OTHERS[outcome.status], outcome.reason
    latency = slow.get(outcome.number) or (result.timed.latency if status == Status.TAKEN else None)
    return _valid(
        number=outcome.number,
        family=candidate.family,
        parameters=dict(candidate.parameters),
        preparation=asdict(candidate.preparation),
        status=status,
        reason=reason,
        score=_score(result, form),
        size_bytes=form.size_bytes if form and form.size_bytes else None,
        latency_us=latency.quantile_us if latency else outcome.latency_us,
        latency=latency.record() if latency else None,
        interpretability=None if outcome.structure is None else outcome.structure.name,
        margins=result.requirements.margins(_values(result, outcome if status != Status.TAKEN else chosen, latency)),
        folds_run=outcome.folds_run,
        seconds=outcome.seconds,
        variant=form.key or None if form else None,
        precision=form.precision or None if form else None,
        reused=outcome.reused or None,
        robustness={name: value for name, value in outcome.robustness.items() if math.isfinite(value)} or None,
        traceback=outcome.traceback or None,
        from_storage=outcome.from_storage,
    )


def _valid(**fields: Any) -> TrialRecord:
    """Return a record; without what cannot be part of one, such as a text of a family that is none, so that the others are not lost."""
    try:
        return TrialRecord(**fields)
    except ValidationError as error:
        wrong = sorted({str(detail["loc"][0]) for detail in error.errors()})
        kept = {name: value for name, value in fields.items() if name not in wrong}
        reason = "; ".join(filter(None, [kept["reason"], f"{' and '.join(wrong)} cannot be part of a record"]))
        return TrialRecord(**{**kept, "reason": reason})


def _taken(result: SearchResult, chosen: Outcome) -> str:
    """Return what makes an artifact the one that is returned."""
    if result.is_certified:
        return "the smallest that was certified"
    if not result.found.reaches_aim(chosen):
        return f"the surest that meets the target: none {_within(result)}reaches the margin"
    return "the smallest that meets the constraints" + (" and reaches the margin" if _aims(result) else "")


def _within(result: SearchResult) -> str:
    most = result.requirements.size_bytes
    return "" if most is None else f"of at most {int(most)} bytes "


def _aims(result: SearchResult) -> bool:
    return math.isfinite(result.found.aim)


def _passed_over(
    result: SearchResult, outcome: Outcome, chosen: Outcome | None, slow: dict[int, Latency]
) -> tuple[Status, str]:
    """Return the status of an outcome that misses no constraint that its trial checks, and why it was not taken."""
    form, most = outcome.form, result.requirements.size_bytes
    size = form.size_bytes if form else 0
    best = chosen.form.size_bytes if chosen is not None and chosen.form else 0
    if most is not None and size > most:
        return Status.REJECTED, f"takes {size} bytes, {int(most)} are allowed"
    if form is not None and form.utility < result.found.aim:
        sign, name = _sign(result), result.context.metric
        reached = f"{name} {sign * form.utility:.4g}, aimed at {sign * result.found.aim:.4g}"
        return Status.BELOW_MARGIN, f"meets the target in {size} bytes, not the margin: {reached}"
    if outcome.status == State.TOO_LARGE:
        return Status.NOT_SMALLER, outcome.reason
    if chosen is None and result.certified is not None:
        return Status.REJECTED, f"meets the constraints in {size} bytes by cross-validation, but was not certified"
    if chosen is None:
        return Status.REJECTED, f"its latency was not measured after {len(slow)} others were not fast enough for sure"
    if size > best:
        return Status.NOT_SMALLER, f"meets the constraints in {size} bytes, {best} are enough"
    if size == best:
        return Status.NOT_SMALLER, f"meets the constraints in {size} bytes, as does the returned model"
    if result.is_certified:
        return Status.REJECTED, f"meets the constraints in {size} bytes by cross-validation, but was not certified"
    return Status.REJECTED, f"meets the constraints in {size} bytes, but was not timed"


def _sign(result: SearchResult) -> float:

    return metric_of(result.context.metric).sign


def _score(result: SearchResult, form: QuantisedVariant | None) -> float | None:
    if form is None or not math.isfinite(form.utility):
        return None
    return _sign(result) * form.utility


def _values(result: SearchResult, outcome: Outcome | None, latency: Latency | None) -> dict[str, float]:
    """Return what was measured of an outcome, by the name of its requirement; of its latency what decides."""
    values = {} if outcome is None else outcome.measured
    limit = result.requirements.one(MostLatency)
    return values if latency is None or limit is None else {**values, limit.name: limit.deciding_us(latency)}


def infeasible(
    result: SearchResult, constraints: Constraints, trace: tuple[TrialRecord, ...], prices: tuple[Price, ...] = ()
) -> Infeasible:
    """Return the error that says which constraints bind and how near the search came."""
    if result.certified is not None and result.certified.steps:
        return _not_certified(result, constraints, trace)
    missed = [r for r in trace if any(margin < 0 for margin in r.margins.values())]
    if not missed:
        return NothingFinished(_nothing_tried(result, trace), trace=RecordTable(trace), prices=prices)
    # what was skipped or given up early was not measured on every constraint, so that it only seems near
    nearest_overall = min(missed, key=lambda r: (r.status in HARDLY_MEASURED, _total(r), r.number))
    binding = tuple(sorted(name for name, margin in nearest_overall.margins.items() if margin < 0))
    close, limit = _undecided(result), result.requirements.latency_us or 0.0
    nearest: dict[str, dict[str, object]] = {}
    for name in sorted({name for r in missed for name, margin in r.margins.items() if margin < 0}):
        record = min((r for r in missed if r.margins.get(name, 0) < 0), key=lambda r: (-r.margins[name], r.number))
        nearest[name] = _facts(record, result.context.metric)
        if record.number in close:
            found = close[record.number]
            nearest[name] |= {"latency_interval_us": (found.low_us, found.high_us), "latency_limit_us": float(limit)}
    tried = sum(record.status not in (Status.SKIPPED, Status.DECLINED) and record.seconds > 0 for record in trace)
    said = "; ".join(_sentence(name, nearest_overall, result) for name in binding)
    count = f"{tried} candidate{'' if tried == 1 else 's'}"
    message = f"no model meets the constraints ({result.found.ending}, {count} tried): {said}"
    if NotConstant.key not in binding:
        message += _constant_met(missed, result)
    if result.found.haste:
        message += f"; {result.found.haste}"
    kind = Undecided if close else Infeasible
    return kind(message, binding=binding, nearest=nearest, trace=RecordTable(trace), prices=prices)


def _undecided(result: SearchResult) -> dict[int, Latency]:
    """Return the latencies that are too close to the limit to decide on, by trial."""
    limit = result.requirements.latency_us or 0.0
    return {o.number: latency for o, latency in result.timed.too_slow if latency.decision(limit) == "undecided"}


def _constant_met(missed: list[TrialRecord], result: SearchResult) -> str:
    """Return that a constant would meet everything, where that is all that was found."""
    met = [r for r in missed if [name for name, margin in r.margins.items() if margin < 0] == [NotConstant.key]]
    if not met:
        return ""
    best = max(met, key=lambda r: (_sign(result) * (r.score or 0.0), -r.number))
    score = "unknown" if best.score is None else f"{best.score:.4g}"
    return f"; a constant has {result.context.metric} {score}, it {best.reason}"


def _not_certified(result: SearchResult, constraints: Constraints, trace: tuple[TrialRecord, ...]) -> Undecided:
    """Return the error that says how near the surest model came to a certificate."""
    from automicro.search import rows_needed

    certified = result.certified
    assert certified is not None  # noqa: S101 - checked by the caller
    step, held = certified.steps[0], len(certified.certification.held)
    needed = rows_needed(step.tested.p_value, held, constraints.confidence)
    above = constraints.score is not None and constraints.measured.sign * (step.score - constraints.score) > 0
    if needed:
        more = f"about {needed:,} held-out rows would do"
    elif above:
        more = "so few rows do not distinguish that from chance"
    else:
        more = "its margin is not above 0, so that more rows alone would not do"
    if not step.level:
        more = "its cross-validated score is so close to the target that a test would pass by luck alone"
    if step.tested.why_none:
        more = f"there is no test, {step.tested.why_none}"
    message = (
        f"no model could be certified at {100 * constraints.confidence:.6g}%: the surest one, of "
        f"{len(step.outcome.artifact or b'')} bytes, has {constraints.metric} {step.score:.4g} on {held:,} held-out rows "
        f"(p {step.tested.p_value:.2g}); {more}: "
        "require less, give more rows or time, or accept an estimate with certify=False"
    )
    nearest: dict[str, dict[str, object]] = {
        "certify": {
            "trial": step.outcome.number,
            constraints.measured.name: step.score,
            "bytes": len(step.outcome.artifact or b""),
            "p_value": step.tested.p_value,
            "rows": held,
            "rows_needed": needed,
        }
    }
    return Undecided(message, binding=("certify",), nearest=nearest, trace=RecordTable(trace))


def _total(record: TrialRecord) -> float:
    return sum(-margin for margin in record.margins.values() if margin < 0)


def _nothing_tried(result: SearchResult, trace: tuple[TrialRecord, ...]) -> str:
    failures = [record for record in trace if record.status in (Status.FAILED, Status.DECLINED)]
    more = "search.seconds" if result.found.stopped == Stop.TIME else "search.trials"
    unfinished = len([record for record in trace if record.status == Status.ABANDONED])
    if not failures and result.found.haste:
        return f"no model was found: {result.found.haste}"
    if not failures:
        return f"no model was found: no candidate was finished ({result.found.ending}): give {more} more"
    first = failures[0]
    alike = sum(record.reason == first.reason for record in failures)
    said = f"all {len(failures)} candidates failed" if len(failures) > 1 else "the only candidate failed"
    if unfinished:
        said = f"{len(failures)} of {len(failures) + unfinished} candidates failed, the others were not finished"
    if alike < len(failures):
        said += f", {alike} of them like the first"
    told = "" if first.traceback is None else " (its traceback is in the trace)"
    return f"no model was found: {said} ({first.family}): {first.reason}{told}"


def _facts(record: TrialRecord, metric: str) -> dict[str, object]:
    facts = {metric: record.score, "bytes": record.size_bytes, "interpretability": record.interpretability}
    known = {name: value for name, value in facts.items() if value is not None}
    return {"trial": record.number, "family": record.family, **known, "margins": dict(record.margins)}


def _sentence(name: str, record: TrialRecord, result: SearchResult) -> str:
    """Return what a requirement is, and what the trial that came nearest has."""
    slow = {outcome.number: latency for outcome, latency in result.timed.too_slow}
    if name == MostLatency.key and record.number in _undecided(result):
        return f"latency: of the nearest ({record.family}) we {record.reason}"
    outcome = next(each for each in result.found.outcomes if each.number == record.number)
    value = _values(result, outcome, slow.get(record.number))[name]
    return result.requirements.by_name[name].sentence(record, value)
