"""The claim that a model's score is better than a limit, or nearly as good as a reference's, tested on rows that nothing was chosen on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.evidence.balanced_accuracy_test import balanced_test
from automicro.evidence.function_test import corrected_share, function_test
from automicro.evidence.mean_test import Tested, mean_test
from automicro.evidence.paired_test import paired_terms
from automicro.evidence.roc_auc_test import area_test
from automicro.evidence.row_contributions import terms_of
from automicro.measure import score, scores
from automicro.request import Metric
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

__all__ = ["better_than", "within_of"]

RESAMPLES = 2000
CELLS_AT_ONCE = 4_000_000
FEWEST_UNITS = 10


def better_than(held_out: HeldOutPredictions, limit: float, seed: int = 0) -> Tested:
    """Test the null hypothesis that the score is worse than `limit`.

    Parameters
    ----------
    held_out : HeldOutPredictions
        Predictions on rows that had no part in the model's training or choice.
    limit : float
        A value of the metric; an error must be below it.
    seed : int

    Returns
    -------
    Tested
        With the p-value: the largest probability of such predictions if the score were worse than the limit.
    """
    if held_out.copies is not None:
        return _either_way(held_out, lambda some, _rows: better_than(some, limit, seed))
    if (undefined := _undefined(held_out)) is not None:
        return undefined
    if held_out.is_binary_area:
        return area_test(held_out, limit)
    if held_out.metric == "balanced_accuracy" and held_out.units is None and held_out.weights is None:
        return balanced_test(held_out, limit)
    terms = terms_of(held_out, limit)
    if terms is not None:
        tested = _as_exact(held_out, mean_test(terms, seed))
        return replace(tested, p_value=max(tested.p_value, _unseen_loss(held_out, limit)))

    def margins(batch: NDArray[np.float64]) -> NDArray[np.float64]:
        return _utilities(held_out, held_out.prediction, batch) - _signed(held_out, limit)

    if isinstance(held_out.metric, Metric):
        return function_test(_units(held_out), margins, seed)
    tested = _bootstrap(held_out, margins, seed)
    return replace(tested, p_value=max(tested.p_value, _flawless(held_out, limit)))


def within_of(held_out: HeldOutPredictions, reference: NDArray[np.float64], within: float, seed: int = 0) -> Tested:
    """Test the null hypothesis that the score is worse than the reference's by more than the fraction `within`, on the same rows.

    Parameters
    ----------
    held_out : HeldOutPredictions
    reference : array, as `held_out.prediction`
        The reference's predictions for the same rows; it had no part of them either.
    within : float
    seed : int
    """
    if held_out.copies is not None:
        return _either_way(held_out, lambda some, rows: within_of(some, reference[rows], within, seed))
    if (undefined := _undefined(held_out)) is not None:
        return undefined
    if held_out.is_binary_area:
        return area_test(held_out, None, (reference, within))
    terms = paired_terms(held_out, reference, within)
    if terms is not None:
        tested = _as_exact(held_out, mean_test(terms, seed))
        return replace(tested, method=f"paired {tested.method}")

    def margins(batch: NDArray[np.float64]) -> NDArray[np.float64]:
        allowed = _utilities(held_out, reference, batch)
        margin: NDArray[np.float64] = (
            _utilities(held_out, held_out.prediction, batch) - allowed + within * np.abs(allowed)
        )
        return margin

    if isinstance(held_out.metric, Metric):
        tested = function_test(_units(held_out), margins, seed)
        return replace(tested, method=f"paired {tested.method}")
    tested = _bootstrap(held_out, margins, seed)
    allowed = metric_of(held_out.metric).limit_within(
        score(held_out.metric, held_out.y, reference, held_out.weights), within
    )
    return Tested(max(tested.p_value, _flawless(held_out, allowed)), f"paired {tested.method}", tested.exact)


def _either_way(
    held_out: HeldOutPredictions, test: Callable[[HeldOutPredictions, NDArray[np.int64]], Tested]
) -> Tested:
    """Return the larger p-value of two tests: that every row counts, and that copies of a row count once."""
    first = np.sort(np.unique(held_out.copies, return_index=True)[1])  # type: ignore[call-overload]  # there are some
    found = [test(replace(held_out, copies=None).only(rows), rows) for rows in (np.arange(len(held_out.y)), first)]
    worst = max(found, key=lambda tested: tested.p_value)
    return replace(worst, method=f"{worst.method}, the larger p-value of all rows and of different rows")


def _undefined(held_out: HeldOutPredictions) -> Tested | None:
    """Return the outcome where the score is not defined on the rows."""
    if not len(held_out.y):
        return Tested.none("for there are no rows")
    if held_out.metric in ("max_error", "neg_max_error"):
        return Tested.none("for the largest error of some rows bounds that of no others")
    if np.isnan(score(held_out.metric, held_out.y, held_out.prediction, held_out.weights)):
        return Tested.none(f"for {held_out.metric} is not defined on the held-out rows")
    return None


def _as_exact(held_out: HeldOutPredictions, tested: Tested) -> Tested:
    """Return a test as an approximation under weights or groups, for others than those that were seen may be larger."""
    return replace(tested, exact=tested.exact and held_out.weights is None and held_out.units is None)


def _unseen_loss(held_out: HeldOutPredictions, limit: float) -> float:
    """Return how likely no row would be wrong, if rows that are wrong at the loss of the least likely class made up the limit."""
    if held_out.metric not in ("log_loss", "neg_log_loss"):
        return 0.0
    wrong = -np.log(np.clip(held_out.prediction.min(axis=1), np.finfo(np.float64).eps, 1.0))
    dearest = float(np.average(wrong, weights=held_out.weights))
    count = len(wrong) if held_out.units is None else len(np.unique(held_out.units))
    return max(0.0, 1 - abs(limit) / max(dearest, abs(limit), 1e-12)) ** count


def _flawless(held_out: HeldOutPredictions, limit: float) -> float:
    """Return about how likely rows without a single error would be at the limit.

    No p-value is below it, for a bootstrap of rows with few errors, or none, is too sure. The shortfall at the limit is that of the rarest
    class in a mean over classes, which hides it best.
    """
    if held_out.prediction.ndim == 1:
        return 0.0
    counted = np.ones(len(held_out.y), dtype=np.bool_) if held_out.weights is None else held_out.weights > 0
    units = np.arange(len(held_out.y)) if held_out.units is None else held_out.units
    rows = [len(np.unique(units[counted & (held_out.y == k)])) for k in range(held_out.prediction.shape[1])]
    if held_out.metric.endswith(("_micro", "_weighted")):
        return max(0.0, limit) ** len(np.unique(units[counted]))
    if metric_of(held_out.metric).two_classes:
        return max(0.0, limit) ** rows[1]
    present = [count for count in rows if count]
    return max(0.0, 1 - len(present) * (1 - limit)) ** min(present)


def _signed(held_out: HeldOutPredictions, limit: float) -> float:
    return metric_of(held_out.metric).sign * limit


def _utilities(
    held_out: HeldOutPredictions, prediction: NDArray[np.float64], batch: NDArray[np.float64]
) -> NDArray[np.float64]:
    weighted = batch if held_out.weights is None else batch * held_out.weights
    return metric_of(held_out.metric).sign * scores(held_out.metric, held_out.y, prediction, weighted)


def _units(held_out: HeldOutPredictions) -> NDArray[np.int64]:
    return np.arange(len(held_out.y)) if held_out.units is None else held_out.units


def _bootstrap(held_out: HeldOutPredictions, margins: object, seed: int) -> Tested:
    """Bias-corrected bootstrap of a margin that is above 0 where the claim holds (Efron and Tibshirani 1993, section 14.3)."""
    units = np.unique(_units(held_out), return_inverse=True)[1]
    count = int(units.max()) + 1
    method = "bias-corrected bootstrap" + ("" if held_out.units is None else " of groups")
    observed = float(margins(np.ones((1, len(held_out.y))))[0])  # type: ignore[operator]  # one of the two functions above
    if count < FEWEST_UNITS or not np.isfinite(observed):
        return Tested(1.0, method, exact=False)
    generator = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // len(held_out.y))
    found = []
    for start in range(0, RESAMPLES, step):
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=min(step, RESAMPLES - start))
        found.append(margins(drawn[:, units].astype(np.float64)))  # type: ignore[operator]  # as above
    known = np.concatenate(found)
    known = known[np.isfinite(known)]
    return Tested(corrected_share(known, observed), method, exact=False)
