"""All values of an ensemble fitted anew, jointly, after its trees have been grown one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky

from automicro.plugin import drawn_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro_boosting.loss import Loss

    Array = NDArray[np.float64]

__all__ = ["Coefficients", "Design", "lower_triangle", "refit", "with_ridge"]

_STEPS = 8
_HALVINGS = 4
_DAMPING = 0.03  # share of its own curvature that is added to a value's where Newton's step does not help
_ENOUGH = 1e-4  # a step that lowers the loss by a smaller share was the last
_PRODUCTS = 2e9
_ROWS_A_VALUE = 12
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
    members : tuple of arrays of intp, (trees, rows)
        For each output: one line a tree, holding the place of the value that each row's leaf adds.
    groups : tuple of arrays of int64, (values,)
        For each output: the tree, counted within the output, that each value belongs to.
    rows : int
    """

    members: tuple[NDArray[np.intp], ...]
    groups: tuple[NDArray[np.int64], ...]
    rows: int

    @classmethod
    def of(cls, parts: Sequence[tuple[int, int, NDArray[np.int32]]], outputs: int, rows: int) -> Design:
        """Return the design of trees given as output, number of values, and the value that each row takes, (rows,)."""
        members: list[list[NDArray[np.intp]]] = [[] for _ in range(outputs)]
        counts: list[list[int]] = [[] for _ in range(outputs)]
        for output, count, place in parts:
            members[output].append(place.astype(np.intp) + sum(counts[output]))
            counts[output].append(count)
        return cls(
            tuple(np.array(m, dtype=np.intp).reshape(-1, rows) for m in members),
            tuple(np.repeat(np.arange(len(c)), c) for c in counts),
            rows,
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """For each output, the number of values."""
        return tuple(len(group) for group in self.groups)

    @property
    def is_exact(self) -> bool:
        """Whether all rows enter the curvature."""
        share = _PRODUCTS / len(self.groups)
        return all(len(_sample(self.rows, size + 1, share)) == self.rows for size in self.sizes)

    @property
    def work(self) -> int:
        """Number of values that all rows add up together."""
        return sum(members.size for members in self.members)

    @cached_property
    def used(self) -> tuple[NDArray[np.bool_], ...]:
        """For each output, which values some row takes."""
        return tuple(self._used(output) for output in range(len(self.groups)))

    def scores(self, coefficients: Coefficients) -> Array:
        """Return the scores before the link, (rows, outputs)."""
        scores = np.repeat(coefficients.bias[:, None], self.rows, axis=1)
        for output, (members, values) in enumerate(zip(self.members, coefficients.values, strict=True)):
            for line in members:
                scores[output] += values[line]
        return np.ascontiguousarray(scores.T)

    def gradient(self, output: int, slope: Array) -> Array:
        """Return the derivatives of a loss in an output's values and, last, its bias, from those in the rows' scores."""
        size = self.sizes[output]
        total = np.zeros(size + 1)
        for line in self.members[output]:
            total[:-1] += np.bincount(line, slope, minlength=size)
        total[-1] = slope.sum()
        return total

    def curvature(self, output: int, bend: Array, place: NDArray[np.intp] | None = None) -> Array:
        """Return the second derivatives in an output's values and bias, from those in the rows' scores.

        `place` leads from values to those that represent them, which then are what the derivatives are taken in. Where
        there are many values, a part of the rows determines the shape, and all rows the diagonal.
        """
        size = self.sizes[output]
        place = np.arange(size + 1) if place is None else place
        kept = int(place[-1]) + 1
        rows = _sample(self.rows, kept, _PRODUCTS / len(self.groups))
        matrix = np.zeros((len(rows), kept), dtype=np.float32)
        root = np.sqrt(bend[rows]).astype(np.float32)
        for line in self.members[output]:
            matrix[np.arange(len(rows)), place[line[rows]]] = root
        matrix[:, -1] = root
        normal = (matrix.T @ matrix).astype(np.float64)
        if len(rows) < self.rows:
            exact = np.bincount(place, self.gradient(output, bend), minlength=kept)
            seen = np.diag(normal)
            scale = np.sqrt(np.divide(exact, seen, out=np.ones(kept), where=seen > 0))
            normal *= np.outer(scale, scale)
            np.fill_diagonal(normal, exact)
        return normal

    def _used(self, output: int) -> NDArray[np.bool_]:
        used = np.zeros(self.sizes[output], dtype=np.bool_)
        for line in self.members[output]:
            used[line] = True
        return used


def refit(design: Design, loss: Loss, ridge: float, start: Coefficients) -> Coefficients:
    """Return the coefficients that minimise the loss plus ``ridge / 2`` times the sum of their squares (the bias is free).

    Newton's method on all values of an output at once (the fully corrective step of Johnson and Zhang, "Learning nonlinear
    functions using regularized greedy forest", 2014, section 4), halving a step that does not help, and then damping it.
    """
    current, scores = start, design.scores(start)
    best = loss.value(scores) + _penalty(start, ridge)
    damping = 0.0
    for _ in range(_STEPS):
        step = _newton_step(design, loss, (ridge, damping), (current, scores))
        for halving in range(_HALVINGS):
            trial = current.plus(step, 0.5**halving)
            trial_scores = design.scores(trial)
            value = loss.value(trial_scores) + _penalty(trial, ridge)
            if value < best:
                break
        else:
            damping = max(_DAMPING, 10 * damping)
            continue
        gained, best, current, scores = best - value, value, trial, trial_scores
        if gained < _ENOUGH * abs(best) or (loss.link == "identity" and design.is_exact):
            break
    return current


def _penalty(coefficients: Coefficients, ridge: float) -> float:
    return 0.5 * ridge * sum(float(values @ values) for values in coefficients.values)


def with_ridge(normal: Array, ridge: float) -> Array:
    """Return second derivatives with a penalty on all values but the bias."""
    diagonal = np.full(len(normal), ridge + _JITTER * np.max(np.diag(normal)))  # a tree's leaves sum up to the bias
    diagonal[-1] = _JITTER * normal[-1, -1]
    return normal + np.diag(diagonal)


def lower_triangle(matrix: Array) -> Array:
    """Return L with ``L @ L.T = matrix``, which rounding may have left slightly indefinite: then of a matrix close to it."""
    symmetric = 0.5 * (matrix + matrix.T)
    jitter = 1e-12 * max(float(np.max(np.diag(symmetric))), 1e-300)
    while True:
        try:
            return np.asarray(cholesky(symmetric + jitter * np.eye(len(symmetric)), lower=True))
        except LinAlgError:
            jitter *= 30


def _newton_step(
    design: Design, loss: Loss, penalties: tuple[float, float], at: tuple[Coefficients, Array]
) -> Coefficients:
    ridge, damping = penalties
    coefficients, scores = at
    slope, bend = loss.derivatives(scores)
    steps, bias = [], np.zeros(len(design.sizes))
    for output in range(len(design.sizes)):
        gradient = design.gradient(output, slope[:, output])
        gradient[:-1] += ridge * coefficients.values[output]
        normal = with_ridge(design.curvature(output, bend[:, output]), ridge)
        triangle = lower_triangle(normal + damping * np.diag(np.diag(normal)))
        step = -cho_solve((triangle, True), gradient)
        steps.append(step[:-1])
        bias[output] = step[-1]
    return Coefficients(tuple(steps), bias)


def _sample(rows: int, values: int, products: float) -> NDArray[np.intp]:
    """Return all rows, or so many at random that not many more products than these have to be taken."""
    return drawn_rows(rows, max(int(products / values**2), _ROWS_A_VALUE * values), seed=0)
