"""What a metric needs of the target: a positive class, an order of the classes, values that it is defined for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.data import positive_of, with_positive
from automicro.errors import ConstraintError, DataError
from automicro.measure import score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.request import Constraints, MetricFacts

__all__ = ["beside_note", "with_classes"]

LEAST = {
    "mean_squared_log_error": (-1.0, False),
    "root_mean_squared_log_error": (-1.0, False),
    "mean_poisson_deviance": (0.0, True),
    "mean_gamma_deviance": (0.0, False),
}
"""The least value of a target, and whether it can be taken."""


def with_classes(problem: Problem, constraints: Constraints) -> Problem:
    """Return the problem with the positive class as the second of two labels.

    Raises
    ------
    ConstraintError
        If the metric needs a positive class, or an order of the classes, that neither the request nor the data state; or `pos_label` is no
        label.
    DataError
        If the metric is not defined for the target's values.
    """
    problem = with_positive(problem, constraints.pos_label)
    for facts in constraints.all_measured:
        _check(problem, facts)
    return problem


def _check(problem: Problem, facts: MetricFacts) -> None:
    labels = problem.labels or ()
    if facts.of_one_class and len(labels) == 2 and positive_of(problem) is None:
        first, second = map(repr, labels)
        raise ConstraintError(
            f"pos_label: must be given for {facts.name!r}, which measures one class, and neither {first} nor {second} is 1, true or yes: "
            f"give pos_label={first} or pos_label={second}"
        )
    unordered = len(labels) > 2 and isinstance(labels[0], str) and not problem.ordered_labels
    if facts.name == "cohen_kappa_quadratic" and unordered:
        raise ConstraintError(
            f"metric: {facts.name!r} needs classes that are ordered, but they are text: give numbers or an ordered categorical"
        )
    name = facts.name.removeprefix("neg_")
    if name in LEAST and problem.task == "regression":
        _check_least(problem, facts.name, *LEAST[name])
    if name == "mean_absolute_percentage_error" and (zeros := int((problem.target == 0).sum())):
        raise DataError(
            f"the target must not be 0 for {facts.name!r}, which divides by it, but is 0 in {zeros} of {problem.rows} rows: "
            "drop these rows, or choose 'mean_absolute_error' or, for ratios, 'root_mean_squared_log_error'"
        )


def beside_note(problem: Problem, metric: str, out_of_fold: NDArray[np.float64] | None) -> str:
    """Return the precision that comes with a recall, or the recall with a precision, out of fold; empty for other metrics."""
    other = {"recall": "precision", "precision": "recall"}.get(metric)
    if other is None or out_of_fold is None:
        return ""
    known = np.isfinite(out_of_fold).all(axis=2)
    prediction, target = out_of_fold[known], np.broadcast_to(problem.target, known.shape)[known]
    weights = None if problem.weights is None else np.broadcast_to(problem.weights, known.shape)[known]
    value, share = score(other, target, prediction, weights), float(np.mean(prediction.argmax(axis=1) == 1))
    label = (problem.labels or (0, 1))[1]
    return f"{other} is {value:.4g} on the validation rows of the folds; {label!r} is predicted for {100 * share:.3g} % of them"


def _check_least(problem: Problem, metric: str, least: float, inclusive: bool) -> None:
    low = float(np.min(problem.target))
    if low < least or (low == least and not inclusive):
        words = "at least" if inclusive else "above"
        raise DataError(
            f"the target must be {words} {least:g} for {metric!r}, but its least value is {low:g}: choose another metric"
        )
