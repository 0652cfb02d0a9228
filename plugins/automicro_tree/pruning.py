"""The best pruned tree of every size, found exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_tree.splits import Grown, pruned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro_tree.criteria import Floats
__all__ = ["best_subtrees"]


def best_subtrees(grown: Grown, cost: Floats, sizes: Sequence[int]) -> dict[int, Grown]:
    """Return, for every size, the pruned tree of at most so many leaves that costs the least; of equals the smallest.

    Weakest-link pruning (Breiman et al. 1984, section 3.3) visits only some sizes; this finds the best tree of every
    size, by dynamic programming from the leaves up (Bohanec and Bratko, "Trading accuracy for simplicity in decision
    trees", Machine Learning 15, 1994).

    Parameters
    ----------
    grown : Grown
    cost : array, (nodes,)
        What each node costs as a leaf.
    sizes : sequence of int
        Leaves.
    """
    most = max(sizes)
    best = _best_costs(grown, cost, most)
    slack = 1e-9 * max(abs(float(cost[0])), np.finfo(np.float64).tiny)
    found = {}
    for size in sizes:
        reachable = best[0][:size]
        leaves = 1 + int(np.argmax(reachable <= reachable.min() + slack))
        found[size] = pruned(grown, _kept_splits(grown, best, leaves))
    return found


def _best_costs(grown: Grown, cost: Floats, most: int) -> list[Floats]:
    """Return for every node the least cost of its subtree with exactly 1, 2, ... leaves."""
    right = grown.splits.right()
    best: list[Floats] = [np.empty(0)] * len(right)
    for node in range(len(right) - 1, -1, -1):
        alone = cost[node : node + 1]
        if right[node] < 0:
            best[node] = alone
            continue
        fewer, more = sorted((best[node + 1], best[right[node]]), key=len)
        both = np.full(min(len(fewer) + len(more), most) - 1, np.inf)
        for leaves, part in enumerate(fewer[: len(both)]):
            window = both[leaves : leaves + len(more)]
            np.minimum(window, part + more[: len(window)], out=window)
        best[node] = np.concatenate((alone, both))
    return best


def _kept_splits(grown: Grown, best: list[Floats], leaves: int) -> NDArray[np.bool_]:
    right = grown.splits.right()
    keep = np.zeros(len(right), dtype=np.bool_)
    waiting = [(0, leaves)]
    while waiting:
        node, count = waiting.pop()
        if count == 1:
            continue
        keep[node] = True
        left_best, right_best = best[node + 1], best[right[node]]
        on_left = np.arange(max(1, count - len(right_best)), min(len(left_best), count - 1) + 1)
        totals = left_best[on_left - 1] + right_best[count - on_left - 1]
        chosen = int(on_left[np.argmin(totals)])
        waiting += [(node + 1, chosen), (int(right[node]), count - chosen)]
    return keep
