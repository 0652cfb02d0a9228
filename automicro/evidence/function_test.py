"""Tests of scores by a function of the user: of the mean of its values, or of a function of which nothing is known."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from automicro.evidence.mean_test import Terms, Tested, mean_test
from automicro.measure import row_values
from automicro.request import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

    Floats = NDArray[np.float64]

__all__ = ["corrected_share", "function_test", "row_terms"]

RESAMPLES, OF_FEWER = 400, 200
BLOCKS = 400  # of rows that the jackknife leaves out at once, at most
CELLS_AT_ONCE = 4_000_000
METHOD = "bias-corrected bootstrap and jackknife of a function, with one more row half as bad again as the worst"
FEWEST_UNITS = 40  # so that a quarter of them can be drawn from
ROOT = (
    1.5,
    2.7,
)  # times as far as resamples of all rows must those of a quarter vary: twice, if the score is about a mean of many rows


def row_terms(held_out: HeldOutPredictions, limit: float) -> tuple[Floats, float, float] | None:
    """Return the rows' values less the limit, the sign turned for an error, and their bounds; None if the metric has no such values."""
    if not isinstance(held_out.metric, Metric) or not held_out.metric.definition.per_row:
        return None
    facts = held_out.metric.facts
    values = facts.sign * (row_values(held_out.metric, held_out.y, held_out.prediction) - limit)
    low, high = sorted((facts.sign * (facts.low - limit), facts.sign * (facts.high - limit)))
    return values, low, high


def function_test(units: NDArray[np.int64], margins: Callable[[Floats], Floats], seed: int) -> Tested:
    """Test that a margin, of whose function nothing is known, is above 0.

    A bootstrap is right where the score is nearly a mean over many rows, and wrong where few rows decide it, such as for a maximum.
    Resamples of a quarter of the rows then do not vary twice as much as those of all (Bickel, Goetze and van Zwet, Statistica Sinica 7,
    1997), and the p-value is 1. Else it is the larger of two: the share of resamples with a margin of at most 0, bias-corrected (Efron
    and Tibshirani 1993, section 14.3); and that of the mean of the jackknife's pseudo-values (Tukey 1958) as of any unbounded values,
    which allows for one row far worse than those that were seen.

    Parameters
    ----------
    units : array of int64, (rows,)
        Rows that are drawn together.
    margins : callable
        Returns the margin for each weighting of the rows, (batch, rows).
    seed : int
    """
    place = np.unique(units, return_inverse=True)[1]
    count = int(place.max()) + 1
    if count < FEWEST_UNITS:
        return Tested.none(f"for a function needs at least {FEWEST_UNITS} independent rows", exact=False)
    generator = np.random.default_rng(seed)

    def weighted(often: NDArray[np.int64]) -> Floats:
        step = max(1, CELLS_AT_ONCE // len(place))
        parts = [often[start : start + step, place].astype(np.float64) for start in range(0, len(often), step)]
        return np.concatenate([margins(part) for part in parts])

    def drawn(size: int, resamples: int) -> Floats:
        found = weighted(generator.multinomial(size, np.full(count, 1 / count), size=resamples))
        return found[np.isfinite(found)]

    observed = float(weighted(np.ones((1, count), dtype=np.int64))[0])
    values, fewer = drawn(count, RESAMPLES), drawn(count // 4, OF_FEWER)
    if len(values) < RESAMPLES / 2 or len(fewer) < OF_FEWER / 2:
        return Tested.none("for the function is not defined on resampled rows", exact=False)
    deviation = float(values.std(ddof=1))
    ratio = float(fewer.std(ddof=1)) / max(deviation, 1e-300)
    if deviation <= 1e-12 * max(abs(observed), 1.0) or not ROOT[0] < ratio < ROOT[1]:
        return Tested.none("for the function is not nearly a mean over many rows: resamples show it", exact=False)
    block = generator.permutation(np.arange(count) % min(count, BLOCKS))
    without = weighted((block != np.arange(block.max() + 1)[:, None]).astype(np.int64))
    pseudo = mean_test(Terms(len(without) * observed - (len(without) - 1) * without), seed)
    return Tested(max(corrected_share(values, observed), pseudo.p_value), METHOD, exact=False)


def corrected_share(values: Floats, observed: float) -> float:
    """Return the share of resampled values of at most 0, corrected for bias (Efron and Tibshirani 1993, section 14.3)."""
    normal = NormalDist()

    def share(where: NDArray[np.bool_]) -> float:
        return float((where.sum() + 1) / (len(where) + 2))  # never 0 or 1

    bias = normal.inv_cdf((share(values < observed) + share(values <= observed)) / 2)
    return normal.cdf(normal.inv_cdf(share(values <= 0)) - 2 * bias)
