"""Estimates of the score of a returned file, each with an interval: by cross-validation, on held-out rows, and from both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure import FoldPredictions, interval, score
from automicro.request import metric as metric_of
from automicro.search.decide.latency import score_interval
from automicro.search.trial.variant_scores import mean_utility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.request import MetricFacts
    from automicro.search.context import Context, Outcome, QuantisedVariant
    from automicro.search.decide.certify import CertificationSplit

__all__ = ["Estimate", "beside_certificate", "combined", "cross_validated", "on_held_out", "resampled"]


@dataclass(frozen=True)
class Estimate:
    """A score with its two-sided interval.

    Parameters
    ----------
    value : float
        In the unit of the metric.
    low, high : float
        The ends of the interval; NaN where nothing is known of the error.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    def error(self, confidence: float) -> float:
        """Return the standard error that the width of the interval implies, if `confidence` is that of the interval."""
        return (self.high - self.low) / (2 * _quantile(confidence))

    def lowered(self, sign: int, change: float, bounded: MetricFacts) -> Estimate:
        """Return the estimate with a lower utility: by `change`, at most 0; the interval reaches down with it, the other end stays."""
        value, ends = self.value + sign * change, [self.low, self.high]
        ends[0 if sign > 0 else 1] += sign * change
        return Estimate(value, max(ends[0], bounded.low), min(ends[1], bounded.high))


def cross_validated(context: Context, outcome: Outcome, confidence: float, seed: int, excess: float = 0.0) -> Estimate:
    """Return what cross-validation says of the file that was trained on all rows.

    The value is the lower of two scores, less `excess`: that of the folds' models on their validation rows, and what the file's own
    training rows imply (see `automicro.search.trial.agreement`). The interval begins below the lower and ends above the higher of the two.
    Its half-width is the larger of two: that of resampled rows, and that of the optimism (training less validation score) as it differs
    between folds. Both are multiplied because the model that is returned is not one of the folds': the variance of a mean over K random
    splits is (1/K + validation rows / training rows) times that of one split (Nadeau and Bengio, Machine Learning 52, 2003).

    Parameters
    ----------
    context : Context
    outcome : Outcome
        With an artifact, and out-of-fold predictions where it has been cross-validated by the same trial.
    confidence : float
        Of the interval, both sides together.
    seed : int
        Seed of the resampling.
    excess : float
        What selection adds to the utility.
    """
    form = outcome.form
    if form is None:
        return Estimate(math.nan)
    sign, bounded = metric_of(context.metric).sign, metric_of(context.metric)
    out_of_fold = mean_utility(form.validated) if form.validated else form.utility
    implied = out_of_fold if outcome.implied_utility is None else outcome.implied_utility
    below, above = _half_widths(context, outcome, form, confidence, seed)
    low, high = min(out_of_fold, implied) - excess - below, max(out_of_fold, implied) + above
    ends = sorted((sign * low, sign * high))
    return Estimate(sign * (form.utility - excess), max(ends[0], bounded.low), min(ends[1], bounded.high))


def resampled(
    context: Context, out_of_fold: NDArray[np.float64], value: float, confidence: float, seed: int
) -> Estimate:
    """Return a score of out-of-fold predictions with the interval of resampled rows, widened as in `cross_validated`."""
    low, high = score_interval(context, out_of_fold, _side(confidence), seed)
    wider, bounded = _wider(context), metric_of(context.metric)
    below, above = wider * max(value - low, 0.0), wider * max(high - value, 0.0)
    return Estimate(value, max(value - below, bounded.low), min(value + above, bounded.high))


def _wider(context: Context) -> float:
    once = [fold for fold in context.folds if fold.repeat == 0]
    return math.sqrt(1 + len(once) * float(np.mean([len(fold.validation) / len(fold.train) for fold in once])))


