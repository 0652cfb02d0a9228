"""Accumulated local effects of single inputs: how a score changes, on average over the rows near each value, as one input changes.

Source: Apley and Zhu, "Visualizing the effects of predictor variables in black box supervised learning models", JRSS B 82 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Categories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.effects.inputs import Inputs

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

__all__ = ["Curve", "Differences", "differences"]


@dataclass(frozen=True, eq=False)
class Curve:
    """An effect with mean 0 over the rows.

    Parameters
    ----------
    at_grid : array of float64, (grid, outputs)
    missing : array of float64, (outputs,), or None
        Where the input is missing; None if it never is.
    at_rows : array of float64, (rows, outputs)
    """

    at_grid: Floats
    missing: Floats | None
    at_rows: Floats


@dataclass(frozen=True, eq=False)
class Differences:
    """What every row's score changes by between neighbouring values of one input.

    Parameters
    ----------
    grid : array of float64, or tuple of str
        Values between which scores were compared: edges of quantile bins, or levels in the order of their mean score.
    position : array of float64, (rows,)
        Where each row lies on the grid, in steps; NaN where it is missing.
    step, row : array of int64, (comparisons,)
        Which step a comparison is of, and which row gave it.
    change : array of float64, (comparisons, outputs)
    missing : array of float64, (missing rows, outputs)
        The score of rows that lack the input, less what they get in the middle of the grid.
    """

    grid: Floats | tuple[str, ...]
    position: Floats
    step: Places
    row: Places
    change: Floats
    missing: Floats

    @property
    def weights(self) -> Floats:
        """How many rows lie nearest to each value of the grid."""
        near = np.rint(self.position[~np.isnan(self.position)]).astype(np.int64)
        return np.bincount(near, minlength=len(self.grid)).astype(np.float64)

    def curve(self, weights: Floats) -> Curve:
        """Return the effect over rows that count as `weights` say, (rows,)."""
        steps, outputs = len(self.grid) - 1, self.change.shape[1]
        count = np.bincount(self.step, weights=weights[self.row], minlength=steps)
        curve = np.zeros((len(self.grid), outputs))
        for output in range(outputs):
            total = np.bincount(self.step, weights=weights[self.row] * self.change[:, output], minlength=steps)
            curve[1:, output] = np.cumsum(np.divide(total, count, out=np.zeros(steps), where=count > 0))
        gone = np.isnan(self.position)
        low = np.minimum(np.nan_to_num(self.position).astype(np.int64), max(steps - 1, 0))
        share = np.nan_to_num(self.position) - low
        high = np.minimum(low + 1, steps)
        at_rows = curve[low] * (1 - share)[:, None] + curve[high] * share[:, None]
        missing = None
        if gone.any():
            own = weights[gone]
            away = own @ self.missing / own.sum() if own.sum() else self.missing.mean(axis=0)
            missing = curve[steps // 2] + away
            at_rows[gone] = missing
        mean = weights @ at_rows / weights.sum()
        return Curve(curve - mean, None if missing is None else missing - mean, at_rows - mean)


def differences(inputs: Inputs, j: int, base: Floats, bins: int) -> Differences:
    """Compare the scores of rows at both ends of the bin that they lie in.

    Parameters
    ----------
    inputs : Inputs
    j : int
        Which input.
    base : array of float64, (rows, outputs)
        The scores of the rows as they are.
    bins : int
        Quantile bins of a number; values are compared one by one where there are no more.
    """
    values = inputs.values(j)
    return _of_levels(inputs, j, base) if isinstance(values, Categories) else _of_numbers(inputs, j, base, bins)


def _of_numbers(inputs: Inputs, j: int, base: Floats, bins: int) -> Differences:
    x = np.asarray(inputs.values(j), dtype=np.float64)
    there = ~np.isnan(x)
    distinct = np.unique(x[there])
    if len(distinct) > bins + 1:
        distinct = np.unique(
            np.quantile(distinct if not there.any() else x[there], np.linspace(0, 1, bins + 1), method="inverted_cdf")
        )
    grid = distinct if len(distinct) else np.zeros(1)
    middle = float(grid[(len(grid) - 1) // 2])
    gone = base[~there] - inputs.scores({j: np.full(len(x), middle)})[~there] if not there.all() else base[:0]
    position = np.where(there, 0.0, np.nan)
    if len(grid) == 1:
        none = np.zeros(0, dtype=np.int64)
        return Differences(grid, position, none, none, base[:0], gone)
    step = np.clip(np.searchsorted(grid, x[there], side="left"), 1, len(grid) - 1) - 1
    low, high = x.copy(), x.copy()
    low[there], high[there] = grid[step], grid[step + 1]
    change = (inputs.scores({j: high}) - inputs.scores({j: low}))[there]
    position[there] = step + (x[there] - grid[step]) / (grid[step + 1] - grid[step])
    return Differences(grid, position, step, np.flatnonzero(there), change, gone)


def _of_levels(inputs: Inputs, j: int, base: Floats) -> Differences:
    """Levels are in the order of their mean score; the missing value is one of them."""
    own = inputs.values(j)
    assert isinstance(own, Categories)  # noqa: S101 - shows mypy what `differences` has seen
    codes = own.codes.astype(np.int64)
    found = np.unique(codes)
    widest = int(np.argmax(base.var(axis=0)))
    order = found[np.argsort([base[codes == code, widest].mean() for code in found], kind="stable")]
    rank = np.zeros(len(own.levels) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))  # the code -1 is the last entry
    place = rank[codes]
    grid = tuple("missing" if code < 0 else own.levels[code] for code in order)
    parts = []
    for shift in (-1, 1):
        other = np.clip(place + shift, 0, len(order) - 1)
        moved = np.flatnonzero(other != place)
        changed = inputs.scores({j: Categories(order[other].astype(np.int32), own.levels)})
        parts.append((np.minimum(place, other)[moved], moved, shift * (changed - base)[moved]))
    step, row, change = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Differences(grid, place.astype(np.float64), step, row, change, base[:0])
