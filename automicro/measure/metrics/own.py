"""Scores by a function of the user, which is called with the labels or numbers of the data."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.metrics.arithmetic import Batch
    from automicro.request import Metric

    Floats = NDArray[np.float64]

__all__ = ["own_scores", "row_values"]


def own_scores(metric: Metric, y: NDArray[Any], prediction: Floats, batch: Batch) -> Batch:
    """Return the scores (batch,) under many weightings of the rows (batch, rows).

    A function without ``sample_weight`` gets each row as often as its weight says. Where there is more than one weighting, as in
    resampling, the score of one that the function cannot be called for is NaN.

    Raises
    ------
    RequestError
        If the function raises, or returns no number.
    """
    made = metric.definition
    if made.per_row:
        values, masses = row_values(metric, y, prediction), batch.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means: Batch = np.where(masses > 0, batch @ values / masses, np.nan)
        return means
    true, predicted = _as_passed(metric, y, prediction)
    if len(batch) == 1:
        return np.array([made.sign * _number(metric, true, predicted, batch[0])])
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of resamples, some of which lack a class
        for weights in batch:
            try:
                found.append(made.sign * _number(metric, true, predicted, weights))
            except RequestError:
                found.append(np.nan)
    return np.array(found)


def row_values(metric: Metric, y: NDArray[Any], prediction: Floats) -> Floats:
    """Return the value of each row, (rows,).

    Raises
    ------
    RequestError
        If the function does not return one finite number for each row, within the bounds that it is said to have.
    """
    made = metric.definition
    values = made.sign * np.asarray(_called(metric, *_as_passed(metric, y, prediction)))
    if values.shape != (len(y),) or values.dtype.kind not in "fiub":
        raise RequestError(
            f"metric: {metric.plain!r} must return one number for each of {len(y)} rows, but returned an array of shape {values.shape}"
        )
    numbers = values.astype(np.float64)
    if len(numbers) and not (np.isfinite(numbers).all() and made.low <= numbers.min() and numbers.max() <= made.high):
        wrong = next(each for each in numbers.tolist() if not (np.isfinite(each) and made.low <= each <= made.high))
        raise RequestError(
            f"metric: {metric.plain!r} must return finite numbers from {made.low:g} to {made.high:g}, but returned {wrong:g}: give other "
            "bounds"
        )
    return numbers


def _as_passed(metric: Metric, y: NDArray[Any], prediction: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return true and predicted values in the form that the function takes."""
    made = metric.definition
    if prediction.ndim == 1:
        return y, prediction
    codes = np.asarray(y, dtype=np.int64)
    if made.labels is None:
        return codes, prediction.argmax(axis=1)
    labels = np.array(made.labels, dtype=None if len({type(label) for label in made.labels}) == 1 else object)
    if made.needs == "predict":
        return labels[codes], labels[prediction.argmax(axis=1)]
    predicted = prediction[:, 1] if prediction.shape[1] == 2 else prediction[:, np.argsort(labels, kind="stable")]
    return labels[codes], predicted


def _number(metric: Metric, true: NDArray[Any], predicted: NDArray[Any], weights: Floats) -> float:
    taken = weights > 0
    if not taken.any():
        return np.nan
    if (weights == 1).all():
        value = _called(metric, true, predicted)
    elif metric.definition.takes_weights:
        value = _called(metric, true[taken], predicted[taken], weights[taken])
    else:
        often = weights.astype(np.int64)
        if (often != weights).any():
            raise RequestError(
                f"metric: {metric.plain!r} must take sample_weight, since rows have weights: add that parameter, or leave weights out"
            )
        rows = np.repeat(np.arange(len(true)), often)
        value = _called(metric, true[rows], predicted[rows])
    if isinstance(value, bool) or np.ndim(value) or np.asarray(value).dtype.kind not in "fiub":
        got = f"an array of shape {np.shape(value)}" if np.ndim(value) else repr(value)
        raise RequestError(
            f"metric: {metric.plain!r} must return a number, but returned {got}: return the mean of the rows' values, or give "
            "automicro.Metric(function, per_row=True)"
        )
    return float(value)


def _called(metric: Metric, true: NDArray[Any], predicted: NDArray[Any], weights: Floats | None = None) -> Any:
    keywords = {} if weights is None else {"sample_weight": weights}
    try:
        return metric.definition.function(true.copy(), predicted.copy(), **keywords)  # which it may change in place
    except Exception as error:
        raise RequestError(
            f"metric: {metric.plain!r} must return a number, but raised {type(error).__name__}: {error}"
        ) from error
