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
    from automicro.program import Column, Program

__all__ = ["Importance", "column_importance", "permutation_importance"]

REPEATS, CONFIDENCE = 20, 0.95


@dataclass(frozen=True)
class Importance:
    """What of the score is lost without a column: the mean over shuffles, and an interval from their spread."""

    column: str
    loss: float
    low: float
    high: float


def permutation_importance(
    program: Program,
    problem: Problem,
    metric: str,
    *,
    repeats: int = REPEATS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
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
    _check_classes(program, problem)
    if len(problem.table.names) != program.columns:
        raise DataError(f"rows must have {program.columns} columns as in training, but have {len(problem.table.names)}")
    rows = _Rows(program, problem.batch().columns, problem)
    return rows.importance(metric, problem.table.names, repeats, confidence, seed)


def column_importance(
    program: Program,
    columns: Sequence[Column | None],
    problem: Problem,
    metric: str,
    *,
    names: Sequence[str],
    seed: int = 0,
) -> tuple[Importance, ...]:
    """Return `permutation_importance` over rows as the program reads them: `columns` and their `names`; the problem gives the target.

    Raises
    ------
    DataError
        If the rows have other classes than the program.
    RequestError
        If the metric is not one of the task.
    """
    _check_classes(program, problem)
    return _Rows(program, tuple(columns), problem).importance(metric, names, REPEATS, CONFIDENCE, seed)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows with their target, as a program reads them."""

    program: Program
    columns: tuple[Column | None, ...]
    problem: Problem

    def importance(
        self, metric: str, names: Sequence[str], repeats: int, confidence: float, seed: int
    ) -> tuple[Importance, ...]:
        """Return the importance of each column that is read."""
        if repeats < 1:
            raise DataError(f"repeats must be at least 1, but got {repeats}")
        judged = metric_of(metric)
        judged.check_task(self.problem.task, len(self.problem.labels or ()))
        sign, generator = judged.sign, np.random.default_rng(seed)
        whole = sign * self._score(metric, self.columns)
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        found = []
        for column in columns_read(self.program):
            own = self.columns[column]
            if own is None:
                continue
            losses = []
            for _ in range(repeats):
                shuffled = list(self.columns)
                shuffled[column] = take(own, generator.permutation(self.problem.rows))
                losses.append(whole - sign * self._score(metric, shuffled))
            mean = float(np.mean(losses))
            error = float(np.std(losses, ddof=1) / np.sqrt(repeats)) if repeats > 1 else np.nan
            found.append(Importance(names[column], mean, mean - z * error, mean + z * error))
        return tuple(sorted(found, key=lambda importance: (-importance.loss, importance.column)))

    def _score(self, metric: str, columns: Sequence[Column | None]) -> float:
        return float(score(metric, self.problem.target, evaluate(self.program, columns), self.problem.weights))


def _check_classes(program: Program, problem: Problem) -> None:
    if tuple(problem.labels or ()) != tuple(program.labels or ()):
        raise DataError(
            f"rows must have the classes of the model, {_told(program.labels)}, but have {_told(problem.labels)}: "
            "add rows of each class, and name no other"
        )


def _told(labels: Sequence[object] | None) -> str:
    return ", ".join(map(repr, labels)) if labels else "none"
