"""Coefficients of the required signs: whatever takes the other is left out, and the rest fitted anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.design import ABSENT, SLOPE, STEP
from automicro_linear.solve.newton import newton

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro_linear.design import Basis
    from automicro_linear.solve.newton import Fit, Problem

__all__ = ["free_terms", "kept_to", "signs_of"]


def signs_of(data: TrainingData, basis: Basis) -> NDArray[np.int64]:
    """Return which sign each column of a basis must have: 1, -1, or 0 where it may have either."""
    wanted = data.structural.signs(data.features)[basis.feature]
    return np.where(np.isin(basis.kind, (SLOPE, STEP)), wanted, 0)


def free_terms(data: TrainingData, basis: Basis) -> NDArray[np.bool_]:
    """Return which columns of a basis may be used: not those that say that a column with a direction is missing.

    Such a value then counts as its filling or, where numbers are cut into steps, as the least number.
    """
    absent = (basis.kind == ABSENT) & (data.structural.signs(data.features)[basis.feature] != 0)
    return np.asarray(~(absent | data.structural.flags(data.features)[basis.feature]))


def kept_to(signs: NDArray[np.int64], problem: Problem, fit: Fit) -> Fit:
    """Return a fit without the terms of the wrong sign, the others fitted anew until all are right."""
    while len(fit.terms):
        right = signs[fit.terms % len(signs)] * fit.values >= 0
        if right.all():
            break
        fit = newton(problem, replace(fit, terms=fit.terms[right], values=fit.values[right]))
    return fit
