"""Interactions that are witnessed: rows on which changing two inputs together does something else than changing each alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Categories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.effects.inputs import Inputs, Values

    Floats = NDArray[np.float64]

__all__ = ["Interaction", "witnessed_interactions"]

PAIRS = 200
MOST_INPUTS = 40
ROUNDING = 1e-6  # of the spread of the scores, that a mixed difference may have without being one


@dataclass(frozen=True)
class Interaction:
    """Two inputs that act together, and by how much.

    `strength` is the root mean square of the mixed second difference over pairs of rows, in standard deviations of the score; None where
    the pair is certified by the structure of the program, which says nothing of how much.
    """

    columns: tuple[str, str]
    strength: float | None = None


def witnessed_interactions(inputs: Inputs, *, pairs: int = PAIRS, seed: int = 0) -> tuple[tuple[Interaction, ...], int]:
    """Return pairs of inputs whose mixed second difference is not 0 somewhere, the strongest first, and how many inputs were tried.

    For rows a and b the difference is f(a) - f(a with i of b) - f(a with j of b) + f(a with i and j of b). A pair that is not found may
    interact all the same, elsewhere. Of more than `MOST_INPUTS` inputs those are tried that alone change the score most.

    Parameters
    ----------
    inputs : Inputs
    pairs : int
        Pairs of rows.
    seed : int
        Seed of the pairs.
    """
    generator = np.random.default_rng(seed)
    count = len(inputs.scores({}))
    here, there = generator.integers(0, count, pairs), generator.integers(0, count, pairs)
    rows, others = inputs.only(here), inputs.only(there)
    base = rows.scores({})
    spread = float(np.sqrt(base.var(axis=0).sum()))
    if not spread > 0:
        return (), 0
    alone = [rows.scores({j: _given(others.values(j), rows.values(j))}) for j in range(len(inputs.names))]
    tried = sorted(sorted(range(len(alone)), key=lambda j: (-float(((alone[j] - base) ** 2).sum()), j))[:MOST_INPUTS])
    found = []
    for i, j in combinations(tried, 2):
        both = rows.scores({k: _given(others.values(k), rows.values(k)) for k in (i, j)})
        mixed = base - alone[i] - alone[j] + both
        if np.nanmax(np.abs(mixed), initial=0.0) > ROUNDING * spread:
            strength = float(np.sqrt(np.nanmean((mixed**2).sum(axis=1)))) / spread
            found.append(Interaction((str(inputs.names[i]), str(inputs.names[j])), strength))
    return tuple(sorted(found, key=lambda each: (-(each.strength or 0.0), each.columns))), len(tried)


def _given(values: Values, like: Values) -> Values:
    """Return values of other rows; rows of one table share their levels."""
    if isinstance(values, Categories) and isinstance(like, Categories):
        return Categories(values.codes, like.levels)
    return values
