"""The bound of predictions under the link exp: what no row exceeds, however far it lies outside of the training rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.spans import bounded, least
from automicro.program import Chain, Forest, StepTables, Sum
from automicro.program.cap import cap_at_least
from automicro.program.nodes import feature_count
from automicro.program.rewrite.domains import domain_of
from automicro.program.rows import FLOAT32_MAX
from automicro.program.wire.bodies import width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program import Decoder, Node, Program, Weights

    Floats = NDArray[np.float64]

__all__ = ["with_cap"]

LARGEST = float(np.log(np.finfo(np.float64).max))  # score from which the exponential is infinite


def with_cap(program: Program, target: NDArray[np.int64] | NDArray[np.float64]) -> Program:
    """Return a program whose predictions are finite for every row without missing values.

    A program with the link exp whose scores have no bound, as those of slopes, gets the smallest power of two that is not below the
    largest training target as a cap. Steps, leaves, kernels and weights of levels have a bound of their own: such a program stays as it is.
    """
    if program.link != "exp" or program.labels is not None or _has_bound(program):
        return program
    return replace(program, cap=cap_at_least(float(np.max(target))))


def _has_bound(program: Program) -> bool:
    """Whether no row makes a prediction infinite, as far as interval arithmetic over the values of features shows."""
    ends = [_ends(decoder) for decoder in program.decoders for _ in range(feature_count(decoder))]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    parts = program.body.nodes if isinstance(program.body, Sum) else (program.body,)
    return sum(_most(part, low, high) for part in parts) < LARGEST


def _ends(decoder: Decoder) -> tuple[float, float]:
    """Return the least and the greatest value of the features of a decoder."""
    values = domain_of(decoder).values
    return (-FLOAT32_MAX, FLOAT32_MAX) if values is None else (float(values[0]), float(values[-1]))


def _most(node: Node, low: Floats, high: Floats) -> float:
    """Return what no output of a node exceeds while its features lie from `low` to `high`; infinity where that is not known."""
    if isinstance(node, Chain) and isinstance(node.nodes[-1], Forest | StepTables):
        return _most(node.nodes[-1], low, high)
    if isinstance(node, Forest):
        leaves = node.leaves.values.max(axis=1)
        return _highest(node.bias, [leaves[tree.leaf[tree.feature < 0]].max() for tree in node.trees])
    if isinstance(node, StepTables):
        starts = np.cumsum([0, *node.pieces[:-1]])
        steps = np.maximum.reduceat(node.values.values, starts) if node.pieces else np.zeros(0, dtype=np.float32)
        return _highest(node.bias, steps if node.missing is None else np.maximum(steps, node.missing.values))
    if not bounded(node):
        return np.inf
    of = -np.eye(width(node, len(low)))
    rows = np.ones((len(of), 1))
    with np.errstate(over="ignore", invalid="ignore"):
        most = float(np.max(-least(node, of, low * rows, high * rows)))
    return np.inf if np.isnan(most) else most


def _highest(bias: Weights, added: Sequence[np.float32] | NDArray[np.float32]) -> float:
    """Return what a bias and one number for each part, which may go to another output, do not exceed."""
    return float(bias.values.max() + np.maximum(np.asarray(added, dtype=np.float64), 0.0).sum())
