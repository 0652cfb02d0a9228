"""The label of each leaf, for metrics that read labels only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin.objectives import CLASSES_ALIKE
from automicro.request import METRICS
from automicro_tree.criteria import balancing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["counts_errors", "labels_of", "tells_labels"]

_CUT_BY_SEARCH = frozenset({"cohen_kappa", "cohen_kappa_quadratic", "f0.5", "f2", "jaccard", "precision", "recall"})
_ERRORS = CLASSES_ALIKE | {"accuracy", "f1_micro", "precision_micro", "recall_micro"}


def counts_errors(metric: str) -> bool:
    """Whether the metric falls with the weight of the rows with a wrong label."""
    return metric in _ERRORS


def tells_labels(metric: str, classes: int) -> bool:
    """Whether leaves score nothing but a label; of other metrics of two classes the search cuts their scores."""
    return METRICS[metric].needs == "label" and not (classes == 2 and metric in _CUT_BY_SEARCH)


def labels_of(metric: str, mass: Floats, scale: Floats) -> NDArray[np.int64]:
    """Return the class of each leaf.

    With two classes, leaves are ordered by their share of class 1, and cut where the metric is best on the training
    rows; with more, each predicts the heaviest class.

    Parameters
    ----------
    metric : str
    mass : array, (leaves, classes)
    scale : array, (classes,)
        Class weights of the training.
    """
    if metric in CLASSES_ALIKE:
        scale = balancing(mass)
    if mass.shape[1] > 2 or counts_errors(metric):
        heaviest: NDArray[np.int64] = np.argmax(mass * scale, axis=1)
        return heaviest
    order = np.argsort(-mass[:, 1] / np.maximum(mass.sum(axis=1), np.finfo(np.float64).tiny), kind="stable")
    predicted_one = np.concatenate(
        (np.zeros((1, 2)), np.cumsum(mass[order], axis=0))
    )  # the first 0, 1, ... leaves predict class 1
    cut = int(np.argmax(_values(metric, predicted_one, mass.sum(axis=0))))
    labels = np.zeros(len(mass), dtype=np.int64)
    labels[order[:cut]] = 1
    return labels


def _values(metric: str, predicted_one: Floats, real: Floats) -> Floats:
    """Return the metric of cuts: `predicted_one` (cuts, 2) is the weight of each class predicted as 1, `real` (2,) all."""
    hit = np.stack([real[0] - predicted_one[:, 0], predicted_one[:, 1]], axis=1)
    predicted = np.stack([real.sum() - predicted_one.sum(axis=1), predicted_one.sum(axis=1)], axis=1)
    if metric == "matthews_corrcoef":
        spread = np.sqrt(np.prod(predicted, axis=1) * np.prod(real))
        return _ratio(hit[:, 0] * hit[:, 1] - predicted_one[:, 0] * (real[1] - predicted_one[:, 1]), spread)
    if metric.startswith("precision"):
        each = _ratio(hit, predicted)
    elif metric.startswith("recall"):
        each = _ratio(hit, np.broadcast_to(real, hit.shape))
    else:
        each = _ratio(2 * hit, predicted + real)
    if metric.endswith("_macro"):
        shares = np.array([0.5, 0.5])
    elif metric.endswith("_weighted"):
        shares = real / real.sum()
    else:
        shares = np.array([0.0, 1.0])
    result: Floats = each @ shares
    return result


def _ratio(above: Floats, below: Floats) -> Floats:
    result: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return result
