"""How much of a score a model owes to each column: what is lost when the column's values are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.score import score
from automicro.program import columns_read, evaluate, take
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from automicro.data import Problem
    from automicro.program import Program

__all__ = ["Importance", "permutation_importance"]


@dataclass(frozen=True)
class Importance:
    """What of the score is lost without a column: the mean over shuffles, and an interval from their spread."""

    column: str
    loss: float
    low: float
    high: float


def permutation_importance(
    program: Program, problem: Problem, metric: str, *, repeats: int = 20, confidence: float = 0.95, seed: int = 0
) -> tuple[Importance, ...]:
    """Return the importance of the columns that a program reads, the most important first (Fisher, Rudin and Dominici, JMLR 20, 2019).

    Parameters
    ----------
    program : Program
    problem : Problem
        Rows that the model was not trained on, with their target; a table, texts or series.
    metric : str
        A name of `automicro.request.METRICS`.
    repeats : int
        Shuffles of each column.
    confidence : float
        Of each interval, which tells of the chance of shuffling and not of that of the rows.
    seed : int

    Notes
    -----
    A loss tells what the model uses, not what causes the target: of two columns that say the same the model may need only one.
    """
    sign, batch = metric_of(metric).sign, problem.batch()

    def value(columns: tuple[object, ...]) -> float:
        prediction = evaluate(program, columns)  # type: ignore[arg-type]  # columns of the problem
        return float(sign * score(metric, problem.target, prediction, problem.weights))

    whole, generator = value(batch.columns), np.random.default_rng(seed)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    found = []
    for column in columns_read(program):
        losses = []
        for _ in range(repeats):
            shuffled = list(batch.columns)
            shuffled[column] = take(problem.table.columns[column], generator.permutation(problem.rows))
            losses.append(whole - value(tuple(shuffled)))
        mean, error = (
            float(np.mean(losses)),
            float(np.std(losses, ddof=1) / np.sqrt(repeats)) if repeats > 1 else np.nan,
        )
        found.append(Importance(problem.table.names[column], mean, mean - z * error, mean + z * error))
    return tuple(sorted(found, key=lambda importance: (-importance.loss, importance.column)))
