"""Scores that must be reached beside the metric: of forms on held-out folds, and of what is returned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automicro.request import ScoreBeside, metric
from automicro.search.decide.estimate import beside_certificate, on_held_out, resampled
from automicro.search.trial.agreement import agreement, with_training_utilities
from automicro.search.trial.variant_scores import mean_utility, utility_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automicro.program import Program
    from automicro.request import Constraints
    from automicro.search.context import Context, Outcome, QuantisedVariant
    from automicro.search.decide.certify import Certified
    from automicro.search.decide.estimate import Estimate
    from automicro.search.requirements.scores import OtherScore
    from automicro.search.trial.variant_scores import VariantScores

__all__ = ["BesideAsShipped", "beside_as_shipped", "other_scores", "scores_beside"]


def other_scores(table: VariantScores, form: QuantisedVariant, required: Iterable[OtherScore]) -> dict[str, float]:
    """Return the value of each score of a form: the mean over the folds of what their models reach on held-out rows."""
    return {
        each.name: metric(each.metric).sign * mean_utility(table.utilities_of(form, each.metric)) for each in required
    }


@dataclass(frozen=True)
class BesideAsShipped:
    """The utility by each metric beside the first that a file's own training rows imply, and the values that decide on it."""

    utilities: Mapping[str, float]
    values: Mapping[str, float]


def beside_as_shipped(
    context: Context, table: VariantScores, form: QuantisedVariant, program: Program, required: Iterable[OtherScore]
) -> BesideAsShipped:
    """Compare a program that was trained on all rows with the models of its folds, by each required score beside the metric."""
    utilities: dict[str, float] = {}
    values: dict[str, float] = {}
    for each in required:
        other, validated = replace(context, metric=each.metric), table.utilities_of(form, each.metric)
        asked = replace(form, utility=mean_utility(validated), validated=validated)
        agreed = agreement(other, program, with_training_utilities(other, table, asked))
        if agreed is not None:
            utilities[each.metric] = agreed.utility
            values |= agreed.values(each.name, metric(each.metric).sign * agreed.utility, each.scale)
    return BesideAsShipped(utilities, values)


def scores_beside(
    context: Context, certified: Certified | None, chosen: Outcome, constraints: Constraints, seed: int
) -> dict[str, ScoreBeside]:
    """Return what the returned model reaches of each required score beside the metric, with its interval.

    They are scores on held-out rows if there are some, else on the validation rows of the folds, or lower where the file's own
    training rows imply a lower score. The interval of what is certified is that of cross-validation; see `beside_certificate`.
    """
    found: dict[str, ScoreBeside] = {}
    for name, limit in (constraints.scores or {}).items():
        crossed = _cross_validated(context, name, chosen, constraints.confidence, seed)
        if certified is not None:
            told = on_held_out(certified.certification, name, chosen, constraints.confidence)
            ends = told if certified.chosen is None or crossed is None else beside_certificate(crossed, told)
        elif crossed is not None:
            told = ends = crossed
        else:
            continue
        found[name] = ScoreBeside(limit=limit, score=told.value, low=ends.low, high=ends.high)
    return found


def _cross_validated(context: Context, name: str, chosen: Outcome, confidence: float, seed: int) -> Estimate | None:
    """Return an outcome's score by another metric on the validation rows of the folds, with its interval."""
    if chosen.out_of_fold is None:
        return None
    other, sign = replace(context, metric=name), metric(name).sign
    utility = mean_utility([
        utility_of(other, fold.validation, chosen.out_of_fold[fold.repeat, fold.validation]) for fold in context.folds
    ])  # fmt: skip
    found = resampled(other, chosen.out_of_fold, sign * utility, confidence, seed)
    return found.lowered(sign, min(chosen.implied_beside.get(name, utility) - utility, 0.0), metric(name))
