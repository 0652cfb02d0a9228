"""What being nearly as good as a reference says of single rows, on which both have predicted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.evidence.mean_test import Terms
from automicro.evidence.row_contributions import terms_of
from automicro.measure import score
from automicro.request import Metric
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

__all__ = ["paired_terms"]

RATIOS = {
    "f0.5",
    "f1",
    "f2",
    "jaccard",
    "precision",
    "recall",
}  # denominators depend on what is predicted, so that terms do not pair
MEANS = {"root_mean_squared_error": "mean_squared_error", "root_mean_squared_log_error": "mean_squared_log_error"}


def paired_terms(held_out: HeldOutPredictions, reference: NDArray[np.float64], within: float) -> Terms | None:
    """Return terms whose mean is above 0 where the score is worse than the reference's by less than the fraction `within`.

    With the terms a - t of a score that is a mean of a, a model is within w of a reference where a_model - (1 - w) a_reference is, on
    average, above 0; of an error, where (1 + w) a_reference - a_model is. R2 is 1 - MSE / V, so that it is w V - MSE_model +
    (1 - w) MSE_reference which must be.
    """
    name = held_out.metric.removeprefix("neg_")
    if name in RATIOS:
        return None
    share = 1 - within
    if name in ("r2", "explained_variance"):
        if score(held_out.metric, held_out.y, reference, held_out.weights) < 0:
            share = 1 + within
        own, theirs = terms_of(held_out, 1.0), terms_of(replace(held_out, prediction=reference), 1.0)
        null = terms_of(replace(held_out, prediction=np.full(len(held_out.y), _mean(held_out))), 1.0)
        if own is None or theirs is None or null is None:
            return None
        # at a limit of 1 the terms are minus the squared residuals, those of the mean minus the squared deviations
        values = own.values - share * theirs.values - (1 - share) * null.values
        return replace(own, values=values)
    is_own = isinstance(held_out.metric, Metric)
    plain = held_out if is_own else replace(held_out, metric=MEANS.get(name, name))
    own, theirs = terms_of(plain, 0.0), terms_of(replace(plain, prediction=reference), 0.0)
    if own is None or theirs is None:
        return None
    if is_own:  # which may be negative, so that a fraction of its magnitude is worse than it on the other side
        theirs_score = score(held_out.metric, held_out.y, reference, held_out.weights)
        share = 1 - metric_of(held_out.metric).sign * within * float(np.sign(theirs_score))
    elif metric_of(name).sign < 0:
        share = (1 + within) ** 2 if name in MEANS else 1 + within
    values = own.values - share * theirs.values
    return Terms(values, own.low - share * theirs.high, own.high - share * theirs.low, own.units)


def _mean(held_out: HeldOutPredictions) -> float:
    return float(np.average(held_out.y.astype(np.float64), weights=held_out.weights))
