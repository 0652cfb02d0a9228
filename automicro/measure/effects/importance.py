"""How much of a score a model owes to each column: what is lost when the column's values are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.data import labelled_as
from automicro.errors import DataError
from automicro.measure.metrics.score import score
from automicro.program import columns_read, evaluate, take
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.data import Problem
    from automicro.program import Column, Program

__all__ = ["Importance", "check_classes", "permutation_importance"]

REPEATS, CONFIDENCE = 20, 0.95
MOST_TOLD = 8


@dataclass(frozen=True)
class Importance:
    """What of the score is lost without a column: the mean over shuffles, and an interval from their spread."""

    column: str
    loss: float
    low: float
    high: float


def permutation_importance(
    program: Program,
    columns: Sequence[Column | None],
    problem: Problem,
    metric: str,
    *,
    names: Sequence[str],
    seed: int = 0,
) -> tuple[Importance, ...]:
    """Return the importance of the columns that a program reads, the most important first (Fisher, Rudin and Dominici, JMLR 20, 2019).

    Parameters
    ----------
    program : Program
    columns : sequence of Column or None
        Rows that the model was not trained on, as the program reads them; a table, texts or series.
    problem : Problem
        Their target, with every class, and their weights.
    metric : str
        A name of `automicro.request.METRICS`.
    names : sequence of str
        Names of the columns.
    seed : int
        Seed of the 20 shuffles of each column. The interval is about the shuffles, not about the sample of rows.

    Raises
    ------
    DataError
        If the rows have other classes than the program.
    RequestError
        If the metric is not one of the task.

    Notes
    -----
    A loss shows what the model uses, not what causes the target: of two columns that say the same the model may need only one.
    """
    problem = labelled_as(problem, program.labels)
    check_classes(program, problem)
    facts = metric_of(metric)
    facts.check_task(problem.task, problem.classes)
    generator = np.random.default_rng(seed)

    def utility(given: Sequence[Column | None]) -> float:
        return facts.sign * float(score(metric, problem.target, evaluate(program, given), problem.weights))

    whole, z = utility(columns), NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    found = []
    for column in columns_read(program):
        own = columns[column]
        if own is None:
            continue
        losses = []
        for _ in range(REPEATS):
            shuffled = list(columns)
            shuffled[column] = take(own, generator.permutation(problem.rows))
            losses.append(whole - utility(shuffled))
        mean, error = float(np.mean(losses)), float(np.std(losses, ddof=1) / np.sqrt(REPEATS))
        found.append(Importance(names[column], mean, mean - z * error, mean + z * error))
    return tuple(sorted(found, key=lambda importance: (-importance.loss, importance.column)))


def check_classes(program: Program, problem: Problem) -> None:
    """Raise `DataError` unless rows have the classes of a program."""
    if tuple(problem.labels or ()) != tuple(program.labels or ()):
        raise DataError(
            f"rows must have the classes of the model, {_listed(program.labels)}, but have {_listed(problem.labels)}: "
            "add rows of each class, and name no other"
        )


def _listed(labels: Sequence[object] | None) -> str:
    if not labels:
        return "none"
    more = f" and {len(labels) - MOST_TOLD} more" if len(labels) > MOST_TOLD else ""
    return ", ".join(map(repr, labels[:MOST_TOLD])) + more
