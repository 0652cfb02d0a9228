"""Intervals of a cross-validated score, by resampling rows within their folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.arithmetic import mean_defined
from automicro.measure.metrics.score import scores
from automicro.request import is_black_box
from automicro.request import metric as metric_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.measure.metrics.arithmetic import Batch, Predicted

__all__ = ["FoldPredictions", "Reference", "halves_interval", "interval"]

RESAMPLES = (200, 1000)
OF_FUNCTIONS = 100  # resamples for a function of the user, which may take milliseconds
CELLS_AT_MOST = 10_000_000  # rows times resamples: half a second
ROWS_AT_MOST = CELLS_AT_MOST // RESAMPLES[0]
CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class FoldPredictions:
    """Rows with their out-of-fold place.

    Parameters
    ----------
    y : array, (rows,)
        Class codes, or values.
    folds : array of int, (rows,)
        The fold that a row was predicted in; rows of a negative fold are left out.
    weights : array of float64, (rows,), optional
        Sample weights.
    units : array of int, (rows,), optional
        What is drawn together: the group of a row, or the row's own number where repeated cross-validation lists it
        several times.
    """

    y: NDArray[np.generic]
    folds: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None
    units: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Reference:
    """Predictions on the same rows that a model may be worse than by the fraction `within` of the score's magnitude."""

    prediction: NDArray[np.float64]
    within: float = 0.0


def interval(
    metric: str,
    rows: FoldPredictions,
    prediction: NDArray[np.float64],
    confidence: float = 0.95,
    seed: int = 0,
    reference: Reference | None = None,
) -> tuple[float, float]:
    """Return the two one-sided bounds of the mean score over folds, each at `confidence`.

    Units are drawn with replacement within their fold (percentile bootstrap, Efron and Tibshirani 1993, chapter 13);
    with more than 50,000 rows a part of them is drawn from and the spread scaled to all (m out of n, Bickel et al.
    1997). Accuracy, where few errors make the bootstrap too sure, is bounded no tighter than by the exact binomial
    interval (Clopper and Pearson 1934).

    Parameters
    ----------
    metric : str
        A name of `automicro.request.METRICS`.
    rows : FoldPredictions
    prediction : array, (rows, classes) or (rows,)
        Out-of-fold predictions.
    confidence : float
        Confidence of each bound on its own.
    seed : int
        The bounds depend on nothing but the arguments.
    reference : Reference, optional
        With it, the bounds are those of the margin by which `within` is kept, paired on the same rows: 0 or more is
        good, whatever the metric's direction.

    Returns
    -------
    low, high : float
        NaN if the score is not defined in any fold.
    """
    if not np.any(rows.folds >= 0):
        return np.nan, np.nan
    value = _margins(metric, rows, prediction, reference, _as_they_are(rows))[0]
    deviations = _deviations(metric, rows, prediction, seed, reference)
    if np.isnan(value) or not deviations.size:
        return np.nan, np.nan
    low, high = (float(value + np.quantile(deviations, q)) for q in (1 - confidence, confidence))
    if metric == "accuracy" and reference is None:
        binomial_low, binomial_high = _binomial(value, _count_units(rows), confidence)
        return min(low, binomial_low), max(high, binomial_high)
    return low, high


def halves_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return the two one-sided bounds of a mean over cuts of the rows into halves, each at `confidence`.

    The halves of a cut share no row, so that their difference estimates the deviation of a value of half the rows; that of the mean of a
    cut is taken for that of the mean of all cuts, which reuse the rows. Where both halves have one value together, the
    deviation between the cuts is taken. Bounds are Student's, with as many degrees of freedom as there are cuts.

    Parameters
    ----------
    values : sequence of float
        Two for each cut, one after the other.
    confidence : float
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - scipy is loaded only when an interval is requested

    pairs = np.asarray(values, dtype=np.float64).reshape(-1, 2)
    between = pairs.mean(axis=1)
    error = max(float(np.sqrt(((pairs[:, 0] - pairs[:, 1]) ** 2).mean()) / 2), float(between.std()))
    room = error * float(stdtrit(len(pairs), confidence))
    return float(between.mean()) - room, float(between.mean()) + room


