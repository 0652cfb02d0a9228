"""A quadratic model in which parameters come in and go out one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.solve.newton import Quadratic

__all__ = ["Sweep"]

COLLINEAR = 1e-6  # of a parameter's curvature that must be left once those inside are allowed for


class Sweep:
    """A quadratic model with some parameters at their optimum and the others at 0.

    Sweeping a parameter in or out is one rank-one update of the table (Goodnight, The American Statistician 33, 1979).

    Parameters
    ----------
    model : Quadratic
    biases : int
        The first parameters, which are always inside.
    terms : array of int64
        Other parameters, counted from the first after the biases, that are inside from the start.
    """

    def __init__(self, model: Quadratic, biases: int, terms: NDArray[np.int64]) -> None:
        size = len(model.linear)
        self.biases = biases
        table = np.empty((size + 1, size + 1), order="F")
        table[:size, :size] = model.hessian
        table[:size, size] = table[size, :size] = model.linear
        table[size, size] = 0.0
        self._start = np.diag(model.hessian).copy()
        self.inside = np.zeros(size, dtype=bool)
        self.inside[:biases] = True
        self.inside[biases + terms] = True
        first, rest = np.flatnonzero(self.inside), np.flatnonzero(np.append(~self.inside, True))
        inverse = linalg.inv(table[np.ix_(first, first)], check_finite=False)
        across = table[np.ix_(first, rest)]
        made = inverse @ across
        table[np.ix_(rest, rest)] -= across.T @ made
        table[np.ix_(first, rest)] = made
        table[np.ix_(rest, first)] = made.T
        table[np.ix_(first, first)] = -inverse
        self.table = table

    @property
    def terms_inside(self) -> int:
        """Parameters inside, the biases not counted."""
        return int(self.inside.sum()) - self.biases

    def flip(self, j: int) -> None:
        """Take parameter j in, or out if it is inside."""
        pivot = self.table[j, j]
        row = self.table[:, j].copy()
        table = self.table = linalg.blas.dger(-1.0 / pivot, row, row, a=self.table, overwrite_a=1)
        table[j] = table[:, j] = row / abs(pivot)
        table[j, j] = -1.0 / pivot
        self.inside[j] = not self.inside[j]

    def gains(self) -> NDArray[np.float64]:
        """Return by how much the loss falls if a parameter comes in; -inf if it is inside or collinear with those."""
        left = np.diag(self.table)[:-1]
        free = ~self.inside & (left > COLLINEAR * self._start)
        gains = np.full(len(left), -np.inf)
        gains[free] = 0.5 * self.table[:-1, -1][free] ** 2 / left[free]
        return gains

    def joint_gain(self, group: NDArray[np.int64]) -> float:
        """Return by how much the loss falls if a group of parameters outside comes in."""
        block = self.table[np.ix_(group, group)]
        block[np.diag_indices_from(block)] += COLLINEAR * self._start[group]
        pull = self.table[group, -1]
        return 0.5 * float(pull @ np.linalg.solve(block, pull))

    def rises(self) -> NDArray[np.float64]:
        """Return by how much the loss rises if a parameter goes out; inf if it is outside or a bias."""
        inside = self.inside.copy()
        inside[: self.biases] = False
        rises = np.full(len(inside), np.inf)
        rises[inside] = 0.5 * self.table[:-1, -1][inside] ** 2 / -np.diag(self.table)[:-1][inside]
        return rises

    def values(self) -> NDArray[np.float64]:
        """Return all parameters."""
        return np.where(self.inside, self.table[:-1, -1], 0.0)
