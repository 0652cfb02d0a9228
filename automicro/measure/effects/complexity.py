"""How complex the effect of one input is: the fewest parameters of straight pieces that follow it.

Source: Molnar, Casalicchio and Bischl, "Quantifying model complexity via functional decomposition for better post-hoc
interpretability" (ECML PKDD workshops 2019), main effect complexity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["MOST_PIECES", "level_complexity", "line_complexity"]

FOLLOWED = 0.95  # of the variance of an effect that its pieces must explain
MOST_PIECES = 10


def line_complexity(x: Floats, y: Floats, weights: Floats) -> int:
    """Return how many parameters straight pieces over x take to follow y: slopes that are not 0, and one for each piece but the first.

    The pieces lie where they follow best; there are the fewest that explain 95 % of the variance, at most `MOST_PIECES`. Then
    slopes become 0, the dearest last, as long as they still do.
    """
    return _parameters(_Costs.of(x, y, weights))


def level_complexity(y: Floats, weights: Floats) -> int:
    """Return how many values beside the first the effects of levels need, levels of similar effect sharing one."""
    order = np.argsort(y, kind="stable")
    flat = _Costs.of(np.zeros(len(y)), y[order], weights[order])
    return _parameters(flat)


@dataclass(frozen=True, eq=False)
class _Costs:
    """Weighted squared errors of one piece from a first to a last point: (points, points), straight and level."""

    straight: Floats
    level: Floats
    total: float

    @classmethod
    def of(cls, x: Floats, y: Floats, weights: Floats) -> _Costs:
        x = (x - x.mean()) / (x.std() or 1.0)
        y = y - np.average(y, weights=weights)
        sums = [np.concatenate(([0.0], np.cumsum(weights * v))) for v in (np.ones_like(x), x, y, x * x, x * y, y * y)]
        w, wx, wy, wxx, wxy, wyy = (s[None, 1:] - s[:-1, None] for s in sums)  # [first, last]
        w = np.maximum(w, 1e-12)
        level = np.maximum(wyy - wy * wy / w, 0.0)
        spread, shared = wxx - wx * wx / w, wxy - wx * wy / w
        gain = np.divide(shared * shared, spread, out=np.zeros_like(spread), where=spread > 1e-12 * w)
        return cls(np.maximum(level - gain, 0.0), level, float(wyy[0, -1]))


def _parameters(costs: _Costs) -> int:
    allowed = (1 - FOLLOWED) * costs.total
    if costs.total <= 1e-20:
        return 0
    pieces = _pieces(costs.straight, allowed)
    slopes = [costs.straight[piece] for piece in pieces]
    flat = [costs.level[piece] for piece in pieces]
    error, kept = sum(slopes), len(pieces)
    for more in sorted(f - s for f, s in zip(flat, slopes, strict=True)):
        if error + more > allowed:
            break
        error, kept = error + more, kept - 1
    return len(pieces) - 1 + kept


def _pieces(cost: Floats, allowed: float) -> list[tuple[int, int]]:
    """Return the fewest pieces, by first and last point, whose errors together stay within what is allowed."""
    count = len(cost)
    best: list[Floats] = [cost[0]]
    cuts: list[NDArray[np.int64]] = []
    while best[-1][-1] > allowed and len(best) < min(MOST_PIECES, count):
        with_one_more = best[-1][:-1, None] + cost[1:]  # [last point of the others, last point]
        with_one_more[np.tril_indices(count - 1, 0, count)] = np.inf  # the last piece holds a point at least
        cuts.append(np.argmin(with_one_more, axis=0))
        best.append(np.min(with_one_more, axis=0))
    pieces, last = [], count - 1
    for cut in reversed(cuts):
        first = int(cut[last])
        pieces.append((first + 1, last))
        last = first
    return [*pieces, (0, last)]
