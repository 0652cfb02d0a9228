"""How much of a score a model owes to each column: what is lost when the column's values are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.measure.score import score
from automicro.program import columns_read, evaluate, take
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        Rows that the model was not trained on, with their target and of every class; a table, texts or series. As
        `automicro.data.load_problem(X, y)` gives it.
    metric : str
        A name of `automicro.request.METRICS`.
    repeats : int
        Shuffles of each column.
    confidence : float
        Of each interval, which tells of the chance of shuffling and not of that of the rows.
    seed : int

    Raises
    ------
    DataError
        If the rows have other columns or classes than the program.
    RequestError
        If the metric is not one of the task.

    Notes
    -----
    A loss tells what the model uses, not what causes the target: of two columns that say the same the model may need only one.
    """
    if repeats < 1:
        raise DataError(f"repeats must be at least 1, but got {repeats}")
    if len(problem.table.names) != program.columns:
        raise DataError(f"rows must have {program.columns} columns as in training, but have {len(problem.table.names)}")
    if tuple(problem.labels or ()) != tuple(program.labels or ()):
        raise DataError(
            f"rows must have the classes of the model, {_told(program.labels)}, but have {_told(problem.labels)}: "
            "add rows of each class, and name no other"
        )
    judged, batch = metric_of(metric), problem.batch()
    judged.check_task(problem.task, len(problem.labels or ()))

    def value(columns: tuple[object, ...]) -> float:
        prediction = evaluate(program, columns)  # type: ignore[arg-type]  # columns of the problem
        return float(judged.sign * score(metric, problem.target, prediction, problem.weights))

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


def _told(labels: Sequence[object] | None) -> str:
    return ", ".join(map(repr, labels)) if labels else "none"
