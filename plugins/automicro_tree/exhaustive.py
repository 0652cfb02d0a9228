"""The best tree of depth two or three and of every number of leaves, over given comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from automicro_tree.criteria import impurity, weight_of
from automicro_tree.splits import Splits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_tree.binning import Comparison
    from automicro_tree.criteria import Criterion

    Floats = NDArray[np.float32] | NDArray[np.float64]

__all__ = ["Nested", "best_trees", "comparisons_affordable", "to_splits"]

Nested: TypeAlias = "tuple[int, Nested, Nested] | None"
"""A leaf, or a comparison's place with what lies left (it holds) and right."""

ROUNDING = 1e-6  # masses below this share of the whole are what differences of float32 sums leave
WORK = 1.5e10  # multiplications of one search: a second or so


def comparisons_affordable(rows: int, masses: int) -> int:
    """Return how many comparisons a search to depth three may take."""
    return int((2 * WORK / (max(rows, 1000) * masses)) ** (1 / 3))


@dataclass(frozen=True, eq=False)
class _Search:
    """What stays the same during a search."""

    criterion: Criterion
    min_weight: float

    def cost(self, mass: Floats) -> Floats:
        """Return what leaves of masses (masses, ...) cost; infinite where they are too light."""
        cost = impurity(mass, self.criterion)
        return np.where(weight_of(mass, self.criterion) < self.min_weight, np.inf, cost)


@dataclass(frozen=True, eq=False)
class _Found:
    """The least costs (5,) of trees with 0 (never), 1, ... 4 leaves on some rows, and those trees."""

    costs: NDArray[np.float64]
    trees: list[Nested]


def best_trees(
    holds: NDArray[np.bool_], mass: NDArray[np.float64], criterion: Criterion, depth: int, min_weight: float = 0.0
) -> dict[int, tuple[float, Nested]]:
    """Return for every number of leaves that can be reached the least cost, and a tree that has it.

    Every pair of comparisons below every third one is looked at, as entries of matrices of joint masses: ``B.T @
    diag(mass) @ B`` for the rows on one side of the third, and by difference for the other side. The idea of solving
    depth two from counts of pairs is that of Demirovic et al., "MurTree: optimal decision trees via dynamic
    programming and search", JMLR 23, 2022, section 4.3.

    Parameters
    ----------
    holds : array of bool, (rows, comparisons)
    mass : array, (rows, masses)
    criterion : {"gini", "entropy", "error", "squared"}
    depth : {2, 3}
    min_weight : float
        At least so much in a leaf.
    """
    B, M = _distinct_rows(holds, mass)
    total = M.sum(axis=0)
    weights = weight_of(M.T, criterion)
    lightest = max(0.5 * float(weights[weights > 0].min(initial=np.inf)), ROUNDING * float(weights.sum()))
    search = _Search(criterion, max(min_weight, lightest))
    joint = _joint(B, M)
    found = _depth_two(search, joint, total)
    best = {leaves: (float(found.costs[leaves]), found.trees[leaves]) for leaves in range(1, 5)}
    if depth > 2:
        for root in range(B.shape[1]):
            _below_root(search, root, (B, M), joint, best)
    return {leaves: entry for leaves, entry in best.items() if np.isfinite(entry[0])}


def _below_root(
    search: _Search,
    root: int,
    rows: tuple[NDArray[np.float32], NDArray[np.float32]],
    joint: NDArray[np.float32],
    best: dict[int, tuple[float, Nested]],
) -> None:
    """Enter what trees with this comparison at their root better."""
    B, M = rows
    here = B[:, root] > 0
    if 2 * np.count_nonzero(here) > len(here):
        right_joint = _joint(B[~here], M[~here])
        left_joint = joint - right_joint
    else:
        left_joint = _joint(B[here], M[here])
        right_joint = joint - left_joint
    left_total, right_total = M[here].sum(axis=0), M[~here].sum(axis=0)
    if min(weight_of(t[:, None], search.criterion)[0] for t in (left_total, right_total)) < search.min_weight:
        return
    left, right = _depth_two(search, left_joint, left_total), _depth_two(search, right_joint, right_total)
    for leaves in range(2, 9):
        on_left = np.arange(max(1, leaves - 4), min(4, leaves - 1) + 1)
        costs = left.costs[on_left] + right.costs[leaves - on_left]
        at = int(np.argmin(costs))
        if costs[at] < best.get(leaves, (np.inf, None))[0]:
            chosen = int(on_left[at])
            best[leaves] = (float(costs[at]), (root, left.trees[chosen], right.trees[leaves - chosen]))


def _depth_two(search: _Search, joint: NDArray[np.float32], total: NDArray[np.float32]) -> _Found:
    """Return the best trees of depth two from joint masses (masses, comparisons, comparisons)."""
    everything = total[:, None]
    first = np.ascontiguousarray(np.diagonal(joint, axis1=1, axis2=2))  # masses of the rows where a comparison holds
    other = everything - first
    both = joint  # [f, g]: f and g hold
    only_second = first[:, None, :] - joint  # f does not hold, g does
    under_left = search.cost(both) + search.cost(first[:, :, None] - joint)
    under_right = search.cost(only_second) + search.cost(other[:, :, None] - only_second)
    left_at, right_at = under_left.argmin(axis=1), under_right.argmin(axis=1)
    places = np.arange(joint.shape[1])
    left_two, right_two = under_left[places, left_at], under_right[places, right_at]
    left_one, right_one = search.cost(first), search.cost(other)
    costs = np.full(5, np.inf)
    trees: list[Nested] = [None] * 5
    costs[1] = search.cost(everything)[0]
    for leaves, left, right in (
        (2, left_one, right_one),
        (3, left_two, right_one),
        (3, left_one, right_two),
        (4, left_two, right_two),
    ):
        cost = left + right
        f = int(np.argmin(cost))
        if cost[f] < costs[leaves]:
            costs[leaves] = cost[f]
            below_left: Nested = (int(left_at[f]), None, None) if left is left_two else None
            below_right: Nested = (int(right_at[f]), None, None) if right is right_two else None
            trees[leaves] = (f, below_left, below_right)
    return _Found(costs, trees)


def _joint(B: NDArray[np.float32], M: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for every mass the sums over rows where two comparisons hold, (masses, comparisons, comparisons)."""
    transposed = np.ascontiguousarray(B.T)
    return np.stack([(transposed * M[:, s]) @ B for s in range(M.shape[1])])


def _distinct_rows(
    holds: NDArray[np.bool_], mass: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the rows that differ in some comparison, and their summed masses."""
    packed = np.packbits(holds, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    sums = np.stack([np.bincount(inverse.ravel(), column, minlength=len(first)) for column in mass.T], axis=1)
    return holds[first].astype(np.float32), sums.astype(np.float32)


def to_splits(tree: Nested, comparisons: list[Comparison]) -> Splits:
    """Return a nested tree as arrays."""
    feature: list[int] = []
    threshold: list[float] = []
    default_left: list[bool] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        chosen = None if node is None else comparisons[node[0]]
        feature.append(-1 if chosen is None else chosen.feature)
        threshold.append(0.0 if chosen is None else chosen.threshold)
        default_left.append(chosen is not None and chosen.default_left)
        if node is not None:
            waiting += [node[2], node[1]]
    return Splits(np.array(feature, np.int32), np.array(threshold), np.array(default_left, np.bool_))