def _half_widths(
    context: Context, outcome: Outcome, form: QuantisedVariant, confidence: float, seed: int
) -> tuple[float, float]:
    """Return how far the interval of a utility reaches below and above it."""
    once = [fold for fold in context.folds if fold.repeat == 0]
    ratio = float(np.mean([len(fold.validation) / len(fold.train) for fold in once]))
    below = above = 0.0
    if outcome.out_of_fold is not None:
        sign = metric_of(context.metric).sign
        low, high = sorted(sign * end for end in score_interval(context, outcome.out_of_fold, _side(confidence), seed))
        middle, wider = mean_utility(form.validated), math.sqrt(1 + len(once) * ratio)
        below, above = max(wider * (middle - low), 0.0), max(wider * (high - middle), 0.0)
    optimism = np.array(form.trained) - np.array(form.validated[: len(form.trained)])
    optimism = optimism[np.isfinite(optimism)]
    if len(optimism) < 2:
        return below, above
    between = _quantile(confidence) * float(optimism.std(ddof=1)) * math.sqrt(1 / len(once) + ratio)
    return max(below, between), max(above, between)


def on_held_out(
    certification: CertificationSplit, metric: str, outcome: Outcome, confidence: float, models: int = 1
) -> Estimate:
    """Return the score of an artifact on rows that the search did not use.

    Parameters
    ----------
    certification : CertificationSplit
    metric : str
    outcome : Outcome
        With an artifact.
    confidence : float
        Of the interval, both sides together, for all `models` at once.
    models : int
        How many models the returned one was chosen from by these rows (Bonferroni).
    """
    held_out = certification.held_out(metric, certification.predict(outcome.artifact or b""))
    units = held_out.copies if held_out.units is None else held_out.units
    rows = FoldPredictions(held_out.y, np.zeros(len(held_out.y), dtype=np.int64), held_out.weights, units)
    value = score(held_out.metric, held_out.y, held_out.prediction, held_out.weights)
    low, high = interval(held_out.metric, rows, held_out.prediction, _side(confidence), certification.seed)
    wider = _quantile(1 - (1 - confidence) / models) / _quantile(confidence)
    bounded = metric_of(metric)
    return Estimate(
        value, max(value - wider * (value - low), bounded.low), min(value + wider * (high - value), bounded.high)
    )


def beside_certificate(crossed: Estimate, held: Estimate) -> Estimate:
    """Return the interval of what is certified: by cross-validation, on rows that did not choose it, and reaching to the held-out score.

    A model is certified because held-out rows show a high score. Where few models pass, those that do were lucky on these rows: intervals
    made of them lie above the truth. The value is the cross-validated score, too. Where cross-validation does not show how much its
    score varies, the estimate on the held-out rows is all that is known.
    """
    if not crossed.low < crossed.high:  # NaN included
        return held
    return Estimate(crossed.value, min(crossed.low, held.value), max(crossed.high, held.value))


def combined(first: Estimate, second: Estimate, confidence: float) -> Estimate:
    """Return the mean of two independent estimates, weighted by the inverse of their variances.

    Where they differ by more than their errors explain, the interval is wider by as much (Birge, Physical Review 40, 1932).
    """
    known = [e for e in (first, second) if math.isfinite(e.error(confidence)) and e.error(confidence) > 0]
    if len(known) < 2:
        return known[0] if known else second
    variances = [e.error(confidence) ** 2 for e in known]
    weights = [1 / v / sum(1 / w for w in variances) for v in variances]
    value = sum(w * e.value for w, e in zip(weights, known, strict=True))
    ratio = max(1.0, abs(first.value - second.value) / math.sqrt(sum(variances)))
    half = _quantile(confidence) * ratio * math.sqrt(1 / sum(1 / v for v in variances))
    return Estimate(value, value - half, value + half)


def _side(confidence: float) -> float:
    """Return the confidence of each side of a two-sided interval."""
    return (1 + confidence) / 2


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf(_side(confidence))
