"""Rounding of all weights together: the grid point at which the quadratic model of the loss is lowest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.solve.definite import factor, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro_linear.solve.newton import Quadratic

WIDE = 1000  # terms beyond which one prefix is kept

__all__ = ["Rounded", "round_together"]


@dataclass(frozen=True, eq=False)
class Rounded:
    """The best grid point for each of several grids.

    Parameters
    ----------
    units : array of float64, (grids, terms)
        Values of the bases, so that ``units * factors`` are the parameters.
    costs : array of float64, (grids,)
        By how much the quadratic model rises over its minimum.
    """

    units: NDArray[np.float64]
    costs: NDArray[np.float64]


def round_together(
    model: Quadratic, outputs: int, bases: Sequence[NDArray[np.float64]], factors: NDArray[np.float64], beam: int = 8
) -> Rounded:
    """Round the terms of a quadratic model to several grids, the biases left free.

    With ``hessian = R.T @ R`` the loss is a sum of squares of which the last depends on the last term alone, the one
    before on the last two, and so on. So terms are fixed from the last to the first, each near its best value given
    those fixed already, and the best `beam` prefixes are kept: K-best sphere decoding (Guo and Nilsson, IEEE JSAC 24,
    2006).

    Parameters
    ----------
    model : Quadratic
        Over `outputs` biases and k terms.
    outputs : int
    bases : sequence of array of float64
        For each term ascending values, at least two.
    factors : array of float64, (grids, k)
        Parameter that a 1 of the term's base represents.
    beam : int
    """
    hessian = model.hessian
    inner = solve(hessian[:outputs, :outputs], hessian[:outputs, outputs:])
    reduced = hessian[outputs:, outputs:] - hessian[outputs:, :outputs] @ inner
    best = solve(hessian, model.linear)[outputs:]
    order = np.argsort(np.diag(reduced) * best**2, kind="stable")
    R = factor(reduced[np.ix_(order, order)])
    beam = beam if len(order) <= WIDE else 1
    units, costs = _descend(R, best[order], [bases[i] for i in order], factors[:, order], beam)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Rounded(units[:, back], costs)


def _descend(
    R: NDArray[np.float64],
    centre: NDArray[np.float64],
    bases: Sequence[NDArray[np.float64]],
    factors: NDArray[np.float64],
    beam: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the best grid point of every grid that a beam search from the last row of R to the first finds."""
    grids, size = factors.shape
    units = np.zeros((grids, 1, size))
    errors = np.zeros((grids, 1, size))
    costs = np.zeros((grids, 1))
    at = np.arange(grids)[:, None]
    for i in range(size - 1, -1, -1):
        base = bases[i]
        width = min(3, len(base))
        target = centre[i] - errors[:, :, i + 1 :] @ (R[i, i + 1 :] / R[i, i])
        nearest = np.searchsorted((base[1:] + base[:-1]) / 2, target / factors[:, i, None])
        first = np.clip(nearest - 1, 0, len(base) - width)
        options = base[first[:, :, None] + np.arange(width)]
        totals = costs[:, :, None] + (R[i, i] * (options * factors[:, i, None, None] - target[:, :, None])) ** 2
        totals = totals.reshape(grids, -1)
        kept = np.argsort(totals, axis=1, kind="stable")[:, :beam]
        parent = kept // width
        units, errors = units[at, parent], errors[at, parent]
        units[:, :, i] = options.reshape(grids, -1)[at, kept]
        errors[:, :, i] = units[:, :, i] * factors[:, i, None] - centre[i]
        costs = totals[at, kept]
    return units[:, 0], 0.5 * costs[:, 0]
