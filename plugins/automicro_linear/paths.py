"""Which terms to keep: forward selection and lasso on the quadratic model, with a ridge refit at every size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.newton import Fit, newton, quadratic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro_linear.design import Design
    from automicro_linear.losses import Loss
    from automicro_linear.newton import Quadratic

__all__ = ["forward"]


class Sweep:
    """A quadratic model with some parameters at their optimum and the others at 0.

    Sweeping parameter j in or out of the model is one rank-one update (Goodnight, The American Statistician 33, 1979).
    """

    def __init__(self, model: Quadratic, always: int) -> None:
        size = len(model.linear)
        self.table = np.empty((size + 1, size + 1))
        self.table[:size, :size] = model.hessian
        self.table[:size, size] = self.table[size, :size] = model.linear
        self.table[size, size] = 0.0
        self.start = np.diag(model.hessian).copy()
        self.inside = np.zeros(size, dtype=bool)
        for j in range(always):
            self.flip(j)

    def flip(self, j: int) -> None:
        """Take parameter j in, or out if it is in."""
        T = self.table
        pivot = T[j, j]
        row = T[j].copy()
        T -= np.multiply.outer(row / pivot, row)
        T[j] = T[:, j] = row / abs(pivot)
        T[j, j] = -1.0 / pivot
        self.inside[j] = not self.inside[j]

    def gains(self) -> NDArray[np.float64]:
        """Return by how much the loss falls if a parameter outside comes in; -inf inside or where it is collinear."""
        d = np.diag(self.table)[:-1]
        free = ~self.inside & (d > 1e-9 * self.start)
        gains = np.full(len(d), -np.inf)
        gains[free] = 0.5 * self.table[:-1, -1][free] ** 2 / d[free]
        return gains

    def losses(self) -> NDArray[np.float64]:
        """Return by how much the loss rises if a parameter inside goes out; inf outside."""
        d = np.diag(self.table)[:-1]
        rises = np.full(len(d), np.inf)
        rises[self.inside] = 0.5 * self.table[:-1, -1][self.inside] ** 2 / -d[self.inside]
        return rises

    def values(self) -> NDArray[np.float64]:
        """Return the parameters."""
        return np.where(self.inside, self.table[:-1, -1], 0.0)


def forward(design: Design, loss: Loss, ridge: float, sizes: Sequence[int], allowed: NDArray[np.int64]) -> list[Fit]:
    """Return ridge fits with the given numbers of terms, each grown from the one before.

    The quadratic model is renewed at every size; a term that has become useless is exchanged for a better one.
    """
    bias = loss.start(design.weights)
    fit = Fit(np.empty(0, dtype=np.int64), np.empty(0), bias)
    fits = []
    for size in sizes:
        fit = newton(design, loss, ridge, _grow(quadratic(design, loss, ridge, fit, allowed), fit, allowed, size))
        fits.append(fit)
    return fits


def _grow(model: Quadratic, fit: Fit, allowed: NDArray[np.int64], size: int) -> Fit:
    """Return the quadratic model's fit with `size` terms, or as many as there are."""
    outputs = len(fit.bias)
    sweep = Sweep(model, outputs)
    place = {term: outputs + i for i, term in enumerate(allowed.tolist())}
    for term in fit.terms.tolist():
        sweep.flip(place[term])
    while sweep.inside.sum() - outputs < size:
        gains = sweep.gains()
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        sweep.flip(best)
    _exchange(sweep, outputs)
    values = sweep.values()
    chosen = np.flatnonzero(sweep.inside[outputs:])
    return Fit(allowed[chosen], values[outputs:][chosen], values[:outputs])


def _exchange(sweep: Sweep, outputs: int, rounds: int = 10) -> None:
    """Exchange the least useful term for the most useful one outside, as long as that lowers the loss."""
    for _ in range(rounds):
        rises = sweep.losses()
        rises[:outputs] = np.inf
        out = int(rises.argmin())
        if not np.isfinite(rises[out]):
            return
        sweep.flip(out)
        gains = sweep.gains()
        best = int(gains.argmax())
        if best == out or gains[best] <= rises[out] * (1 + 1e-9):
            sweep.flip(out)
            return
        sweep.flip(best)
