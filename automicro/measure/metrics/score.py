"""Scores of predictions, by scikit-learn's metric names, for one weighting of the rows or for many at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import RequestError
from automicro.measure.metrics import labels, probabilities, ranking, values
from automicro.measure.metrics.own import own_scores
from automicro.request import Metric

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from automicro.measure.metrics.arithmetic import Batch, Scorer

__all__ = ["score", "scores", "scores_by_fold"]

_OF_ONE_CLASS = {
    "f1": labels.f_measure,
    "jaccard": labels.jaccard,
    "precision": labels.precision,
    "recall": labels.recall,
}


def score(
    metric: str, y: NDArray[np.generic], prediction: ArrayLike, weights: NDArray[np.float64] | None = None
) -> float:
    """Return the score of predictions on rows.

    Equal to scikit-learn's metric of that name, without its validation and so some ten to a hundred times faster. A
    name that begins with ``neg_`` is the negative of the error.

    Parameters
    ----------
    metric : str
        A name of `automicro.request.METRICS`, or a `automicro.Metric`. ``"roc_auc"`` and ``"average_precision"`` of three or more
        classes are the mean over one class against the rest.
    y : array, (rows,)
        Class codes, or values.
    prediction : array, (rows, classes) or (rows,)
        Probabilities, or values. Metrics of labels take the likeliest class, the first one of equals.
    weights : array of float64, (rows,), optional
        Sample weights.

    Returns
    -------
    float
        NaN where the metric is not defined: no rows, one class in a ranking metric, a constant target in ``"r2"``.

    Raises
    ------
    automicro.errors.RequestError
        If there is no such metric.

    Examples
    --------
    >>> score("accuracy", np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    0.6666666666666666
    """
    batch = np.ones((1, len(y))) if weights is None else np.asarray(weights, dtype=np.float64)[None, :]
    return float(scores(metric, y, prediction, batch)[0])


def scores(metric: str, y: NDArray[np.generic], prediction: ArrayLike, batch: Batch) -> Batch:
    """Return the scores (batch,) under many weightings of the rows (batch, rows), as resampling needs them."""
    if not isinstance(metric, Metric):
        _scorer(metric)
    if not len(y):
        return np.full(len(batch), np.nan)
    predicted = np.asarray(prediction, dtype=np.float64)
    target: Any = np.asarray(y, dtype=np.int64 if predicted.ndim == 2 else np.float64)
    if isinstance(metric, Metric):
        return own_scores(metric, target, predicted, batch)
    return (-1.0 if metric.startswith("neg_") else 1.0) * _scorer(metric)(target, predicted, batch)


def scores_by_fold(
    metric: str,
    y: NDArray[np.generic],
    prediction: NDArray[np.float64],
    folds: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the score of each fold, in the order of the fold numbers; rows of a negative fold are left out."""
    result = []
    for fold in np.unique(folds[folds >= 0]):
        rows = folds == fold
        result.append(score(metric, y[rows], prediction[rows], None if weights is None else weights[rows]))
    return np.array(result)


def _scorer(metric: str) -> Scorer:
    name = metric.removeprefix("neg_")
    if name not in _scorers():
        raise RequestError(f"metric: must be one of {', '.join(sorted(_scorers()))}, but got {metric!r}")
    return _scorers()[name]


@cache
def _scorers() -> dict[str, Scorer]:
    plain = [
        labels.accuracy,
        labels.balanced_accuracy,
        labels.cohen_kappa,
        labels.cohen_kappa_quadratic,
        labels.matthews_corrcoef,
    ]
    for module in (probabilities, ranking, values):
        plain.extend(getattr(module, name) for name in module.__all__)
    found: dict[str, Scorer] = {scorer.__name__: scorer for scorer in plain}
    found["f0.5"], found["f2"] = labels.averaged(labels.f_half, "binary"), labels.averaged(labels.f_two, "binary")
    for name, measure in _OF_ONE_CLASS.items():
        found[name] = labels.averaged(measure, "binary")
        for average in ("macro", "micro", "weighted"):
            found[f"{name}_{average}"] = labels.averaged(measure, average)
    return found
