"""How sure a score is: certified on rows that were held out, or estimated with the optimism of its selection taken off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.certificate import certificate_of
from automicro.measure import JudgedRows, halves_interval, interval, score
from automicro.search import optimism, rows_needed, score_interval

if TYPE_CHECKING:
    from automicro.request import Certificate, Constraints
    from automicro.search import Certified, Outcome, Result

__all__ = ["Judgement", "judgement"]


@dataclass(frozen=True)
class Judgement:
    """The verdict on a score, and what it rests on; see `automicro.Selection` for the meaning of its parts."""

    verdict: Literal["certified", "estimated"]
    score: float
    expected_score: float
    score_interval: tuple[float, float]
    certificate: Certificate | None = None
    rows_needed: int | None = None
    notes: tuple[str, ...] = ()


def judgement(result: Result, chosen: Outcome, constraints: Constraints, seed: int) -> Judgement:
    """Return the verdict on the outcome that is returned."""
    if result.certified is not None and result.is_certified:
        return _certified(result, result.certified, constraints, seed)
    sign, form = constraints.measured.sign, chosen.form
    gain = form.gain if form else math.nan
    if result.context.problem.task == "clustering":
        return Judgement("estimated", gain, gain, halves_interval(chosen.fold_gains, constraints.confidence))
    excess = optimism(result.context, result.found.outcomes, result.target.gain, seed)
    if chosen.out_of_fold is None and result.certified is not None:  # a refit: only the held-out rows tell
        value, bounds = _on_held_out(result.certified, chosen, constraints, seed)
        return Judgement("estimated", sign * gain, value, bounds, notes=_why_estimated(result, None))
    if chosen.out_of_fold is None:
        return Judgement("estimated", sign * gain, sign * (gain - excess), (math.nan, math.nan))
    of_rows = score_interval(result.context, chosen.out_of_fold, constraints.confidence, seed)
    bounds = _of_another_training(result, constraints, (sign * gain, sign * excess), of_rows)
    normal = NormalDist()
    width = 2 * normal.inv_cdf(constraints.confidence)
    error = (of_rows[1] - of_rows[0]) / width if width else 0.0
    if not error > 0:  # as good as can be on every row, or even odds were asked for: nothing tells its distance
        return Judgement("estimated", sign * gain, sign * (gain - excess), bounds)
    p_value = normal.cdf(-(gain - excess - result.target.gain) / error)
    needed = rows_needed(p_value, result.context.problem.rows, constraints.confidence)
    return Judgement(
        "estimated", sign * gain, sign * (gain - excess), bounds, None, needed, _why_estimated(result, needed)
    )


def _of_another_training(
    result: Result, constraints: Constraints, estimate: tuple[float, float], bounds: tuple[float, float]
) -> tuple[float, float]:
    """Return bounds of a cross-validated score, widened as the model that is returned is another than the folds', without the optimism.

    They are moved away from the score by the root of 1 + folds * (rows of a fold / rows that trained), by which the error of a mean over
    random splits is larger than its rows tell (Nadeau and Bengio, Machine Learning 52, 2003), and end where the metric ends.
    """
    score, excess = estimate
    folds = [fold for fold in result.context.folds if fold.repeat == 0]
    ratio = float(np.mean([len(fold.validation) / len(fold.train) for fold in folds]))
    wider = math.sqrt(1 + len(folds) * ratio)
    low, high = (score - excess + wider * (bound - score) for bound in bounds)
    return max(low, constraints.measured.low), min(high, constraints.measured.high)


def _certified(result: Result, certified: Certified, constraints: Constraints, seed: int) -> Judgement:
    step = certified.chosen
    assert step is not None  # noqa: S101 - asked for by the caller
    bounds = _on_held_out(certified, step.outcome, constraints, seed)[1]
    families = {number: candidate.family for number, candidate in result.found.candidates.items()}
    certificate = certificate_of(certified, constraints, families)
    needed = None if certificate is None else certificate.rows_needed
    return Judgement("certified", step.score, step.score, bounds, certificate, needed)


def _on_held_out(
    certified: Certified, outcome: Outcome, constraints: Constraints, seed: int
) -> tuple[float, tuple[float, float]]:
    """Return the score of an artifact on the held-out rows, with its interval."""
    trust = certified.trust
    judged = trust.judged(str(constraints.metric), trust.predict(outcome.artifact or b""))
    rows = JudgedRows(judged.y, np.zeros(len(judged.y), dtype=np.int64), judged.weights, judged.units)
    value = score(judged.metric, judged.y, judged.prediction, judged.weights)
    return value, interval(judged.metric, rows, judged.prediction, constraints.confidence, seed)


def _why_estimated(result: Result, needed: int | None) -> tuple[str, ...]:
    """Return what a certificate would have taken."""
    certified = result.certified
    if certified is not None and certified.steps:
        step = certified.steps[0]
        said = (
            f"not certified: on {len(certified.trust.held):,} held-out rows the surest model has {result.context.metric} {step.score:.4g} "
            f"(p {step.tested.p_value:.2g})"
        )
        return (said,)
    if needed is None:
        return (
            "a certificate at this target is out of reach of any number of rows: the expected score is not above it",
        )
    enough = needed <= result.context.problem.rows // 4
    remedy = "ask for certify=True" if enough else "give more rows, or ask for less"
    return (f"a certificate with this margin would need about {needed:,} held-out rows: {remedy}",)
