"""Thresholds of few binary digits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import shortest_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Feature
    from automicro_boosting.ensemble import Ensemble

    Floats = NDArray[np.float32]

__all__ = ["coarsened", "shortened"]

_ALL_DIGITS = 23
_FEW_VALUES = 32  # features of so few distinct values keep them: their thresholds are cheap as they are
_HEAD = 1000
_LARGEST = float(np.finfo(np.float32).max)
_SMALLEST = float(np.finfo(np.float32).tiny)


def coarsened(X: Floats, digits: int) -> Floats:
    """Return features rounded up to numbers of few binary digits.

    Thresholds found on the result have as few digits, are the same in many trees, and cut `X` as they cut the result. The
    step is 2**-digits of a number's own size or, where that is less, of the spread of its feature.
    """
    if digits >= _ALL_DIGITS:
        return X
    coarse = np.empty_like(X)
    for j in range(X.shape[1]):
        exact = X[:, j].astype(np.float64)
        known = exact[~np.isnan(exact)]
        if len(np.unique(known[:_HEAD])) <= _FEW_VALUES and len(np.unique(known)) <= _FEW_VALUES:
            coarse[:, j] = X[:, j]
            continue
        spread = float(np.ptp(known)) if len(known) else 0.0
        size = np.abs(exact) if spread == 0 else np.minimum(np.abs(exact), spread)
        exponent = np.frexp(np.fmax(size, _SMALLEST))[1] - 1 - digits
        coarse[:, j] = np.minimum(np.ldexp(np.ceil(np.ldexp(exact, -exponent)), exponent), _LARGEST)  # NaN stays NaN
    return coarse


def shortened(ensemble: Ensemble, X: Floats, features: Sequence[Feature]) -> Ensemble:
    """Return the ensemble with the shortest thresholds that send every row of `X` the way it went before.

    Features that are 0 or 1 are compared with 0.5, which a program takes for granted. Where no value was missing, a missing
    one goes to the right.
    """
    binary = {place for place, feature in enumerate(features) if feature.kind in {"level", "missing"}}
    values: dict[int, Floats] = {}
    has_missing: dict[int, bool] = {}
    short: dict[tuple[int, float], np.float32] = {}
    trees = []
    for tree in ensemble.trees:
        threshold, default_left = tree.threshold.copy(), tree.default_left.copy()
        for node in np.flatnonzero(tree.feature >= 0).tolist():
            feature, key = int(tree.feature[node]), (int(tree.feature[node]), float(threshold[node]))
            if feature not in values:
                known = np.unique(X[:, feature])
                values[feature] = known[~np.isnan(known)]
                has_missing[feature] = len(known) > len(values[feature])
            if key not in short:
                apart = feature in binary and 0 <= key[1] < 1
                short[key] = np.float32(0.5) if apart else _short(values[feature], threshold[node])
            threshold[node] = short[key]
            default_left[node] &= has_missing[feature]
        trees.append(replace(tree, threshold=threshold, default_left=default_left))
    return replace(ensemble, trees=tuple(trees))


def _short(values: Floats, threshold: np.float32) -> np.float32:
    """Return the shortest threshold that cuts these ascending values as `threshold` does."""
    place = int(np.searchsorted(values, threshold, side="right"))
    if 0 < place < len(values):
        return np.float32(shortest_between(float(values[place - 1]), float(values[place]), central=True))
    # only missing values are set apart: stay clear of numbers yet unseen
    largest = min(4.0 * float(np.max(np.abs(values), initial=1.0)), _LARGEST / 4)
    edge = shortest_between(largest, 2 * largest, central=True)
    return np.float32(edge if place else -edge)
