"""The coefficients of an earlier model as the point that the ridge pulls to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.solve.dense import constant
from automicro_linear.solve.newton import Fit, fit_bias, mean_loss, scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import Start
    from automicro_linear.solve.newton import Problem

__all__ = ["PULL_ROWS", "prior_of"]

PULL_ROWS = (
    10.0  # the ridge towards an earlier model is at least this over the number of rows: few rows move little away
)
FACTORS = 2.0 ** np.arange(
    -3.0, 3.5, 0.5
)  # of scores with deviation 1: an earlier model may have rounded them in any unit


def prior_of(problem: Problem, start: Start | None) -> NDArray[np.float64] | None:
    """Return standardised coefficients, (outputs x columns,), in the unit that suits these rows.

    None where the earlier model is not linear, has other outputs or no feature in common, or its scores are of no use here.
    """
    if start is None or not start.same_outputs or len(start.layers) != 1 or start.layers[0].activation is not None:
        return None
    design, weights = problem.design, start.layers[0].weights
    if len(weights) != problem.outputs:
        return None
    known = design.basis.linear & design.usable
    coefficients = np.zeros((problem.outputs, len(design.basis)))
    coefficients[:, known] = weights[:, design.basis.feature[known]] * design.scale[known]
    terms, none = np.flatnonzero(coefficients), constant(problem)
    values = coefficients.ravel()[terms]
    deviation = float((scores(design, Fit(terms, values, np.zeros(problem.outputs)))).std()) if len(terms) else 0.0
    if not deviation > 0:
        return None
    fits = [fit_bias(problem, Fit(terms, values * (factor / deviation), none.bias)) for factor in FACTORS]
    losses = [mean_loss(problem, fit) for fit in fits]
    best = int(np.argmin(losses))
    if losses[best] >= mean_loss(problem, none):
        return None
    return fits[best].coefficients(len(design.basis)).ravel()
