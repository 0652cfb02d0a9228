"""What a family trains towards: how much each row weighs for the metric, and the targets, a teacher's where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin.data import TrainingData

    Floats = NDArray[np.float64]

__all__ = [
    "ABSOLUTE_ERRORS",
    "CLASSES_ALIKE",
    "LOGARITHMIC_ERRORS",
    "class_shares",
    "row_weights",
    "sample_weights",
    "target_values",
    "unit_of",
]

CLASSES_ALIKE = frozenset({"balanced_accuracy", "recall_macro"})
"""Metrics to which all classes count the same, however many rows they have."""
ABSOLUTE_ERRORS = frozenset({"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"})
"""Errors, by their names without ``"neg_"``, that grow with the size of a difference and not with its square."""
LOGARITHMIC_ERRORS = frozenset({"mean_squared_log_error", "root_mean_squared_log_error"})
"""Errors, by their names without ``"neg_"``, that compare logarithms."""
LEAST_SHARE = 0.01  # of the mean size of targets: the least size that an error in percent is divided by
LEAST_SPREAD = 1e-12  # of the size of the mean: a target that varies less is constant but for rounding


def sample_weights(data: TrainingData, *, alike: bool = True) -> Floats:
    """Return the weights of the rows, 1 without weights or where all are 0; of classes alike where the metric counts them so.

    Parameters
    ----------
    data : TrainingData
        The rows of the training.
    alike : bool
        Whether the rows of every class weigh 1 together under a metric of `CLASSES_ALIKE`.

    Returns
    -------
    array of float64, (rows,)
        The weights.

    Examples
    --------
    >>> from automicro.plugin import Feature, TrainingData
    >>> X, y = np.float32([[1.0], [2.0], [3.0]]), np.array([0, 1, 1])
    >>> sample_weights(TrainingData(X, y, "classification", 2, (Feature(0, "age", "numeric"),), "balanced_accuracy"))
    array([1. , 0.5, 0.5])
    """
    weights = np.ones(len(data.y)) if data.weights is None else np.asarray(data.weights, dtype=np.float64)
    if not weights.any():
        weights = np.ones(len(data.y))
    if alike and data.task == "classification" and data.metric in CLASSES_ALIKE:
        y = data.y.astype(np.int64)
        sums = np.bincount(y, weights=weights, minlength=data.classes)
        weights = weights / np.where(sums > 0, sums, 1.0)[y]
    return weights


def row_weights(data: TrainingData) -> Floats:
    """Return the weights of the rows, changed to serve the metric: classes alike, or errors in percent.

    Parameters
    ----------
    data : TrainingData
        The rows of the training.

    Returns
    -------
    array of float64, (rows,)
        The weights of `sample_weights`, divided by the size of the target under ``"mean_absolute_percentage_error"``.

    Examples
    --------
    >>> from automicro.plugin import Feature, TrainingData
    >>> X, y, features = np.float32([[1.0], [2.0]]), np.array([2.0, 4.0]), (Feature(0, "age", "numeric"),)
    >>> row_weights(TrainingData(X, y, "regression", 0, features, "neg_mean_absolute_percentage_error"))
    array([0.5 , 0.25])
    """
    weights = sample_weights(data)
    if data.metric.removeprefix("neg_") == "mean_absolute_percentage_error":
        size = np.abs(data.y.astype(np.float64))
        weights = weights / np.maximum(size, LEAST_SHARE * max(float(size.mean()), 1e-300))
    return weights


def class_shares(data: TrainingData) -> Floats:
    """Return the probabilities of the classes: a teacher's where there is one, else 1 for the class of a row.

    Parameters
    ----------
    data : TrainingData
        The rows of the training.

    Returns
    -------
    array of float64, (rows, classes)
        The probabilities.

    Examples
    --------
    >>> from automicro.plugin import Feature, TrainingData
    >>> X, y = np.float32([[1.0], [2.0]]), np.array([0, 1])
    >>> class_shares(TrainingData(X, y, "classification", 2, (Feature(0, "age", "numeric"),), "accuracy"))
    array([[1., 0.],
           [0., 1.]])
    """
    if data.soft_targets is not None:
        return np.asarray(data.soft_targets, dtype=np.float64).reshape(len(data.y), -1)
    return np.asarray(np.eye(data.classes)[data.y.astype(np.int64)])


def target_values(data: TrainingData) -> Floats:
    """Return the numbers to predict: a teacher's where there is one, else the target.

    Parameters
    ----------
    data : TrainingData
        The rows of the training.

    Returns
    -------
    array of float64, (rows,)
        The numbers.

    Examples
    --------
    >>> from automicro.plugin import Feature, TrainingData
    >>> X, y, features = np.float32([[1.0], [2.0]]), np.array([2.0, 4.0]), (Feature(0, "age", "numeric"),)
    >>> target_values(TrainingData(X, y, "regression", 0, features, "r2", soft_targets=np.array([2.5, 3.5])))
    array([2.5, 3.5])
    """
    return np.asarray(data.y if data.soft_targets is None else data.soft_targets, dtype=np.float64).reshape(-1)


def unit_of(spread: float, centre: float) -> float:
    """Return the unit to measure a target in: its spread, or 1 where that is not more than rounding leaves.

    Parameters
    ----------
    spread : float
        Standard deviation of the target.
    centre : float
        Mean of the target.

    Returns
    -------
    float
        The unit, positive.

    Examples
    --------
    >>> unit_of(2.5, 10.0), unit_of(1e-9, 1e6)
    (2.5, 1.0)
    """
    return spread if spread > LEAST_SPREAD * max(1.0, abs(centre)) else 1.0
