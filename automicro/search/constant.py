"""Models that predict the same for every row, which are returned only if the request allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import evaluate
from automicro.request import metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.program import Program

__all__ = ["ASK", "constant_words"]

FIRST_ROWS = 2000
ASK = "only allow_constant=True permits that"


def constant_words(problem: Problem, program: Program, metric_name: str) -> str:
    """Return what a program predicts for every row of training, in words; empty where it does not predict the same for all.

    For a metric of labels the label counts, for others the probabilities or the value. A partition is not a prediction.
    """
    if problem.task == "clustering":
        return ""
    labels = metric(metric_name).needs == "label" and problem.task == "classification"
    step = -(-problem.rows // FIRST_ROWS)
    first = _the_same(evaluate(program, problem.batch(np.arange(0, problem.rows, step))), labels=labels)
    if first is not None and step > 1:
        first = _the_same(evaluate(program, problem.batch()), labels=labels)
    if first is None:
        return ""
    if program.labels is None:
        return f"predicts {float(first):.6g} for every row"
    return (
        f"predicts {program.labels[int(first)]!r} for every row"
        if labels
        else "predicts the same probabilities for every row"
    )


def _the_same(prediction: NDArray[np.float64], *, labels: bool) -> Any:
    """Return what is predicted for every row; None where rows differ."""
    predicted = prediction.argmax(axis=1) if labels else prediction
    return None if (predicted != predicted[:1]).any() else predicted[0]
