"""A metric that the user defines, made ready for a problem: its labels, its costs, and whether it works at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.data import label_word
from automicro.errors import RequestError
from automicro.measure import score
from automicro.request import MEAN_COST, MeanCost, Metric, cost_metric, matrix_of

if TYPE_CHECKING:
    from automicro.data import Problem
    from automicro.request import Constraints

__all__ = ["cost_weights", "taught", "with_metric"]

SPREAD = 0.1  # of the probability that predictions for trying a metric leave to all classes, so that no logarithm is infinite


def with_metric(problem: Problem, constraints: Constraints) -> tuple[Problem, Constraints]:
    """Return the constraints with the user's metric as it is for the labels of a problem; the problem may have one more note.

    Of costs as a matrix with labels that are text a note says in which order they are read.

    Raises
    ------
    RequestError
        If the function raises, returns no number, or needs to take sample weights; or shuffled predictions score better than perfect
        ones, though its direction follows from nothing but its name.
    ConstraintError
        If costs do not fit the labels.
    """
    if constraints.metric == MEAN_COST and constraints.costs is not None:
        labels = problem.labels or ()
        own = cost_metric(matrix_of(constraints.costs, labels, label_word))
        if not isinstance(constraints.costs, dict) and any(isinstance(label, str) for label in labels):
            note = f"costs: rows and columns of the matrix are in the order {', '.join(map(repr, sorted(labels)))}"
            problem = replace(problem, notes=(*problem.notes, note))
        return problem, constraints.model_copy(update={"metric": own})
    if not isinstance(constraints.metric, Metric):
        return problem, constraints
    own = constraints.metric.changed(labels=problem.labels)
    note = _tried(problem, own)
    notes = (*problem.notes, note) if note else problem.notes
    return replace(problem, notes=notes), constraints.model_copy(update={"metric": own})


def _tried(problem: Problem, metric: Metric) -> str:
    """Call a metric for perfect and for shuffled predictions; return a note if the latter score better."""
    made = metric.definition
    if problem.weights is not None and not (made.takes_weights or made.per_row):
        raise RequestError(
            f"metric: {metric.plain!r} must take sample_weight, since rows have weights: add that parameter, or leave weights out"
        )
    target = problem.target
    if problem.classes:
        perfect = np.eye(problem.classes)[target.astype(np.int64)] * (1 - SPREAD) + SPREAD / problem.classes
    else:
        perfect = np.asarray(target, dtype=np.float64)
    shuffled = perfect[np.random.default_rng(0).permutation(problem.rows)]
    best, worse = (score(metric, target, prediction, problem.weights) for prediction in (perfect, shuffled))
    if np.isnan(best):
        raise RequestError(
            f"metric: {metric.plain!r} must be a number for perfect predictions, but is NaN: change the function"
        )
    sign = metric.facts.sign
    if not sign * worse > sign * best:
        return ""
    said = f"is {best:.4g} for perfect predictions and {worse:.4g} for shuffled ones"
    if made.is_direction_stated:
        return f"metric: {metric.plain} {said}, though {'greater' if sign > 0 else 'less'} is stated to be better"
    remedy = f"automicro.Metric({metric.plain}, greater_is_better={sign < 0})"
    raise RequestError(f"metric: {metric.plain!r} {said}: give {remedy}")


def taught(metric: str, task: str) -> str:
    """Return the metric that families train towards: of a function, which they do not know, the nearest that they do."""
    if not isinstance(metric, Metric):
        return metric
    if task != "classification":
        return "r2"
    return "log_loss" if metric.definition.needs == "predict_proba" else "accuracy"


def cost_weights(metric: str, problem: Problem) -> tuple[float, ...] | None:
    """Return how much the rows of each class weigh in training for a mean cost, 1 on average; None for another metric."""
    function = metric.definition.function if isinstance(metric, Metric) else None
    if not isinstance(function, MeanCost):
        return None
    weights = np.array(function.weights)
    mean = float(np.average(weights[problem.target.astype(np.int64)], weights=problem.weights))
    return tuple((weights / mean).tolist())