def _margins(
    metric: str, rows: FoldPredictions, prediction: Predicted, reference: Reference | None, batch: Batch
) -> NDArray[np.float64]:
    """Return the number that is bounded, for each weighting of the rows."""
    mean = mean_defined(_fold_scores(metric, rows, prediction, batch))
    if reference is None:
        return mean
    allowed = mean_defined(_fold_scores(metric, rows, reference.prediction, batch))
    margin: Batch = metric_of(metric).sign * (mean - allowed) + reference.within * np.abs(allowed)
    return margin


def _as_they_are(rows: FoldPredictions) -> Batch:
    return np.ones((1, len(rows.y))) if rows.weights is None else rows.weights[None, :]


def _deviations(
    metric: str, rows: FoldPredictions, prediction: Predicted, seed: int, reference: Reference | None
) -> NDArray[np.float64]:
    """Return resampled values minus the value itself."""
    generator = np.random.default_rng(seed)
    total = len(rows.y)
    if total > ROWS_AT_MOST:
        part = np.sort(generator.choice(total, ROWS_AT_MOST, replace=False))
        rows, prediction = _take(rows, part), prediction[part]
        reference = None if reference is None else Reference(reference.prediction[part], reference.within)
    centre = _margins(metric, rows, prediction, reference, _as_they_are(rows))
    resamples = OF_FUNCTIONS if is_black_box(metric) else int(np.clip(CELLS_AT_MOST // len(rows.y), *RESAMPLES))
    step = max(1, CELLS_AT_ONCE // len(rows.y))
    draw = _Draw(rows, generator)
    values = [
        _margins(metric, rows, prediction, reference, draw(min(step, resamples - start)))
        for start in range(0, resamples, step)
    ]
    found = np.concatenate(values)
    scale = float(np.sqrt(len(rows.y) / total))
    return scale * (found[~np.isnan(found)] - centre)


def _fold_scores(metric: str, rows: FoldPredictions, prediction: Predicted, batch: Batch) -> list[Batch]:
    each = []
    for fold in np.unique(rows.folds[rows.folds >= 0]):
        chosen = np.flatnonzero(rows.folds == fold)
        each.append(scores(metric, rows.y[chosen], prediction[chosen], batch[:, chosen]))
    return each


class _Draw:
    """Draws how often each row is taken, as a batch of weights."""

    def __init__(self, rows: FoldPredictions, generator: np.random.Generator) -> None:
        self.generator = generator
        self.weights = rows.weights
        units = np.arange(len(rows.y)) if rows.units is None else rows.units
        _, first, self.unit_of_row = np.unique(units, return_index=True, return_inverse=True)
        stratum = rows.folds[first]
        if np.any(rows.folds != stratum[self.unit_of_row]):  # repeated cross-validation: a unit stands in several folds
            stratum = np.zeros_like(stratum)
        self.strata = [np.flatnonzero(stratum == s) for s in np.unique(stratum)]
        self.units = len(first)

    def __call__(self, resamples: int) -> Batch:
        taken = np.zeros((resamples, self.units))
        for members in self.strata:
            size = len(members)
            drawn = self.generator.integers(0, size, (resamples, size), dtype=np.int32)
            cells = drawn + np.arange(resamples)[:, None] * size
            taken[:, members] = np.bincount(cells.ravel(), minlength=resamples * size).reshape(resamples, size)
        by_row: Batch = taken[:, self.unit_of_row]
        return by_row if self.weights is None else by_row * self.weights


def _take(rows: FoldPredictions, part: NDArray[np.int64]) -> FoldPredictions:
    return FoldPredictions(
        rows.y[part],
        rows.folds[part],
        None if rows.weights is None else rows.weights[part],
        None if rows.units is None else rows.units[part],
    )


def _count_units(rows: FoldPredictions) -> float:
    """Return how many independent rows there are: units, or the effective number under weights (Kish)."""
    used = rows.folds >= 0
    if rows.units is not None:
        return float(len(np.unique(rows.units[used])))
    if rows.weights is None:
        return float(used.sum())
    weights = rows.weights[used]
    return float(weights.sum() ** 2 / (weights**2).sum())


def _binomial(share: float, count: float, confidence: float) -> tuple[float, float]:
    from scipy.special import betaincinv  # noqa: PLC0415 - scipy is loaded only when an interval is requested

    hits = share * count
    low = 0.0 if hits <= 0 else float(betaincinv(hits, count - hits + 1, 1 - confidence))
    high = 1.0 if hits >= count else float(betaincinv(hits + 1, count - hits, confidence))
    return low, high
