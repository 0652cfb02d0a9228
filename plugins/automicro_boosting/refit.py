"""All values of an ensemble fitted anew, jointly, after its trees have been grown one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro_boosting.loss import Loss

    Array = NDArray[np.float64]

__all__ = ["Coefficients", "Design", "curvature", "refit"]

_STEPS = 10
_HALVINGS = 5
_JITTER = 1e-5  # of the largest curvature: what float32 products leave uncertain


@dataclass(frozen=True, eq=False)
class Coefficients:
    """One value for every place of a design: for each output an array, and a bias (outputs,)."""

    values: tuple[Array, ...]
    bias: Array

    def plus(self, step: Coefficients, scale: float) -> Coefficients:
        """Return these coefficients moved along `step`."""
        values = tuple(a + scale * b for a, b in zip(self.values, step.values, strict=True))
        return Coefficients(values, self.bias + scale * step.bias)


@dataclass(frozen=True, eq=False)
class Design:
    """Which values each row adds up.

    Parameters
    ----------
    members : tuple of arrays of int32, (rows, groups)
        For each output: one column a tree, holding the place of the value that the row's leaf adds.
    groups : tuple of arrays of int64, (values,)
        For each output: the tree, counted within the output, that each value belongs to.
    """

    members: tuple[NDArray[np.int32], ...]
    groups: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, parts: Sequence[tuple[int, int, NDArray[np.int32]]], outputs: int, rows: int) -> Design:
        """Return the design of trees given as output, number of values, and the value that each row takes, (rows,)."""
        members: list[list[NDArray[np.int32]]] = [[] for _ in range(outputs)]
        counts: list[list[int]] = [[] for _ in range(outputs)]
        for output, count, place in parts:
            members[output].append(place + np.int32(sum(counts[output])))
            counts[output].append(count)
        none = np.zeros((rows, 0), dtype=np.int32)
        return cls(
            tuple(np.stack(m, axis=1) if m else none for m in members),
            tuple(np.repeat(np.arange(len(c)), c) for c in counts),
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """For each output, the number of values."""
        return tuple(len(group) for group in self.groups)

    def scores(self, coefficients: Coefficients) -> Array:
        """Return the scores before the link, (rows, outputs)."""
        columns = [
            bias + values[members].sum(axis=1)
            for members, values, bias in zip(self.members, coefficients.values, coefficients.bias, strict=True)
        ]
        return np.stack(columns, axis=1)

    def indicator(self, output: int) -> NDArray[np.float32]:
        """Return the 0/1 matrix of membership, (rows, values + 1); its last column belongs to the bias."""
        members = self.members[output]
        matrix = np.zeros((len(members), self.sizes[output] + 1), dtype=np.float32)
        matrix[np.arange(len(members))[:, None], members] = 1.0
        matrix[:, -1] = 1.0
        return matrix

    def start(self, loss: Loss) -> Coefficients:
        """Return the coefficients of the best constant."""
        return Coefficients(tuple(np.zeros(size) for size in self.sizes), loss.bias())


def refit(design: Design, loss: Loss, ridge: float, start: Coefficients | None = None) -> Coefficients:
    """Return the coefficients that minimise the loss plus ``ridge / 2`` times the sum of their squares (the bias is free).

    Newton's method on all values of an output at once (the fully corrective step of Johnson and Zhang, "Learning nonlinear
    functions using regularized greedy forest", 2014, section 4), halving a step that does not help.
    """
    current = start or design.start(loss)
    matrices = [design.indicator(output) for output in range(len(design.sizes))]
    best = _penalised(design, loss, ridge, current)
    for _ in range(_STEPS):
        step = _newton_step(matrices, loss, ridge, (current, design.scores(current)))
        for halving in range(_HALVINGS):
            trial = current.plus(step, 0.5**halving)
            value = _penalised(design, loss, ridge, trial)
            if value < best:
                break
        else:
            return current
        gained, best, current = best - value, value, trial
        if gained < 1e-5 * abs(best):
            break
    return current


def curvature(matrix: NDArray[np.float32], weights: Array, ridge: float) -> Array:
    """Return the second derivatives of the penalised loss in one output's values and bias."""
    scaled = matrix * np.sqrt(weights)[:, None].astype(np.float32)
    normal = (scaled.T @ scaled).astype(np.float64)
    diagonal = np.full(len(normal), ridge + _JITTER * np.max(np.diag(normal)))  # the leaves of a tree sum up to the bias
    diagonal[-1] = _JITTER * normal[-1, -1]
    return normal + np.diag(diagonal)


def _penalised(design: Design, loss: Loss, ridge: float, coefficients: Coefficients) -> float:
    penalty = 0.5 * ridge * sum(float(values @ values) for values in coefficients.values)
    return loss.value(design.scores(coefficients)) + penalty


def _newton_step(
    matrices: list[NDArray[np.float32]], loss: Loss, ridge: float, at: tuple[Coefficients, Array]
) -> Coefficients:
    coefficients, scores = at
    slope, bend = loss.derivatives(scores)
    steps, bias = [], np.zeros(len(matrices))
    for output, matrix in enumerate(matrices):
        gradient = matrix.T @ slope[:, output]
        gradient[:-1] += ridge * coefficients.values[output]
        step = -cho_solve(cho_factor(curvature(matrix, bend[:, output], ridge)), gradient)
        steps.append(step[:-1])
        bias[output] = step[-1]
    return Coefficients(tuple(steps), bias)
