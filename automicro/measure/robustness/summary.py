"""How a model withstands rows that are not as in training: its score under stress, and how far decisions are from flipping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data import labelled_as
from automicro.errors import DataError
from automicro.escaped import escaped
from automicro.measure.effects.importance import check_classes
from automicro.measure.metrics.score import score
from automicro.measure.robustness.decision_distance import flips
from automicro.measure.robustness.perturbations import stresses
from automicro.program import evaluate
from automicro.request import STRESSES, metric
from automicro.words.numbers import aligned, rounded

if TYPE_CHECKING:
    from automicro.data import Problem
    from automicro.measure.robustness.decision_distance import Flips
    from automicro.measure.robustness.perturbations import Stress
    from automicro.program import Program

__all__ = ["Robustness", "robustness"]


@dataclass(frozen=True, eq=False)
class Robustness:
    """What stresses take from a score, and how far rows are from another decision; prints as a table.

    Parameters
    ----------
    metric : str
    score : float
        Without any stress.
    stresses : tuple of Stress
    flips : Flips or None
    declined : str
        Why there are no flips.
    """

    metric: str
    score: float
    stresses: tuple[Stress, ...]
    flips: Flips | None
    declined: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; a distance or a loss without end is None."""
        content: dict[str, Any] = {
            "metric": self.metric,
            "score": self.score,
            "stresses": {
                s.name: {
                    "loss": _finite(s.loss),
                    "score": _finite(s.score),
                    "column": s.column,
                    "stress": STRESSES[s.name],
                }
                for s in self.stresses
            },
            "flip": self.declined or None,
        }
        if self.flips is not None:
            low, high = self.flips.median
            content["flip"] = {
                "kind": self.flips.kind,
                "how": self.flips.how,
                "rows": len(self.flips.rows),
                "median_low": _finite(low),
                "median_high": _finite(high),
                "tolerance": self.flips.tolerance,
            }
        return content

    def __repr__(self) -> str:
        rows = [("stress", self.metric, "lost", "worst column", "what is done to the rows")]
        rows.append(("none", rounded(self.score), "", "", ""))
        rows += [(s.name, rounded(s.score), rounded(s.loss), s.column or "", STRESSES[s.name]) for s in self.stresses]
        return "\n".join([*aligned(rows), f"flip: {escaped(self._flip())}"])

    __str__ = __repr__

    def _flip(self) -> str:
        if self.flips is None:
            return self.declined
        found, (low, high) = self.flips, self.flips.median
        what = (
            "another decision" if found.tolerance is None else f"a prediction that is {rounded(found.tolerance)} away"
        )
        if not np.isfinite(high) and found.kind == "exact":
            return (
                f"half of {len(found.rows)} rows are out of reach of {what}, however numbers move ({found.how}; exact)"
            )
        sizes = {
            "exact": rounded(high),
            "between bounds": f"between {rounded(low)} and {rounded(high)}",
            "upper bound": f"at most {rounded(high)}",
        }
        return (
            f"the median of {len(found.rows)} rows is {sizes[found.kind]} of a column's range from {what} "
            f"({found.how}; {found.kind})"
        )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def robustness(
    program: Program, problem: Problem, metric_name: str, *, seed: int = 0, tolerance: float | None = None
) -> Robustness:
    """Return how a program withstands stress on rows that it was not trained on.

    Parameters
    ----------
    program : Program
    problem : Problem
        Held-out rows with their target, as `automicro.data.load_problem(X, y)` returns them.
    metric_name : str
        A name of `automicro.request.METRICS`.
    seed : int
        Seed of the noise and of the rows that are drawn.
    tolerance : float, optional
        For regression: the change of a prediction that counts as another decision, by default half a standard deviation of the target.

    Raises
    ------
    DataError
        If the rows have other columns or classes than the program.
    RequestError
        If the metric is not one of the task.
    """
    if len(problem.table.names) != program.columns:
        raise DataError(f"rows must have {program.columns} columns as in training, but have {len(problem.table.names)}")
    problem = labelled_as(problem, program.labels)
    check_classes(program, problem)
    if tolerance is not None and not tolerance > 0:
        raise DataError(f"tolerance must be above 0, but got {tolerance}")
    metric(metric_name).check_task(problem.task, problem.classes)
    whole = score(metric_name, problem.target, evaluate(program, problem.batch()), problem.weights)
    found, declined = None, ""
    try:
        found = flips(program, problem, tolerance)
    except DataError as error:
        declined = str(error)
    return Robustness(metric_name, whole, stresses(program, problem, metric_name, seed=seed), found, declined)
