"""Whether the model that is trained on all rows is as good as the models of its folds, and what its own rows say of its score."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import evaluate
from automicro.search.decide.latency import score_interval
from automicro.search.requirements.scores import STABILITY
from automicro.search.trial.variant_scores import utility_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data import Fold, Problem
    from automicro.program import Batch, Program
    from automicro.search.context import Context, QuantisedVariant
    from automicro.search.trial.variant_scores import VariantScores

__all__ = ["Agreement", "agreement", "with_training_utilities"]

ROWS = {"table": 4000}  # training rows that models are compared on; differences on the same rows have little noise
ROWS_OF_OTHERS = 1000  # of texts, series and graphs, which take long to evaluate
LEVEL = 0.99  # of the prediction interval for the shortfall of one more training
FEWEST = 500  # rows of a fold that are compared, if it has them
DRAWN = 104729  # sets the random numbers of this sample apart from those of the folds


@dataclass(frozen=True)
class Agreement:
    """How a model that was trained on all rows compares with the models of its folds.

    Parameters
    ----------
    out_of_fold : float
        Mean utility of the folds' models on their validation rows.
    shortfall : float
        How much lower than the folds' models the model scores on the rows that those were trained on, the mean over the folds; a
        negative number where it scores higher.
    drop : float
        What more training rows alone take from a training score: half of the difference between the optimism (training score less
        out-of-fold score) of the folds' models and of one trained on all rows, as the optimism of a fit by least squares is inverse to its
        rows (Efron, JASA 81, 1986).
    allowed : float
        The excess that one more training of the same kind stays below in 99 of 100 cases, by how much those of the folds differ; at least
        a standard error of the out-of-fold score.
    """

    out_of_fold: float
    shortfall: float
    drop: float
    allowed: float

    @property
    def utility(self) -> float:
        """The utility that the model's own training rows imply: out of fold, less what it lacks on the training rows."""
        return self.out_of_fold - self.excess

    @property
    def excess(self) -> float:
        """The shortfall beyond what more rows explain."""
        return self.shortfall - self.drop

    @property
    def holds(self) -> bool:
        """Whether the model agrees with those of its folds."""
        return self.excess <= self.allowed

    def values(self, name: str, value: float, scale: float) -> dict[str, float]:
        """Return the value that decides on a score of this name; of a model that does not agree, what it lacks relative to `scale`."""
        return {name: value} if self.holds else {STABILITY: self.excess / scale}


def _sampled(rows: int, most: int) -> NDArray[np.bool_]:
    """Return which rows models are compared on: all, or so many drawn ones."""
    if rows <= most:
        return np.ones(rows, dtype=np.bool_)
    mask = np.zeros(rows, dtype=np.bool_)
    mask[np.random.default_rng(DRAWN).choice(rows, most, replace=False)] = True
    return mask


def agreement(context: Context, program: Program, form: QuantisedVariant) -> Agreement | None:
    """Compare a program that was trained on all rows with the models of the folds that `form` describes.

    Parameters
    ----------
    context : Context
    program : Program
        As it ships: packed and read back.
    form : QuantisedVariant
        With the utilities of the folds' models on their training rows (`trained`). Where these are unknown, those on validation rows are
        compared, which the program was trained on and the folds' models were not: a weaker test.

    Returns
    -------
    Agreement or None
        None where the metric is not defined on the rows that are compared, and for clusters.
    """
    if context.problem.task == "clustering" or len(form.validated) != len(context.folds):
        return None
    drop = 0.0
    if form.trained:
        shortfalls = np.array(form.trained) - np.array(_training_utilities(context, [program] * len(context.folds)))
        optimism = max(float(np.nanmean(form.trained)) - form.utility, 0.0)
        drop = (1 - _share_of_rows(context)) * optimism / 2
    else:
        utilities = [_utility(context, program, fold.validation) for fold in context.folds]
        shortfalls = np.array(form.validated) - np.array(utilities)
    shortfalls = shortfalls[np.isfinite(shortfalls)]
    if not len(shortfalls):
        return None
    allowed = max(_spread(shortfalls), _error(context, form))
    if len(context.folds) == 1:
        allowed = _allowed_after_one(context, program)
    return Agreement(form.utility, float(shortfalls.mean()), drop, allowed)


