"""Thresholds moved, within the gap between training values that they stand in, to where they cost the fewest bits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_boosting.ensemble import Ensemble

__all__ = ["shorten", "shortest_between"]


def shortest_between(low: float, high: float) -> float:
    """Return the number in [low, high) with the shortest binary significand, the one nearest the middle of several.

    Both must be finite float32 numbers with ``low < high``.
    """
    if low <= 0 < high:
        return 0.0
    exponent = int(np.frexp(max(abs(low), abs(high)))[1])
    middle = 0.5 * (low + high)
    for places in range(-exponent, 160):
        step = 2.0**-places
        first, last = np.ceil(low / step), np.ceil(high / step) - 1
        if first <= last:
            return float(np.clip(np.round(middle / step), first, last) * step)
    return low


def shorten(ensemble: Ensemble, X: NDArray[np.float32]) -> Ensemble:
    """Return the ensemble with short thresholds; what it predicts for the rows of `X` stays the same."""
    gaps: dict[int, NDArray[np.float32]] = {}
    trees = []
    for tree in ensemble.trees:
        threshold = tree.threshold.copy()
        for node in np.flatnonzero(tree.feature >= 0):
            feature = int(tree.feature[node])
            if feature not in gaps:
                values = np.unique(X[:, feature])
                gaps[feature] = values[~np.isnan(values)]
            threshold[node] = _short(gaps[feature], threshold[node])
        trees.append(replace(tree, threshold=threshold))
    return replace(ensemble, trees=tuple(trees))


def _short(values: NDArray[np.float32], threshold: np.float32) -> np.float32:
    """Return the shortest threshold that cuts these sorted values as `threshold` does."""
    place = int(np.searchsorted(values, threshold, side="right"))
    if not 0 < place < len(values):  # only missing values are set apart
        edge = float(values[-1]) if place else float(np.nextafter(values[0], np.float32(-np.inf))) if len(values) else 0.0
        return np.float32(edge)
    return np.float32(shortest_between(float(values[place - 1]), float(values[place])))
