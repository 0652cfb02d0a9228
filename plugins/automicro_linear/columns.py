"""A limit on the number of source columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.solve.dense import constant
from automicro_linear.solve.newton import Fit, newton, screen
from automicro_linear.solve.paths import thin_quadratic
from automicro_linear.solve.sweep import Sweep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_linear.solve.newton import Problem

__all__ = ["within_columns"]

SCREENED = 400


def within_columns(
    problem: Problem, allowed: NDArray[np.int64], owners: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return the allowed terms of at most `most` source columns.

    Columns are chosen one after the other by what all their terms bring together.

    Parameters
    ----------
    problem : Problem
    allowed : array of int64
        Terms, ascending.
    owners : array of int64, (columns of the basis,)
        The source column that each column of the basis comes from.
    most : int
    """
    if len(np.unique(owners[allowed % len(owners)])) <= most:
        return allowed
    chosen: list[int] = []
    inside = np.zeros(len(allowed), dtype=bool)
    fit = constant(problem)
    while len(chosen) < most and not inside.all():
        best = _best_column(problem, fit, screen(problem, fit, allowed, SCREENED), owners)
        if best is None:
            break
        chosen.append(best)
        inside = np.isin(owners[allowed % len(owners)], chosen)
        start = np.zeros(int(inside.sum()))
        start[np.searchsorted(allowed[inside], fit.terms)] = fit.values
        fit = newton(problem, Fit(allowed[inside], start, fit.bias), steps=3)
    return allowed[inside]


def _best_column(problem: Problem, fit: Fit, terms: NDArray[np.int64], owners: NDArray[np.int64]) -> int | None:
    """Return the column outside whose terms lower the loss most, each charged what a useless one brings by chance."""
    inside = np.searchsorted(terms, fit.terms)
    sweep = Sweep(thin_quadratic(problem, fit, terms), problem.outputs, inside)
    owner = owners[terms % len(owners)]
    rows = len(problem.design.Z)
    gains: dict[int, float] = {}
    for column in np.unique(owner).tolist():
        group = np.flatnonzero(owner == column)
        if not np.isin(group, inside).any():
            gains[column] = sweep.joint_gain(sweep.biases + group) - 0.5 * len(group) / rows
    return max(gains, key=lambda column: gains[column]) if gains else None
