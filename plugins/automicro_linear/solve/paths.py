"""Which terms to keep: forward selection, backward elimination and the elastic net, each with ridge refits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.bit_costs import BitCosts
from automicro_linear.solve.dense import constant, dense
from automicro_linear.solve.newton import Fit, Problem, newton, objective, quadratic, screen
from automicro_linear.solve.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro_linear.solve.newton import Quadratic

__all__ = ["ORDERS", "backward", "elastic", "forward", "thin_quadratic"]

SCREENED = 250  # terms outside that a quadratic model looks at in forward selection
DENSE = 600  # terms that backward elimination and the elastic net start from
PRODUCTS = 1_000_000_000  # of rows and squared terms, in one quadratic model
GROWTH = 1.25  # sizes grow by no more than this factor before the quadratic model is renewed
EXCHANGES = 10
PENALTIES = 50


def forward(problem: Problem, sizes: Sequence[int], allowed: NDArray[np.int64]) -> list[Fit]:
    """Return ridge fits with the given ascending numbers of terms, each grown from the one before.

    The term that lowers the quadratic model of the loss most comes in; one that has become useless is exchanged.
    """
    prices = BitCosts(problem.design.basis)
    fit = constant(problem)
    fits = []
    size = 0
    for target in sizes:
        while size < target:
            size = min(target, max(size + 1, int(size * GROWTH)))
            terms = screen(problem, fit, allowed, SCREENED + size)
            sweep = Sweep(thin_quadratic(problem, fit, terms), problem.outputs, np.searchsorted(terms, fit.terms))
            _grow(sweep, prices.of(terms), size)
            _exchange(sweep)
            fit = newton(problem, _no_worse(problem, _fit_of(sweep, terms), fit), steps=3)
        fits.append(fit)
    return fits


def backward(problem: Problem, sizes: Sequence[int], allowed: NDArray[np.int64]) -> list[Fit]:
    """Return ridge fits with the given ascending numbers of terms, each what is left of the one after.

    From the fit on all terms, the one whose loss raises the quadratic model least goes out.
    """
    fit = dense(problem, screen(problem, constant(problem), allowed, DENSE))
    fits = []
    for target in reversed(sizes):
        while len(fit.terms) > target:
            size = max(target, int(len(fit.terms) / GROWTH))
            left = _shrink(thin_quadratic(problem, fit, fit.terms), fit, size)
            fit = newton(problem, _no_worse(problem, left, fit), steps=3)
        fits.append(fit)
    return fits[::-1]


def elastic(problem: Problem, sizes: Sequence[int], allowed: NDArray[np.int64]) -> list[Fit]:
    """Return ridge fits with the given ascending numbers of terms, as the elastic net takes them in.

    The net's path is that of the quadratic model around the fit on all terms (Wang and Leng, JASA 102, 2007), by
    accelerated proximal gradients; the largest coefficients stay and are fitted anew without the absolute penalty.
    """
    start = dense(problem, screen(problem, constant(problem), allowed, DENSE))
    model = thin_quadratic(problem, start, start.terms)
    outputs = problem.outputs
    fits: list[Fit] = []
    for values in _net(model, outputs):
        inside = np.flatnonzero(values[outputs:])
        while len(fits) < len(sizes) and len(inside) >= sizes[len(fits)]:
            largest = np.argsort(-np.abs(values[outputs:][inside]), kind="stable")[: sizes[len(fits)]]
            kept = np.sort(inside[largest])
            fits.append(newton(problem, Fit(start.terms[kept], values[outputs:][kept], values[:outputs])))
    return fits + [start] * (len(sizes) - len(fits))


ORDERS: dict[str, Callable[[Problem, Sequence[int], NDArray[np.int64]], list[Fit]]] = {
    "forward": forward,
    "backward": backward,
    "elastic": elastic,
}


def thin_quadratic(problem: Problem, fit: Fit, terms: NDArray[np.int64]) -> Quadratic:
    """Return the quadratic model on so few rows that it is quick."""
    rows = len(problem.design.Z)
    step = max(1, rows * len(terms) ** 2 // PRODUCTS)
    thin = problem if step == 1 else problem.some_rows(np.arange(0, rows, step))
    return quadratic(thin, fit, terms)


def _grow(sweep: Sweep, price: Callable[[NDArray[np.bool_]], NDArray[np.float64]], size: int) -> None:
    """Take in the terms that are most useful for their price until there are `size`."""
    while sweep.terms_inside < size:
        gains = sweep.gains()
        gains[sweep.biases :] /= price(sweep.inside[sweep.biases :])
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        sweep.flip(best)


def _exchange(sweep: Sweep) -> None:
    """Exchange the least useful term for the most useful one outside, as long as that lowers the loss."""
    for _ in range(EXCHANGES if sweep.terms_inside else 0):
        rises = sweep.rises()
        out = int(rises.argmin())
        sweep.flip(out)
        gains = sweep.gains()
        best = int(gains.argmax())
        if best == out or gains[best] <= rises[out] * (1 + 1e-9):
            sweep.flip(out)
            return
        sweep.flip(best)


def _shrink(model: Quadratic, fit: Fit, size: int) -> Fit:
    """Return the quadratic model's fit with the `size` terms of `fit` that are left when the least useful go out."""
    sweep = Sweep(model, len(fit.bias), np.arange(len(fit.terms)))
    while sweep.terms_inside > size:
        sweep.flip(int(sweep.rises().argmin()))
    return _fit_of(sweep, fit.terms)


def _fit_of(sweep: Sweep, terms: NDArray[np.int64]) -> Fit:
    values = sweep.values()
    inside = np.flatnonzero(sweep.inside[sweep.biases :])
    return Fit(terms[inside], values[sweep.biases :][inside], values[: sweep.biases])


def _no_worse(problem: Problem, fit: Fit, before: Fit) -> Fit:
    """Return a fit of the quadratic model, or where that misleads one on its terms with the coefficients from before."""
    dense = np.zeros(problem.outputs * len(problem.design.basis))
    dense[before.terms] = before.values
    known = Fit(fit.terms, dense[fit.terms], before.bias)
    return fit if objective(problem, fit) <= objective(problem, known) else known


def _net(model: Quadratic, biases: int) -> list[NDArray[np.float64]]:
    """Return the parameters of the elastic net for falling penalties, the first with no term."""
    hessian, linear = model.hessian, model.linear
    step = 1.0 / float(np.abs(hessian).sum(axis=1).max())
    at = np.zeros(len(linear))
    at[:biases] = np.linalg.solve(hessian[:biases, :biases], linear[:biases])
    largest = float(np.abs(hessian @ at - linear)[biases:].max(initial=0.0))
    penalised = np.arange(len(linear)) >= biases
    path = []
    for penalty in largest * np.logspace(0, -3.3, PENALTIES):
        at = _proximal(hessian, linear, at, step, penalty * penalised)
        path.append(at)
    return path


def _proximal(
    hessian: NDArray[np.float64],
    linear: NDArray[np.float64],
    at: NDArray[np.float64],
    step: float,
    penalty: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the minimum of the quadratic model plus absolute penalties (FISTA, Beck and Teboulle 2009, restarted)."""
    ahead, momentum = at, 1.0
    for _ in range(400):
        down = ahead - step * (hessian @ ahead - linear)
        after = np.sign(down) * np.maximum(np.abs(down) - step * penalty, 0.0)
        if (ahead - after) @ (after - at) > 0:
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = after + (momentum - 1) / faster * (after - at)
        moved = float(np.abs(after - at).max())
        at, momentum = after, faster
        if moved < 1e-5:
            break
    return at