def _utility(context: Context, program: Program, rows: NDArray[np.int64]) -> float:
    return utility_of(context, rows, evaluate(program, context.problem.batch(rows)))


def with_training_utilities(context: Context, table: VariantScores, form: QuantisedVariant) -> QuantisedVariant:
    """Return a form with the utilities of the folds' models on their own training rows; of clusters, which have no target, as it is."""
    if context.problem.task == "clustering":
        return form
    programs = [table.program(form.key, form.precision, fold) for fold in range(table.folds)]
    return replace(form, trained=_training_utilities(context, programs))


def _training_utilities(context: Context, programs: Sequence[Program]) -> tuple[float, ...]:
    """Return the utility of one program for each fold on the training rows of that fold, or on a sample of them."""
    return tuple(
        utility_of(context, rows, evaluate(program, batch))
        for program, (rows, batch) in zip(programs, _training_rows(context.problem, context.folds), strict=True)
    )


@lru_cache(maxsize=2)
def _training_rows(problem: Problem, folds: tuple[Fold, ...]) -> tuple[tuple[NDArray[np.int64], Batch], ...]:
    sampled = _sampled(problem.rows, ROWS.get(problem.kind, ROWS_OF_OTHERS))
    chosen = [_of_sample(fold.train, sampled) for fold in folds]
    return tuple((rows, problem.batch(rows)) for rows in chosen)


def _of_sample(rows: NDArray[np.int64], sampled: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rows of a fold that are sampled; of a fold with few of them, rows of its own."""
    chosen = rows[sampled[rows]]
    return chosen if len(chosen) >= min(len(rows), FEWEST) else rows[:: -(-len(rows) // FEWEST)]


def _share_of_rows(context: Context) -> float:
    """Return the share of the rows that a fold trains on; 1 under a time order, where a loss has other reasons than few rows."""
    if context.problem.order is not None:
        return 1.0
    return float(np.mean([len(fold.train) for fold in context.folds])) / context.problem.rows


def _spread(shortfalls: NDArray[np.float64]) -> float:
    """Return half the prediction interval, at `LEVEL`, of one more value beside the mean of those that were seen."""
    from scipy.special import stdtrit  # noqa: PLC0415 - scipy is loaded only where a model is trained on all rows

    count = len(shortfalls)
    if count < 2:
        return 0.0
    quantile = float(stdtrit(count - 1, LEVEL))
    return quantile * float(shortfalls.std(ddof=1)) * math.sqrt(1 + 1 / count)


def _allowed_after_one(context: Context, program: Program) -> float:
    """Return the standard error of a score on the validation rows of the only fold, times the quantile at `LEVEL`.

    One fold does not show how much trainings differ. The error is that of the program that was trained on all rows.
    """
    rows = context.folds[0].validation
    prediction = evaluate(program, context.problem.batch(rows))
    shape = (1, context.problem.rows, *prediction.shape[1:])
    known = np.full(shape, np.nan)
    known[0, rows] = prediction
    low, high = score_interval(context, known, NormalDist().cdf(1.0), 0)
    error = (high - low) / 2
    return NormalDist().inv_cdf(LEVEL) * error if math.isfinite(error) else 0.0


def _error(context: Context, form: QuantisedVariant) -> float:
    """Return the standard error of an out-of-fold score, by how much the folds differ; the folds of one repeat share no validation row."""
    utilities = np.array(form.validated)[np.isfinite(form.validated)]
    once = sum(fold.repeat == 0 for fold in context.folds)
    return float(utilities.std(ddof=1)) / math.sqrt(once) if len(utilities) > 1 else 0.0
