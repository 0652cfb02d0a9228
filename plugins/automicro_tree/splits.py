"""Trees as arrays: their shape, the way of rows through them, and what their nodes hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.trees import right_children
from automicro_tree.thresholds import HALF

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

__all__ = ["Grown", "Splits", "goes_left", "kept_nodes", "pruned", "settle"]


@dataclass(frozen=True, eq=False)
class Splits:
    """A tree in preorder, each array (nodes,): the left child of node i is i + 1; `feature` is -1 at a leaf.

    Thresholds are float32 numbers or infinite.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    default_left: NDArray[np.bool_]

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return int(np.count_nonzero(self.feature < 0))

    def right(self) -> NDArray[np.int32]:
        """Return every node's right child, -1 at leaves."""
        return right_children(self.feature)


@dataclass(frozen=True, eq=False)
class Grown:
    """A tree with statistics of its training rows for every node.

    Parameters
    ----------
    splits : Splits
    mass : array, (nodes, masses)
        Summed masses of the rows that reach a node.
    centre : array, (nodes,)
        The value that a leaf in the node's place would predict; 0 for classes.
    low, high : array, (nodes,)
        A threshold t, ``low <= t < high``, sends the training rows the same way; 0 at leaves.
    """

    splits: Splits
    mass: NDArray[np.float64]
    centre: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def goes_left(x: NDArray[np.float32], threshold: float, default_left: bool) -> NDArray[np.bool_]:
    """Return which rows go left at a split."""
    return ~(x > threshold) if default_left else x <= threshold


def settle(
    splits: Splits,
    X: NDArray[np.float32],
    mass: NDArray[np.float64],
    centre_of: Callable[[NDArray[np.int64]], float],
    binary: Collection[int] = (),
) -> Grown:
    """Send rows through a tree, and note what reaches its nodes and how far each threshold could move.

    Features that are 0 or 1 (`binary`) are to be cut at 0.5, which takes no room in a file. A missing value goes the
    way that it was trained to go; where none was missing it goes left if it does so at any other split, for one way
    is the shortest to write. Splits that send all rows one way are left out.
    """
    right = splits.right()
    nodes: list[tuple[int, float, float, float, float]] = []
    sums, centres = [], []
    waiting = [(0, np.arange(len(X)))]
    while waiting:
        node, rows = waiting.pop()
        node, left = _first_real_split(splits, right, node, X, rows)
        sums.append(mass[rows].sum(axis=0))
        centres.append(centre_of(rows))
        if left is None:
            nodes.append((-1, 0.0, 0.0, 0.0, 0.0))
            continue
        feature = int(splits.feature[node])
        x = X[rows, feature]
        missing = np.isnan(x)
        low, high = HALF if feature in binary else _gap(x[left & ~missing], x[~left & ~missing])
        direction = float(splits.default_left[node]) if missing.any() else np.nan
        nodes.append((feature, float(splits.threshold[node]), direction, low, high))
        waiting += [(int(right[node]), rows[~left]), (node + 1, rows[left])]
    features, threshold, directions, low_of, high_of = (np.array(part) for part in zip(*nodes, strict=True))
    settled = Splits(features.astype(np.int32), threshold, _directions(directions))
    return Grown(settled, np.array(sums), np.array(centres), low_of, high_of)


def _directions(direction: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether missing values go left, given 0 (no, and at leaves), 1 (yes) or NaN (never seen)."""
    return np.where(np.isnan(direction), np.nanmax(direction, initial=0.0) > 0, direction > 0)


def _first_real_split(
    splits: Splits, right: NDArray[np.int32], node: int, X: NDArray[np.float32], rows: NDArray[np.int64]
) -> tuple[int, NDArray[np.bool_] | None]:
    """Go down past splits that do not part the rows; return the node, and which rows go left there (None at a leaf)."""
    while splits.feature[node] >= 0:
        left = goes_left(X[rows, splits.feature[node]], splits.threshold[node], bool(splits.default_left[node]))
        if left.any() and not left.all():
            return node, left
        node = node + 1 if left.all() else int(right[node])
    return node, None


def _gap(left: NDArray[np.float32], right: NDArray[np.float32]) -> tuple[float, float]:
    """Return the bounds of the thresholds that part values; where one side has none, its bound is not far off."""
    if left.size and right.size:
        return float(left.max()), float(right.min())
    values = left if left.size else right
    low, high = float(values.min()), float(values.max())
    reach = max(high - low, abs(low), abs(high), 1.0)
    return (high, high + reach) if left.size else (low - reach, low)


def kept_nodes(splits: Splits, keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return in preorder the nodes that are left where only the splits in `keep` (nodes,) part rows."""
    right = splits.right()
    order: list[int] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if keep[node]:
            waiting += [int(right[node]), node + 1]
    return np.array(order)


def pruned(grown: Grown, keep: NDArray[np.bool_]) -> Grown:
    """Return the tree in which only the splits in `keep` (nodes,) are left; all below another split goes with it."""
    splits, places = grown.splits, kept_nodes(grown.splits, keep)
    split = keep[places]
    shape = Splits(
        np.where(split, splits.feature[places], -1).astype(np.int32),
        np.where(split, splits.threshold[places], 0.0),
        splits.default_left[places] & split,
    )
    return Grown(shape, *(part[places] for part in (grown.mass, grown.centre, grown.low, grown.high)))
