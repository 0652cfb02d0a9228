"""Thresholds moved to where they cost the fewest bits: short numbers, shared by splits that cut nearly alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from automicro_boosting.ensemble import Ensemble

__all__ = ["move_thresholds", "shortest_between"]

_LARGEST = float(np.finfo(np.float32).max)


def move_thresholds(
    ensemble: Ensemble, X: NDArray[np.float32], slack: float, halved: frozenset[int] = frozenset()
) -> Ensemble:
    """Return the ensemble with short and shared thresholds.

    Parameters
    ----------
    ensemble : Ensemble
    X : array, (rows, features)
    slack : float
        Share of the rows that a threshold may pass over; with 0 all of `X` reach the leaves that they reached before.
    halved : frozenset of int
        Features that are 0 or 1; a program takes it for granted that they are compared with 0.5.
    """
    used: dict[int, set[float]] = {}
    for tree in ensemble.trees:
        for node in np.flatnonzero(tree.feature >= 0):
            used.setdefault(int(tree.feature[node]), set()).add(float(tree.threshold[node]))
    moved = {
        feature: dict.fromkeys(found, np.float32(0.5)) if feature in halved else _moved(X[:, feature], found, slack)
        for feature, found in used.items()
    }
    trees = []
    for tree in ensemble.trees:
        threshold = tree.threshold.copy()
        for node in np.flatnonzero(tree.feature >= 0):
            threshold[node] = moved[int(tree.feature[node])][float(threshold[node])]
        trees.append(replace(tree, threshold=threshold))
    return replace(ensemble, trees=tuple(trees))


def shortest_between(low: float, high: float) -> float:
    """Return the number in [low, high) with the shortest binary significand, the one nearest the middle of several.

    Both must be float32 numbers with ``low < high``.
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


@dataclass(frozen=True)
class _Window:
    """Where a threshold may stand: anywhere in [low, high)."""

    threshold: float
    low: float
    high: float


def _moved(x: NDArray[np.float32], thresholds: Iterable[float], slack: float) -> dict[float, np.float32]:
    """Return where each threshold of one feature goes."""
    values, counts = np.unique(x[~np.isnan(x)], return_counts=True)
    at_most = np.concatenate(([0], np.cumsum(counts)))
    windows = [_window(values, at_most, threshold, slack * len(x)) for threshold in thresholds]
    moved = {}
    for group in _groups(windows):
        low, high = max(w.low for w in group), min(w.high for w in group)
        short = np.float32(shortest_between(low, high))
        moved.update({window.threshold: short for window in group})
    return moved


def _window(values: NDArray[np.float32], at_most: NDArray[np.int64], threshold: float, rows: float) -> _Window:
    """Return where a threshold may stand so that at most this many rows change sides."""
    place = int(np.searchsorted(values, threshold, side="right"))
    if place == len(values):  # only missing values are set apart: stay clear of larger values yet unseen
        edge = min(4.0 * float(np.max(np.abs(values), initial=1.0)), _LARGEST / 2)
        return _Window(threshold, edge, 2 * edge)
    if place == 0:
        edge = min(float(values[0]), -float(np.finfo(np.float32).tiny))
        return _Window(threshold, max(2 * edge, -_LARGEST), edge)
    first = int(np.searchsorted(at_most, at_most[place] - rows, side="left"))
    last = int(np.searchsorted(at_most, at_most[place] + rows, side="right")) - 1
    first, last = max(first, 1), min(last, len(values) - 1)
    return _Window(threshold, float(values[first - 1]), float(values[last]))


def _groups(windows: Iterable[_Window]) -> list[list[_Window]]:
    """Return the fewest groups of windows such that those of a group have a place in common."""
    groups: list[list[_Window]] = []
    stab = -np.inf
    for window in sorted(windows, key=lambda w: (w.high, w.low)):
        if groups and window.low < stab:
            groups[-1].append(window)
        else:
            groups.append([window])
            stab = window.high
    return groups
