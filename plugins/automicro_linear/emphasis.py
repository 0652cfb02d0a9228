"""How strongly grams of texts separate classes by counting alone: the scale on which their weights are shrunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["emphasis"]

LEAST = 0.05


def emphasis(data: TrainingData) -> NDArray[np.float64] | None:
    """Return the size of the log-count ratio of every gram, (features,), NaN for other features; None if there are no grams to count.

    With features multiplied by these ratios the ridge shrinks the weights of grams towards those of naive Bayes in proportion
    (Wang and Manning, ACL 2012); of several classes the largest ratio of one against the others counts.
    """
    grams = np.array([feature.kind == "gram" for feature in data.features], dtype=np.bool_)
    if not grams.any() or data.task == "regression":
        return None
    labels = np.unique(data.y)
    weights = np.ones(len(data.y)) if data.weights is None else data.weights
    inside = np.stack([weights * (data.y == label) for label in labels])
    result = np.full(len(grams), np.nan)
    for feature in np.flatnonzero(grams).tolist():
        with_it = inside @ (data.X[:, feature] > 0) + 1.0
        result[feature] = _ratio(with_it, inside.sum(axis=1) + 2.0)
    return result


def _ratio(with_it: NDArray[np.float64], rows: NDArray[np.float64]) -> float:
    """Return the largest size of the log-ratio of a gram's share in one class and in the others."""
    share = with_it / rows
    others = (with_it.sum() - with_it) / (rows.sum() - rows)
    return max(float(np.abs(np.log(share / others)).max()), LEAST)
