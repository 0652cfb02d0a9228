"""Ridge fits on many terms, and the ridge that suits them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from automicro_linear.solve.newton import Fit, mean_loss, newton

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.solve.newton import Problem

__all__ = ["constant", "dense", "split", "tuned"]

RIDGES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001)
BETWEEN = (0.02, 0.006)  # of many terms, whose ridge matters most
NEWTON_TERMS = 800  # terms up to which a Hessian is worth its time
TUNING_PRODUCTS = 400_000_000  # of rows and squared terms while the ridge is chosen
TUNING_ROWS = 2000
STEPS = 40  # products of a row and its terms in a fit of many terms


def constant(problem: Problem) -> Fit:
    """Return the fit without terms."""
    return Fit(np.empty(0, dtype=np.int64), np.empty(0), problem.loss.start(problem.design.weights))


def dense(problem: Problem, terms: NDArray[np.int64], steps: int = 8) -> Fit:
    """Return the ridge fit on all the given terms."""
    return _nearer(problem, replace(constant(problem), terms=terms, values=np.zeros(len(terms))), steps)


def tuned(problem: Problem, terms: NDArray[np.int64]) -> tuple[Fit, float]:
    """Return the ridge fit on all the given terms, and its ridge: the best on a quarter of the rows, fitted on the others."""
    fitted_on, held_out = split(problem, terms)
    fit = replace(constant(problem), terms=terms, values=np.zeros(len(terms)))
    losses = []
    ridges = RIDGES if len(terms) <= NEWTON_TERMS else tuple(sorted({*RIDGES, *BETWEEN}, reverse=True))
    for ridge in ridges:
        fit = _nearer(replace(fitted_on, ridge=ridge), fit, steps=4)
        losses.append(mean_loss(held_out, fit))
    best = ridges[int(np.argmin(losses))]
    return dense(replace(problem, ridge=best), terms), best


def split(problem: Problem, terms: NDArray[np.int64]) -> tuple[Problem, Problem]:
    """Return the problem on three quarters of its rows and on the others, drawn; on fewer if there are many, twice on all if few."""
    rows = len(problem.design.Z)
    products = len(terms) ** 2 if len(terms) <= NEWTON_TERMS else len(terms) * STEPS
    step = max(1, min(rows * products // TUNING_PRODUCTS, rows // TUNING_ROWS))
    drawn = np.random.default_rng(0).permutation(np.flatnonzero(problem.design.weights > 0))[::step]
    held, kept = (drawn[::4], np.delete(drawn, np.s_[::4])) if len(drawn) >= 8 else (drawn, drawn)
    return problem.some_rows(kept), problem.some_rows(held)


def _nearer(problem: Problem, fit: Fit, steps: int) -> Fit:
    """Return a fit nearer the best on the terms of `fit`, by some steps of Newton or, where there are many terms, L-BFGS."""
    if len(fit.terms) <= NEWTON_TERMS:
        return newton(problem, fit, steps)
    outputs = problem.outputs

    def value_and_slope(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        now = Fit(fit.terms, at[outputs:], at[:outputs])
        loss, bias_slope, slope = _value_and_slope(problem, now)
        return loss, np.concatenate([bias_slope, slope])

    start = np.concatenate([fit.bias, fit.values])
    found = optimize.minimize(value_and_slope, start, jac=True, method="L-BFGS-B", options={"maxiter": 15 * steps})
    return Fit(fit.terms, found.x[outputs:], found.x[:outputs])


def _value_and_slope(problem: Problem, fit: Fit) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the penalised mean loss of a fit, and its derivatives by biases and coefficients."""
    design = problem.design
    Z, coefficients = design.Z, fit.coefficients(design.Z.shape[1])
    if design.sparse is None:
        at = Z @ coefficients.T.astype(np.float32) + fit.bias
    else:
        at = design.sparse @ coefficients.T - coefficients @ design.shift + fit.bias
    share = design.weights / len(Z)
    slopes = problem.loss.slopes(at) * share[:, None]
    if design.sparse is None:
        by_column = slopes.T.astype(np.float32) @ Z
    else:
        by_column = (design.sparse.T @ slopes).T - np.outer(slopes.sum(axis=0), design.shift)
    by_coefficient = by_column.ravel()[fit.terms] + problem.ridge * problem.from_prior(fit.terms, fit.values)
    value = float(share @ problem.loss.values(at)) + problem.penalty(fit)
    return value, slopes.sum(axis=0), by_coefficient
