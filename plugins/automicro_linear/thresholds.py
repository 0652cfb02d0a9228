"""The bias of a classifier of two classes whose metric reads labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["THRESHOLDED", "best_threshold"]


def _f1(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:  # noqa: ARG001 - all take the same four
    return _ratio(2 * tp, 2 * tp + fp + fn)


def _f1_macro(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return 0.5 * (_f1(tp, fp, fn, tn) + _f1(tn, fn, fp, tp))


def _f1_weighted(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return (tp + fn) * _f1(tp, fp, fn, tn) + (tn + fp) * _f1(tn, fn, fp, tp)


def _matthews(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _ratio(above: Floats, below: Floats) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return ratio


THRESHOLDED: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "f1": _f1,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "matthews_corrcoef": _matthews,
}


def best_threshold(metric: str, scores: Floats, positive: Floats, weights: Floats) -> float:
    """Return the score above which the second class is predicted when the metric is best on these rows.

    Parameters
    ----------
    metric : str
        One of `THRESHOLDED`.
    scores : array of float64, (rows,)
    positive : array of float64, (rows,)
        Probability of the second class: 0 or 1, or a teacher's.
    weights : array of float64, (rows,)
    """
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    gaps = np.flatnonzero(ordered[1:] > ordered[:-1])
    if not len(gaps):
        return 0.0
    mass = weights[order] / weights.sum()
    fn = np.cumsum(mass * positive[order])[gaps]
    tn = np.cumsum(mass * (1 - positive[order]))[gaps]
    share = float(mass @ positive[order])
    values = THRESHOLDED[metric](np.maximum(share - fn, 0.0), np.maximum(1 - share - tn, 0.0), fn, tn)
    best = gaps[np.flatnonzero(values >= values.max() - 1e-12)]
    middles = (ordered[best] + ordered[best + 1]) / 2
    return float(middles[np.abs(middles).argmin()])
