"""Ridge-penalised fits on chosen terms by Newton's method, and the quadratic model of the loss around a fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.solve.definite import solve
from automicro_linear.solve.losses import Softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.design import Design
    from automicro_linear.solve.losses import Loss

__all__ = [
    "Fit",
    "Problem",
    "Quadratic",
    "fit_bias",
    "mean_loss",
    "newton",
    "objective",
    "quadratic",
    "scores",
    "screen",
]

BIAS_RIDGE = 1e-5  # keeps the biases of a softmax apart; shrinks a bias by nothing that shows
SETTLED = 1e-3  # change of a bias after which it is left alone
SINGLE = 20_000_000  # products of rows and squared terms from which single precision is good enough


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: the mean loss over a design's rows plus `ridge` times half the sum of squared coefficients.

    With a `prior`, (outputs x columns,), their differences from it are squared.
    """

    design: Design
    loss: Loss
    ridge: float
    prior: NDArray[np.float64] | None = None

    @property
    def outputs(self) -> int:
        """Scores a row."""
        return int(self.loss.target.shape[1])

    def some_rows(self, index: NDArray[np.int64]) -> Problem:
        """Return the problem on some rows."""
        return replace(self, design=self.design.rows(index), loss=self.loss.rows(index))

    def from_prior(self, terms: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much coefficients differ from the prior."""
        return values if self.prior is None else values - self.prior[terms]

    def penalty(self, fit: Fit) -> float:
        """Return what the ridge adds for a fit; what a term of the prior costs that is not in the fit is counted too."""
        apart = self.from_prior(fit.terms, fit.values)
        squares = float(apart @ apart)
        if self.prior is not None:
            squares += float(self.prior @ self.prior) - float(self.prior[fit.terms] @ self.prior[fit.terms])
        return 0.5 * self.ridge * squares


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a standardised design.

    Parameters
    ----------
    terms : array of int64, (k,)
        Output x columns + column of each coefficient.
    values : array of float64, (k,)
    bias : array of float64, (outputs,)
    """

    terms: NDArray[np.int64]
    values: NDArray[np.float64]
    bias: NDArray[np.float64]

    def coefficients(self, columns: int) -> NDArray[np.float64]:
        """Return all coefficients, (outputs, columns)."""
        dense = np.zeros(len(self.bias) * columns)
        dense[self.terms] = self.values
        return dense.reshape(len(self.bias), columns)


@dataclass(frozen=True, eq=False)
class Quadratic:
    """The penalised loss around a fit, ``p @ hessian @ p / 2 - linear @ p`` for parameters p, the biases first."""

    hessian: NDArray[np.float64]
    linear: NDArray[np.float64]


def scores(design: Design, fit: Fit) -> NDArray[np.float64]:
    """Return the scores of all rows, (rows, outputs)."""
    columns = design.Z.shape[1]
    used, place = np.unique(fit.terms % columns, return_inverse=True)
    dense = np.zeros((len(used), len(fit.bias)))
    dense[place, fit.terms // columns] = fit.values
    if design.sparse is not None:
        return np.asarray(design.sparse[:, used] @ dense - design.shift[used] @ dense + fit.bias)
    product: NDArray[np.float64] = design.Z[:, used] @ dense + fit.bias
    return product


def quadratic(problem: Problem, fit: Fit, terms: NDArray[np.int64]) -> Quadratic:
    """Return the quadratic model of the penalised loss over `terms`, which include those of `fit`."""
    design, outputs = problem.design, problem.outputs
    hessian, gradient = _derivatives(problem, terms, scores(design, fit))
    place = np.full(outputs * design.Z.shape[1], -1)
    place[terms] = np.arange(outputs, outputs + len(terms))
    at = np.zeros(outputs + len(terms))
    at[:outputs] = fit.bias
    at[place[fit.terms]] = fit.values
    linear = hessian @ at - gradient
    if problem.prior is not None:
        linear[outputs:] += problem.ridge * problem.prior[terms]
    penalty = np.concatenate([np.full(outputs, BIAS_RIDGE), np.full(len(terms), problem.ridge)])
    hessian[np.diag_indices_from(hessian)] += penalty
    return Quadratic(hessian, linear)


def _derivatives(
    problem: Problem, terms: NDArray[np.int64], at: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Hessian and gradient of the mean loss over the biases and `terms`, at some scores."""
    Z, loss, outputs = problem.design.Z, problem.loss, problem.outputs
    rows, columns = Z.shape
    share = problem.design.weights[:, None] / rows
    if problem.design.sparse is not None and outputs == 1:
        return _sparse_derivatives(problem.design, terms, loss.slopes(at) * share, loss.curvature(at) * share)
    output = np.concatenate([np.arange(outputs), terms // columns])
    kind = np.float32 if rows * len(output) ** 2 > SINGLE else np.float64
    A = np.concatenate([np.ones((rows, outputs), kind), Z[:, terms % columns].astype(kind, copy=False)], axis=1)
    slopes = loss.slopes(at) * share
    gradient = np.array([slopes[:, o] @ column for o, column in zip(output.tolist(), A.T, strict=True)])
    hessian = np.zeros((len(output), len(output)))
    curves = loss.curvature(at)
    if isinstance(loss, Softmax):  # p (1 - p) on the diagonal of the outputs, - p q beside it
        p = loss.means(at)
        joint = A * (p[:, output] * np.sqrt(share)).astype(kind)
        hessian -= joint.T @ joint
        curves = curves + p**2
    roots = np.sqrt(curves * share).astype(kind)
    for o in range(outputs):
        index = np.flatnonzero(output == o)
        block = A[:, index] * roots[:, o, None]
        hessian[np.ix_(index, index)] += block.T @ block
    return hessian, gradient


def _sparse_derivatives(
    design: Design, terms: NDArray[np.int64], slopes: NDArray[np.float64], curves: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Hessian and gradient of one output, by products of what is not 0; what centring adds has rank two."""
    S, shift = design.sparse[:, terms], design.shift[terms]
    bent = S.multiply(curves).tocsr()
    sums, total = np.asarray(bent.sum(axis=0)).ravel(), float(curves.sum())
    inner = (S.T @ bent).toarray() - np.outer(shift, sums) - np.outer(sums, shift) + total * np.outer(shift, shift)
    beside = sums - total * shift
    hessian = np.block([[np.array([[total]]), beside[None]], [beside[:, None], inner]])
    slope = float(slopes.sum())
    return hessian, np.concatenate([[slope], (S.T @ slopes).ravel() - slope * shift])


def screen(problem: Problem, fit: Fit, allowed: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return, ascending, the terms of `fit` and the `count` others that promise most by one step along each alone."""
    if len(allowed) <= count + len(fit.terms):
        return allowed
    design, loss = problem.design, problem.loss
    at = scores(design, fit)
    share = design.weights[:, None] / len(at)
    slopes = ((loss.slopes(at) * share).T.astype(np.float32) @ design.Z).ravel()[allowed]
    bends = ((loss.curvature(at) * share).T.astype(np.float32) @ design.Z**2).ravel()[allowed]
    if problem.prior is not None:
        slopes = slopes - problem.ridge * problem.prior[allowed]
    promise = slopes**2 / (bends + problem.ridge)
    promise[np.isin(allowed, fit.terms)] = np.inf
    return np.sort(allowed[np.argsort(-promise, kind="stable")[: count + len(fit.terms)]])


def mean_loss(problem: Problem, fit: Fit) -> float:
    """Return the mean loss over the rows, no penalty added."""
    values = problem.loss.values(scores(problem.design, fit))
    return float(problem.design.weights @ values) / len(values)


def objective(problem: Problem, fit: Fit) -> float:
    """Return the penalised mean loss."""
    return mean_loss(problem, fit) + problem.penalty(fit) + 0.5 * BIAS_RIDGE * float(fit.bias @ fit.bias)


def newton(problem: Problem, fit: Fit, steps: int = 8) -> Fit:
    """Return the ridge fit on the terms of `fit`, which is the start."""
    value = objective(problem, fit)
    for _ in range(steps):
        model = quadratic(problem, fit, fit.terms)
        full = solve(model.hessian, model.linear)
        now = np.concatenate([fit.bias, fit.values])
        nearer, after = _search_line(problem, fit, full - now, value)
        if after >= value - 1e-7 * max(1.0, abs(value)):
            return nearer
        fit, value = nearer, after
    return fit


def _search_line(problem: Problem, fit: Fit, step: NDArray[np.float64], value: float) -> tuple[Fit, float]:
    """Return the fit a step further, or half a step, ... until the loss does not rise; else the fit itself."""
    for _ in range(12):
        outputs = problem.outputs
        trial = Fit(fit.terms, fit.values + step[outputs:], fit.bias + step[:outputs])
        after = objective(problem, trial)
        if after <= value:
            return trial, after
        step = step / 2
    return fit, value


def fit_bias(problem: Problem, fit: Fit, steps: int = 6) -> Fit:
    """Return `fit` with the best biases for its coefficients."""
    loss, bias = problem.loss, fit.bias
    fixed = scores(problem.design, fit) - bias
    share = problem.design.weights / len(fixed)
    for _ in range(steps):
        at = fixed + bias
        gradient = share @ loss.slopes(at)
        curves = loss.curvature(at)
        hessian = np.diag(share @ curves + BIAS_RIDGE)
        if isinstance(loss, Softmax):
            p = loss.means(at)
            hessian += np.diag(share @ p**2) - (p * share[:, None]).T @ p
        step = np.clip(solve(hessian, gradient), -2.0, 2.0)
        bias = bias - step
        if np.abs(step).max() < SETTLED:
            break
    return replace(fit, bias=bias)
