"""In which order folds are trained, and below which utility a trial is given up before it is trained on all of them."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from automicro.request import Metric, metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.data import Fold
    from automicro.search.context import Context, Target
    from automicro.search.trial.variant_scores import VariantScores

__all__ = ["folds_together", "hopeless_below"]

HOPELESS = 0.03  # a mean utility this fraction of the target below what is expected after one fold is given up; less with every fold
NOISE = 3.0  # while it is not known how hard the single folds are: so many standard errors of a score on the rows judged so far


def folds_together(context: Context) -> Iterator[tuple[Fold, ...]]:
    """Give the folds one by one, or both halves of a cut, whose models are compared, at once."""
    if context.problem.task != "clustering":
        yield from ((fold,) for fold in context.folds)
        return
    for _, halves in groupby(context.folds, lambda fold: fold.repeat):
        yield tuple(halves)


def hopeless_below(context: Context, target: Target, table: VariantScores) -> float:
    """Return the mean utility below which the best variant cannot be expected to reach the target on all folds."""
    done, of = table.folds, len(context.folds)
    facts = metric(context.metric)
    usual = 0.5 if facts.high == 1 or "classification" in facts.tasks else 0.0
    if isinstance(context.metric, Metric):  # infinite without bounds: then nothing is given up
        usual = (facts.high - facts.low) / 2
    scale = max(target.scale, usual)  # for a target near 0 says nothing of the noise
    slack = HOPELESS * (1 + of - done) / of
    if not target.fold_offsets:
        slack = max(2 * slack, NOISE * math.sqrt((of - done) / of / table.screened_rows))
    return target.expected(done) - scale * slack
