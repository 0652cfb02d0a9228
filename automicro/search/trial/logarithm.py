"""The logarithm of a target: when it is tried, what is trained on it, and the way back to the target's own units."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.plugin import Declined
from automicro.program import Affine, Chain, Forest, StepTables, Weights, body_scores
from automicro.search.trial.bound import SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.plugin import Lowered, TargetTransform, TrainingData
    from automicro.program import Node
    from automicro.search.context import Context

    Floats = NDArray[np.float64]

__all__ = ["in_logarithms", "in_units", "metric_of_logarithms", "target_transforms"]

SKEWED = 1.0  # skewness from which a distribution counts as highly skewed (Bulmer, Principles of Statistics, 1979)
RELATIVE = frozenset({"mean_absolute_percentage_error", "mean_squared_log_error", "root_mean_squared_log_error"})
ABSOLUTE = frozenset({"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"})
SQUARED = frozenset({"r2", "explained_variance", "mean_squared_error", "root_mean_squared_error"})
BEYOND = float(
    np.log1p(SLACK)
)  # of the logarithm of the largest target: predictions above that are limited, as `with_bound` says
MOST_ROWS = 4000  # that the factor back to the target's units is estimated on


def target_transforms(problem: Problem, transform: str, metric: str) -> tuple[TargetTransform, ...]:
    """Return how the target may be transformed for training, in the order of the portfolio.

    With ``"auto"`` logarithms are tried of a positive target that is skewed to the right, more than its logarithms are to either
    side, and of any positive target where the metric compares ratios.

    Raises
    ------
    DataError
        If logarithms are required and the target has none.
    """
    if transform == "none":
        return ("none",)
    if problem.task != "regression":
        if transform == "log":
            raise DataError(f"search.target_transform: 'log' needs a target of numbers, but the task is {problem.task}")
        return ("none",)
    target = np.asarray(problem.target, dtype=np.float64)
    if (low := int((target <= 0).sum())) > 0:
        if transform == "log":
            raise DataError(
                f"search.target_transform: 'log' needs a target above 0 in every row, but {low} of {len(target)} rows have 0 or less: "
                "drop these rows, add a constant to the target, or use 'auto'"
            )
        return ("none",)
    if transform == "log":
        return ("log",)
    if metric.removeprefix("neg_") in RELATIVE:
        return ("none", "log")
    own = _skewness(target)
    return ("none", "log") if own > SKEWED and own > abs(_skewness(np.log(target))) else ("none",)


def _skewness(values: Floats) -> float:
    spread = values.std()
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


@cache
def in_logarithms(context: Context) -> Problem:
    """Return the problem with the logarithm of its target."""
    return replace(context.problem, target=np.log(np.asarray(context.problem.target, dtype=np.float64)))


def metric_of_logarithms(metric: str) -> str:
    """Return the metric that a family trains towards on logarithms: absolute where the median is wanted, else squared."""
    return "mean_absolute_error" if metric.removeprefix("neg_") in ABSOLUTE else "mean_squared_error"


def in_units(lowered: Lowered, data: TrainingData, metric: str) -> Lowered:
    """Return what was trained on logarithms with the link exp, its bias such that predictions suit the metric in the target's units.

    The exponential of a mean of logarithms is less than the mean. So predictions are multiplied by the factor with the least error on
    the training rows, squared or absolute as the metric is (a smearing factor, Duan, JASA 78, 1983, fitted to the metric). It is
    part of the bias and costs no operation.

    Raises
    ------
    Declined
        If the scores are not values but go through a link of their own.
    """
    if lowered.link != "identity":
        raise Declined(f"logarithms of the target need scores that are values, but these have the link {lowered.link}")
    step = -(-len(data.y) // MOST_ROWS) if data.topology is None else 1
    scores = body_scores(lowered.body, data.X[::step], data.topology)[:, 0]
    if data.places is not None:
        scores = scores[data.places]
    weights = np.ones(len(data.y)) if data.weights is None else np.asarray(data.weights, dtype=np.float64)
    shift = _shift(np.asarray(data.y, dtype=np.float64)[::step], scores, weights[::step], metric.removeprefix("neg_"))
    return replace(lowered, body=_raised(lowered.body, shift) if shift else lowered.body, link="exp")


def _shift(logarithms: Floats, scores: Floats, weights: Floats, metric: str) -> float:
    """Return the logarithm of the factor with the least error."""
    top = float(logarithms.max())
    y, predicted = (
        np.exp(logarithms - top),
        np.exp(np.minimum(scores - top, BEYOND)),
    )  # the factor does not depend on the unit
    if metric in SQUARED:
        above, below = float(weights @ (y * predicted)), float(weights @ predicted**2)
        return float(np.log(above / below)) if above > 0 and below > 0 else 0.0
    if metric not in ABSOLUTE or metric == "median_absolute_error":
        return 0.0
    masses = weights * predicted / (y if metric in RELATIVE else 1.0)
    ratios = logarithms - scores
    order = np.argsort(ratios, kind="stable")
    reached = np.cumsum(masses[order])
    return float(ratios[order[np.searchsorted(reached, reached[-1] / 2)]]) if reached[-1] > 0 else 0.0


def _raised(body: Node, by: float) -> Node:
    """Return a body of one score with a constant added."""
    if isinstance(body, Chain):
        return Chain((*body.nodes[:-1], _raised(body.nodes[-1], by)))
    if isinstance(body, Affine | Forest | StepTables):
        return replace(body, bias=Weights.of(body.bias.values + by))
    one: Any = np.ones((1, 1))
    return Chain((body, Affine(Weights.of(one), Weights.of([by]))))
