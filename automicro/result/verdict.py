"""How sure a score is: certified on rows that were held out, or estimated, without what the selection adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from automicro.measure import halves_interval
from automicro.request import HeldOutScore, metric
from automicro.result.certificate import certificate_of
from automicro.search import beside_certificate, combined, cross_validated, on_held_out, optimism, rows_needed

if TYPE_CHECKING:
    from automicro.request import Certificate, Constraints
    from automicro.search import Certified, Estimate, Outcome, SearchResult

__all__ = ["Assessment", "assess", "unassessed"]


@dataclass(frozen=True)
class Assessment:
    """The verdict on a score, and what it rests on; see `automicro.Selection` for the meaning of its parts.

    `optimism` is that of the selection, which is the same for every point of a frontier.
    """

    verdict: Literal["certified", "estimated"]
    score: float
    expected_score: float
    score_interval: tuple[float, float]
    certificate: Certificate | None = None
    rows_needed: int | None = None
    notes: tuple[str, ...] = ()
    held_out: HeldOutScore | None = None
    optimism: float | None = None


def assess(
    result: SearchResult, chosen: Outcome, constraints: Constraints, seed: int, excess: float | None = None
) -> Assessment:
    """Return the verdict on the outcome that is returned; `excess` is the optimism of the selection where it is known already."""
    if result.certified is not None and result.is_certified:
        return _certified(result.certified, result, constraints, seed)
    sign, form = constraints.measured.sign, chosen.form
    utility = form.utility if form else float("nan")
    if result.context.problem.task == "clustering":
        side = (1 + constraints.confidence) / 2
        return Assessment("estimated", utility, utility, halves_interval(chosen.fold_utilities, side))
    if excess is None:
        excess = optimism(result.context, result.found.outcomes, result.target.utility, seed)
    crossed = cross_validated(result.context, chosen, constraints.confidence, seed, excess)
    held = None if result.certified is None else _on_held_out(result.certified, chosen, constraints, models=1)
    if result.certified is None or held is None:
        needed = _needed(crossed, result, constraints)
        notes = _rows_for_a_certificate(needed, result)
        return Assessment(
            "estimated", sign * utility, crossed.value, (crossed.low, crossed.high), None, needed, notes, None, excess
        )
    both = combined(crossed, held, constraints.confidence)
    bounds = (max(both.low, constraints.measured.low), min(both.high, constraints.measured.high))
    seen = _seen(held, result.certified)
    notes = _not_certified(result.certified, chosen, result)
    return Assessment("estimated", sign * utility, both.value, bounds, None, None, notes, seen, excess)


def unassessed(result: SearchResult, chosen: Outcome) -> Assessment:
    """Return the verdict on an outcome that must be returned at once: its cross-validated score, and no more."""
    score = (1 if result.context.problem.task == "clustering" else metric(result.context.metric).sign) * (
        chosen.form.utility if chosen.form else float("nan")
    )
    left_out = "interrupted: interval, certificate, replay, frontier and prices were left out"
    return Assessment("estimated", score, score, (float("nan"), float("nan")), notes=(left_out,))


def _needed(crossed: Estimate, result: SearchResult, constraints: Constraints) -> int | None:
    """Return how many held-out rows would certify the estimated margin four times in five; None where it is not above 0."""
    error = crossed.error(constraints.confidence)
    if not error > 0:  # as good as can be on every row, or not defined: nothing is known of its error
        return None
    margin = constraints.measured.sign * crossed.value - result.target.utility
    p_value = NormalDist().cdf(-margin / error)
    return rows_needed(p_value, result.context.problem.rows, constraints.confidence)


def _certified(certified: Certified, result: SearchResult, constraints: Constraints, seed: int) -> Assessment:
    step = certified.chosen
    assert step is not None  # noqa: S101 - checked by the caller
    held = _on_held_out(certified, step.outcome, constraints, models=len(certified.steps))
    families = {number: candidate.family for number, candidate in result.found.candidates.items()}
    certificate = certificate_of(certified, constraints, families)
    needed = None if certificate is None else certificate.rows_needed
    crossed = cross_validated(result.context, step.outcome, constraints.confidence, seed)
    expected, seen = beside_certificate(crossed, held), _seen(held, certified)
    return Assessment(
        "certified", step.score, expected.value, (expected.low, expected.high), certificate, needed, held_out=seen
    )


def _seen(held: Estimate, certified: Certified) -> HeldOutScore:
    return HeldOutScore(score=held.value, low=held.low, high=held.high, rows=len(certified.certification.held))


def _on_held_out(certified: Certified, outcome: Outcome, constraints: Constraints, models: int) -> Estimate:
    return on_held_out(certified.certification, constraints.measured.name, outcome, constraints.confidence, models)


def _not_certified(certified: Certified, chosen: Outcome, result: SearchResult) -> tuple[str, ...]:
    """Return what the held-out rows say of the model that is returned, and of the surest."""
    if not certified.steps:
        return ()
    rows, metric = len(certified.certification.held), result.context.metric
    own = [step for step in certified.steps if step.outcome.artifact == chosen.artifact]
    step = own[0] if own else certified.steps[0]
    which = "the model" if own else f"the surest model, of {len(step.outcome.artifact or b'')} bytes,"
    return (
        f"not certified: on {rows:,} held-out rows {which} has {metric} {step.score:.4g} (p {step.tested.p_value:.2g})",
    )


def _rows_for_a_certificate(needed: int | None, result: SearchResult) -> tuple[str, ...]:
    """Return what a certificate would take."""
    if needed is None:
        return ("a certificate at this target is out of reach: the expected score is not above the target",)
    enough = needed <= result.context.problem.rows // 4
    remedy = "search with certify=True" if enough else "give more rows, or require less"
    return (f"a certificate with this margin would need about {_rounded(needed):,} held-out rows: {remedy}",)


def _rounded(rows: int) -> int:
    """Return a number of rows with two digits: more would be noise."""
    unit = int(10 ** max(len(str(rows)) - 2, 0))
    return round(rows / unit) * unit
