"""Tests of the area under the ROC curve, from what every row adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.evidence.mean_test import Tested

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

    Floats = NDArray[np.float64]

__all__ = ["area_test"]

FEWEST = 5  # rows of a class below which nothing is said


def area_test(held_out: HeldOutPredictions, limit: float | None, paired: tuple[Floats, float] | None = None) -> Tested:
    """Test that the area is above `limit`, or worse than a reference's by less than a fraction (`paired`: prediction, fraction).

    The variance is that of the rows' placements (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988), summed over groups first; on the
    logit scale where there is a limit, which keeps its level for areas near 1 (Pepe 2003, section 5.2), compared with Student's t on one
    degree of freedom less than the rarer class has rows.
    """
    positive = held_out.y == 1
    counted = np.ones(len(positive), dtype=np.bool_) if held_out.weights is None else held_out.weights > 0
    method = (
        "DeLong"
        + (" on the logit scale" if paired is None else ", paired")
        + (" by group" if held_out.units is not None else "")
    )
    if min((counted & positive).sum(), (counted & ~positive).sum()) < FEWEST:
        return Tested(1.0, method, exact=False)
    area, influence = _influence(held_out, held_out.prediction)
    if area >= 1.0 and held_out.units is None:
        return _perfect(held_out, limit if paired is None else 1 - paired[1])
    if paired is None:
        gap, slope = _logit_gap(area, limit or 0.0)
    else:
        reference, within = paired
        allowed, its_influence = _influence(held_out, reference)
        gap, slope = area - (1 - within) * allowed, 1.0
        influence = influence - (1 - within) * its_influence
    return Tested(_p_value(held_out, gap, slope * influence), method, exact=False)


def _perfect(held_out: HeldOutPredictions, limit: float | None) -> Tested:
    """Bound the chance of a perfect order.

    As many disjoint pairs as the rarer class has rows are in order, each independently and with the area's probability.
    """
    pairs = int(min((held_out.y == 1).sum(), (held_out.y != 1).sum()))
    return Tested(float((limit or 0.0) ** pairs), "exact bound for a perfect order", exact=True)


def _logit_gap(area: float, limit: float) -> tuple[float, float]:
    inside = min(max(area, 1e-12), 1 - 1e-12)
    return float(np.log(inside / (1 - inside)) - np.log(limit / (1 - limit))) if 0 < limit < 1 else inside - limit, (
        1 / (inside * (1 - inside)) if 0 < limit < 1 else 1.0
    )


def _influence(held_out: HeldOutPredictions, prediction: Floats) -> tuple[float, Floats]:
    """Return the area, and what each row adds to its error: placements among the other class, centred, over the weight of its own class."""
    score, positive = prediction[:, 1], held_out.y == 1
    weights = np.ones(len(score)) if held_out.weights is None else held_out.weights
    order = np.unique(score, return_inverse=True)[1]
    result = np.zeros(len(score))
    area = 0.0
    for own, sign in ((positive, 1), (~positive, -1)):
        other = np.bincount(order[~own], weights=weights[~own], minlength=int(order.max()) + 1)
        below = np.cumsum(other) - other
        placement = (below + other / 2)[order[own]] / other.sum()
        placement = placement if sign > 0 else 1 - placement
        area = float(np.average(placement, weights=weights[own]))
        result[own] = weights[own] * (placement - area) / weights[own].sum()
    return area, result


def _p_value(held_out: HeldOutPredictions, gap: float, influence: Floats) -> float:
    from scipy.special import stdtr  # noqa: PLC0415 - scipy is loaded only where something is tested

    if held_out.units is None:
        classes = (held_out.y == 1, held_out.y != 1)
        counts = [int(own.sum()) for own in classes]
        variance = sum(float((influence[own] ** 2).sum()) * n / (n - 1) for own, n in zip(classes, counts, strict=True))
    else:
        sums = np.bincount(np.unique(held_out.units, return_inverse=True)[1], weights=influence)
        counts = [len(sums)]
        variance = float((sums**2).sum()) * len(sums) / max(len(sums) - 1, 1)
    if variance <= 0 or min(counts) < FEWEST:
        return 1.0  # rows that add nothing to the error say nothing about it
    return float(stdtr(min(counts) - 1, -gap / np.sqrt(variance)))
