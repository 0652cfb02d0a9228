"""Ridge-penalised fits on chosen terms by Newton's method, and the quadratic model of the loss around a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from automicro_linear.losses import Softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.design import Design
    from automicro_linear.losses import Loss

__all__ = ["Fit", "Quadratic", "curvature_and_gradient", "newton", "quadratic", "scores"]

BIAS_RIDGE = 1e-5  # keeps the biases of a softmax apart; shrinks a bias by nothing that shows


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a standardised design.

    Parameters
    ----------
    terms : array of int64, (k,)
        Output x features + feature of each coefficient.
    values : array of float64, (k,)
    bias : array of float64, (outputs,)
    """

    terms: NDArray[np.int64]
    values: NDArray[np.float64]
    bias: NDArray[np.float64]

    def coefficients(self, features: int) -> NDArray[np.float64]:
        """Return all coefficients, (outputs, features)."""
        dense = np.zeros(len(self.bias) * features)
        dense[self.terms] = self.values
        return dense.reshape(len(self.bias), features)


@dataclass(frozen=True, eq=False)
class Quadratic:
    """The penalised loss around a fit: ``parameters @ hessian @ parameters / 2 - linear @ parameters``, the biases first."""

    hessian: NDArray[np.float64]
    linear: NDArray[np.float64]


def scores(design: Design, fit: Fit) -> NDArray[np.float64]:
    """Return the scores of all rows, (rows, outputs)."""
    features = design.Z.shape[1]
    if len(fit.bias) == 1:
        return (design.Z[:, fit.terms] @ fit.values + fit.bias[0])[:, None]
    return design.Z @ fit.coefficients(features).T + fit.bias


def curvature_and_gradient(
    design: Design, loss: Loss, terms: NDArray[np.int64], means: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Hessian and gradient of the mean loss over the biases and `terms`."""
    rows, features = design.Z.shape
    outputs = means.shape[1]
    share = design.weights / rows
    output = np.concatenate([np.arange(outputs), terms // features])
    slopes = (means - loss.target) * share[:, None]
    curves = loss.curvature(means) * share[:, None]
    if outputs == 1:
        A = np.column_stack([np.ones(rows), design.Z[:, terms]])
        return (A * curves).T @ A, A.T @ slopes[:, 0]
    return _several(design, terms, output, (slopes, curves, means if isinstance(loss, Softmax) else None))


def _several(
    design: Design,
    terms: NDArray[np.int64],
    output: NDArray[np.int64],
    moments: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Hessian and gradient for several outputs."""
    slopes, curves, means = moments
    rows, features = design.Z.shape
    outputs = slopes.shape[1]
    A = np.concatenate([np.ones((rows, outputs)), design.Z[:, terms % features]], axis=1)
    gradient = np.concatenate([slopes.sum(axis=0), (slopes.T @ design.Z).ravel()[terms]])
    hessian = np.zeros((len(output), len(output)))
    if means is not None:
        M = (A * means[:, output]).astype(np.float32)
        M *= np.sqrt(design.weights / rows)[:, None].astype(np.float32)
        hessian -= M.T @ M
    for o in range(outputs):
        index = np.flatnonzero(output == o)
        block = A[:, index]
        hessian[np.ix_(index, index)] += (block * curves[:, o, None]).T @ block
    return hessian, gradient


def quadratic(design: Design, loss: Loss, ridge: float, fit: Fit, terms: NDArray[np.int64]) -> Quadratic:
    """Return the quadratic model of the penalised loss over `terms`, which include those of `fit`."""
    hessian, gradient = curvature_and_gradient(design, loss, terms, loss.predict(scores(design, fit)))
    outputs = len(fit.bias)
    place = np.full(outputs * design.Z.shape[1], -1)
    place[terms] = np.arange(outputs, outputs + len(terms))
    at = np.zeros(outputs + len(terms))
    at[:outputs] = fit.bias
    at[place[fit.terms]] = fit.values
    linear = hessian @ at - gradient
    hessian[np.diag_indices_from(hessian)] += np.concatenate([np.full(outputs, BIAS_RIDGE), np.full(len(terms), ridge)])
    return Quadratic(hessian, linear)


def objective(design: Design, loss: Loss, ridge: float, fit: Fit) -> float:
    """Return the penalised mean loss."""
    values = loss.values(scores(design, fit))
    return float(
        design.weights @ values / len(values)
        + 0.5 * ridge * fit.values @ fit.values
        + 0.5 * BIAS_RIDGE * fit.bias @ fit.bias
    )


def newton(design: Design, loss: Loss, ridge: float, fit: Fit, steps: int = 8) -> Fit:
    """Return the ridge fit on the terms of `fit`, which is the start."""
    outputs = len(fit.bias)
    value = objective(design, loss, ridge, fit)
    for _ in range(steps):
        model = quadratic(design, loss, ridge, fit, fit.terms)
        full = linalg.solve(model.hessian, model.linear, assume_a="pos", check_finite=False)
        now = np.concatenate([fit.bias, fit.values])
        step, before = 1.0, value
        while step > 1e-4:
            at = now + step * (full - now)
            trial = Fit(fit.terms, at[outputs:], at[:outputs])
            value = objective(design, loss, ridge, trial)
            if value <= before:
                break
            step /= 2
        else:
            return fit
        fit = trial
        if before - value < 1e-7 * max(1.0, abs(before)):
            break
    return fit
