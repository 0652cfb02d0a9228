"""The bound of predictions of numbers: what no row exceeds, however far it lies outside of the training rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.robustness.interval_bounds import bounded, least
from automicro.program import Chain, Forest, StepTables, Sum
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.limits import shortest_between
from automicro.program.nodes import feature_count
from automicro.program.rewrite.domains import domain_of
from automicro.program.walk import outputs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program import Decoder, Node, Program, Weights

    Floats = NDArray[np.float64]

__all__ = ["SLACK", "with_bound"]

# how far limits may lie outside of the training targets, in their range: a half saves 2 bits, and errors of rare rows grow
SLACK = 1 / 8
FAR = 100.0  # a score has no useful bound from here on, in ranges of the training targets: slopes of float32 reach 1e30
LOGARITHMIC = frozenset(
    {"mean_squared_log_error", "root_mean_squared_log_error", "mean_gamma_deviance", "mean_poisson_deviance"}
)
LARGEST = float(np.log(np.finfo(np.float64).max))  # score from which the exponential is infinite


def with_bound(
    program: Program, target: NDArray[np.int64] | NDArray[np.float64], metric: str, *, later: bool = False
) -> Program:
    """Return a program whose predictions stay near the training targets for every row without missing values.

    Programs of numbers whose scores have no useful bound, as those of slopes, get limits: outside of the training targets by at most an
    eighth of their range, with as few bits as that allows. Steps, leaves, kernels and weights of levels have a bound of their own: such a
    program stays as it is. So does one under the link identity for rows that are `later` than those of training, since a trend may lead out
    of the range; an exponential may not. Where a `metric` has no bound for predictions near 0, the lower limit of a positive target is at
    least seven eighths of the smallest training target.
    """
    if program.labels is not None or program.link not in ("identity", "exp"):
        return program
    low, high = float(np.min(target)), float(np.max(target))
    slack = SLACK * (high - low)
    below = SLACK * low if metric.removeprefix("neg_") in LOGARITHMIC and low > 0 else slack
    limits = shortest_between(low - below, low), shortest_between(high, high + slack)
    if program.link == "exp":
        limits = max(limits[0], 0.0), limits[1]
        is_bounded = _most(program, 1.0) < LARGEST
    else:
        far = FAR * (high - low)
        is_bounded = later or (_most(program, 1.0) <= high + far and _most(program, -1.0) <= far - low)
    return program if is_bounded or limits[0] >= limits[1] else replace(program, limits=limits)


def _most(program: Program, sign: float) -> float:
    """Return what no score times `sign` exceeds, as far as interval arithmetic over the values of features shows."""
    ends = [_ends(decoder) for decoder in program.decoders for _ in range(feature_count(decoder))]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    parts = program.body.nodes if isinstance(program.body, Sum) else (program.body,)
    return sum(_most_of(part, low, high, sign) for part in parts)


def _ends(decoder: Decoder) -> tuple[float, float]:
    """Return the least and the greatest value of the features of a decoder."""
    values = domain_of(decoder).values
    return (-FLOAT32_MAX, FLOAT32_MAX) if values is None else (float(values[0]), float(values[-1]))


def _most_of(node: Node, low: Floats, high: Floats, sign: float) -> float:
    """Return what no output of a node times `sign` exceeds with features from `low` to `high`; infinity where that is not known."""
    if isinstance(node, Chain) and isinstance(node.nodes[-1], Forest | StepTables):
        return _most_of(node.nodes[-1], low, high, sign)
    if isinstance(node, Forest):
        leaves = (sign * node.leaves.values).max(axis=1)
        parts = [float(leaves[tree.leaf[tree.feature < 0]].max()) for tree in node.trees]
        return _highest(node.bias, parts, sign)
    if isinstance(node, StepTables):
        starts = np.cumsum([0, *node.pieces[:-1]])
        values = sign * node.values.values.astype(np.float64)
        steps = np.maximum.reduceat(values, starts) if node.pieces else np.zeros(0)
        if node.missing is not None:
            steps = np.maximum(steps, sign * node.missing.values)
        return _highest(node.bias, steps.tolist(), sign)
    if not bounded(node):
        return np.inf
    of = -sign * np.eye(outputs_of(node, len(low)))
    rows = np.ones((len(of), 1))
    with np.errstate(over="ignore", invalid="ignore"):
        most = float(np.max(-least(node, of, low * rows, high * rows)))
    return np.inf if np.isnan(most) else most


def _highest(bias: Weights, added: Sequence[float], sign: float) -> float:
    """Return what a bias times `sign` and one number for each part, which may go to another output, do not exceed."""
    return float((sign * bias.values).max() + sum(max(part, 0.0) for part in added))
