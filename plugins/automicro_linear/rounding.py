"""Rounding of all weights together: the grid point at which the quadratic model of the loss is lowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.newton import Quadratic

__all__ = ["round_together"]

CHOICES = 3


def round_together(
    model: Quadratic, outputs: int, unit: NDArray[np.float64], grid: NDArray[np.float64], beam: int = 8
) -> tuple[NDArray[np.float64], float]:
    """Return multiples of `unit` from `grid`, and by how much the loss rises over its minimum.

    With ``hessian = R.T @ R`` the loss is a sum of squares of which the last depends on the last weight alone, the one before on the
    last two, and so on; so weights are fixed from the last to the first, each near its best value given those fixed already, and the
    best `beam` prefixes are kept (the K-best form of sphere decoding). Biases stay free.

    Parameters
    ----------
    model : Quadratic
        Over `outputs` biases and k terms.
    outputs : int
    unit : array, (k,)
        Parameter of the model for a weight of 1.
    grid : array
        Ascending values that a weight can take.
    beam : int
    """
    size = len(unit)
    hessian = model.hessian
    inner = linalg.solve(hessian[:outputs, :outputs], hessian[:outputs, outputs:], assume_a="pos", check_finite=False)
    reduced = hessian[outputs:, outputs:] - hessian[outputs:, :outputs] @ inner
    best = linalg.solve(hessian, model.linear, assume_a="pos", check_finite=False)[outputs:]
    order = np.argsort(np.diag(reduced) * best**2, kind="stable")
    scaled = reduced[np.ix_(order, order)] * np.multiply.outer(unit[order], unit[order])
    centre = best[order] / unit[order]
    R = linalg.cholesky(scaled, check_finite=False)
    chosen, cost = _descend(R, centre, grid, beam)
    weights = np.empty(size)
    weights[order] = chosen
    return weights, cost


def _descend(
    R: NDArray[np.float64], centre: NDArray[np.float64], grid: NDArray[np.float64], beam: int
) -> tuple[NDArray[np.float64], float]:
    """Return the best grid point that a beam search from the last row of R to the first finds."""
    size = len(centre)
    offsets = np.zeros((1, size))
    costs = np.zeros(1)
    span = np.arange(min(CHOICES, len(grid)))
    for i in range(size - 1, -1, -1):
        diagonal = R[i, i]
        target = centre[i] - offsets[:, i + 1 :] @ (R[i, i + 1 :] / diagonal)
        nearest = np.searchsorted(grid, target)
        first = np.clip(nearest - 1 - (len(span) - 2) // 2, 0, len(grid) - len(span))
        if len(span) == 3:
            closer = (nearest < len(grid)) & (np.abs(grid[np.minimum(nearest, len(grid) - 1)] - target) < np.abs(grid[np.maximum(nearest - 1, 0)] - target))
            first = np.clip(np.where(closer, nearest - 1, nearest - 2), 0, len(grid) - 3)
        values = grid[first[:, None] + span]
        totals = costs[:, None] + (diagonal * (values - target[:, None])) ** 2
        flat = totals.ravel()
        keep = np.argpartition(flat, beam - 1)[:beam] if len(flat) > beam else np.arange(len(flat))
        parent = keep // len(span)
        offsets = offsets[parent]
        offsets[:, i] = values.ravel()[keep] - centre[i]
        costs = flat[keep]
    winner = int(costs.argmin())
    return offsets[winner] + centre, 0.5 * float(costs[winner])
