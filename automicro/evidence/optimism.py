"""How much too good the score of a selected model looks, because it was selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure import scores
from automicro.request import is_black_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.evidence.held_out import HeldOutPredictions

    Floats = NDArray[np.float64]

__all__ = ["Contender", "selection_optimism"]

RESAMPLES, OF_FUNCTIONS = 200, 50  # of functions of the user, which may take long
CELLS_AT_ONCE = 4_000_000
MOST_CELLS = 40_000_000  # rows of all contenders in all resamples, beyond which a part of the units is drawn from


@dataclass(frozen=True, eq=False)
class Contender:
    """A model that could have been selected.

    Parameters
    ----------
    size_bytes : int
    utility : float
        Its cross-validated score, the sign turned for an error: what it was selected by.
    held_out : HeldOutPredictions
        Its out-of-fold predictions, on the same rows as those of all others.
    """

    size_bytes: int
    utility: float
    held_out: HeldOutPredictions


def selection_optimism(contenders: Sequence[Contender], target_utility: float, sign: int, seed: int = 0) -> float:
    """Return by how much the utility of "the smallest model above the target" exceeds, on average, what that model is worth.

    Rows (or their groups) are drawn with replacement; in each resample the smallest contender that reaches the target there is
    selected, and its utility there compared with its utility on all rows, for the population. This is the bootstrap bias correction
    of Tsamardinos, Greasidou and Borboudakis (Machine Learning 107, 2018) applied to another selection rule, in Efron's form of optimism.
    Of many rows a part is drawn from, and deviations are scaled to all of them (m out of n bootstrap: Bickel, Goetze and van Zwet, 1997).

    Parameters
    ----------
    contenders : sequence of Contender
    target_utility : float
    sign : int
        -1 for an error.
    seed : int

    Returns
    -------
    float
        0 or more; 0 where nothing passes in any resample.
    """
    ordered = sorted(contenders, key=lambda c: c.size_bytes)
    if not ordered:
        return 0.0
    rows, scale = _part(ordered[0].held_out, MOST_CELLS // (RESAMPLES * len(ordered)), seed)
    parts = [contender.held_out.only(rows) for contender in ordered]
    batch = _draws(parts[0], seed)
    pooled = np.array([sign * _scores(c.held_out, np.ones((1, len(c.held_out.y))))[0] for c in ordered])
    of_part = np.array([sign * _scores(part, np.ones((1, len(rows))))[0] for part in parts])
    if not (finite := np.isfinite(pooled) & np.isfinite(of_part)).all():  # of no use as a model, nor as a number
        kept = [contender for contender, usable in zip(ordered, finite, strict=True) if usable]
        return selection_optimism(kept, target_utility, sign, seed)
    drawn = np.stack([sign * _scores(part, batch) for part in parts])
    drawn = pooled[:, None] + scale * (drawn - of_part[:, None])
    shift = (
        np.array([contender.utility for contender in ordered]) - pooled
    )  # mean over folds instead of all rows at once
    passes = drawn + shift[:, None] >= target_utility
    found = passes.any(axis=0)
    first = passes.argmax(axis=0)
    excess = drawn[first, np.arange(len(first))] - pooled[first]
    known = excess[found & np.isfinite(excess)]
    return max(0.0, float(known.mean())) if len(known) else 0.0


def _part(held_out: HeldOutPredictions, most: int, seed: int) -> tuple[NDArray[np.int64], float]:
    """Return all rows of some units, about `most` in all, and the factor from deviations of their resamples to those of all rows."""
    count = len(held_out.y)
    if count <= most:
        return np.arange(count), 1.0
    units = np.arange(count) if held_out.units is None else np.unique(held_out.units, return_inverse=True)[1]
    total = int(units.max()) + 1
    kept = max(2, round(total * most / count))
    chosen = np.zeros(total, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(total)[:kept]] = True
    return np.flatnonzero(chosen[units]), float(np.sqrt(kept / total))


def _draws(held_out: HeldOutPredictions, seed: int) -> Floats:
    units = np.arange(len(held_out.y)) if held_out.units is None else np.unique(held_out.units, return_inverse=True)[1]
    count = int(units.max()) + 1
    resamples = OF_FUNCTIONS if is_black_box(held_out.metric) else RESAMPLES
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    return drawn[:, units].astype(np.float64)


def _scores(held_out: HeldOutPredictions, batch: Floats) -> Floats:
    weighted = batch if held_out.weights is None else batch * held_out.weights
    step = max(1, CELLS_AT_ONCE // max(len(held_out.y), 1))
    parts = [
        scores(held_out.metric, held_out.y, held_out.prediction, weighted[start : start + step])
        for start in range(0, len(batch), step)
    ]
    return np.concatenate(parts)
