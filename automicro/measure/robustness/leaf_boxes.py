"""The boxes of features in which trees give one answer: of a tree its leaves, of few trees their common boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.trees import right_children

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Forest, Tree

    Floats = NDArray[np.float64]

__all__ = ["Boxes", "boxes_of_forest", "boxes_of_tree"]

MOST_BOXES = 4096


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes over some features: above `low` up to and with `high`; what each adds to the scores.

    Parameters
    ----------
    features : array of int64, (features,)
    low, high : array of float64, (boxes, features)
    missing : array of bool, (boxes, features)
        Whether a missing value gets there.
    scores : array of float64, (boxes, outputs)
    """

    features: NDArray[np.int64]
    low: Floats
    high: Floats
    missing: NDArray[np.bool_]
    scores: Floats

    def reached(self, low: Floats, high: Floats) -> NDArray[np.bool_]:
        """Return which boxes a row can be in whose features lie from `low` to `high`, (rows, boxes)."""
        inside = np.ones((len(low), len(self.low)), dtype=np.bool_)
        for place, feature in enumerate(self.features):
            least, most = low[:, feature, None], high[:, feature, None]
            meets = (least <= self.high[:, place]) & (most > self.low[:, place])
            inside &= np.where(np.isnan(least), self.missing[:, place], meets)
        return inside

    def nearest_in(self, x: Floats, place: int) -> Floats:
        """Return the number nearest to x (rows,) that a feature has in each box, (rows, boxes)."""
        above = np.nextafter(self.low[:, place].astype(np.float32), np.float32(np.inf)).astype(np.float64)
        result: Floats = np.minimum(np.maximum(x[:, None], above), self.high[:, place])
        return result

    def with_tree(self, tree: Boxes) -> Boxes | None:
        """Return the common boxes with those of one more tree, without the empty ones; None if there are too many."""
        if len(self.low) * len(tree.low) > 16 * MOST_BOXES:
            return None
        features = np.union1d(self.features, tree.features)
        a, b = self._over(features), tree._over(features)
        low = np.maximum(a.low[:, None], b.low[None]).reshape(-1, len(features))
        high = np.minimum(a.high[:, None], b.high[None]).reshape(-1, len(features))
        missing = (a.missing[:, None] & b.missing[None]).reshape(-1, len(features))
        scores = (a.scores[:, None] + b.scores[None]).reshape(-1, a.scores.shape[1])
        kept = ((low < high) | missing).all(axis=1)
        if kept.sum() > MOST_BOXES:
            return None
        return Boxes(features, low[kept], high[kept], missing[kept], scores[kept])

    def _over(self, features: NDArray[np.int64]) -> Boxes:
        """Return the boxes over more features, which they leave free."""
        shape = (len(self.low), len(features))
        low, high, missing = np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape, dtype=np.bool_)
        places = np.searchsorted(features, self.features)
        low[:, places], high[:, places], missing[:, places] = self.low, self.high, self.missing
        return Boxes(features, low, high, missing, self.scores)


def boxes_of_tree(tree: Tree, leaves: Floats) -> Boxes:
    """Return the leaves of a tree as boxes; `leaves` are (distinct leaves, 1) or (distinct leaves, outputs) wide ones.

    Where leaves have one number, the boxes' scores have one too, which is for the tree's output.
    """
    features, low, high, missing, leaf = _leaves(tree)
    return Boxes(features, low, high, missing, leaves[leaf])


@lru_cache(maxsize=1024)
def _leaves(tree: Tree) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.bool_], NDArray[np.int64]]:
    features = np.unique(tree.feature[tree.feature >= 0]).astype(np.int64)
    right, count = right_children(tree.feature), len(features)
    todo = [(0, np.full(count, -np.inf), np.full(count, np.inf), np.ones(count, dtype=np.bool_))]
    found, reached = [], []
    while todo:
        node, low, high, missing = todo.pop()
        if tree.feature[node] < 0:
            found.append((low, high, missing))
            reached.append(tree.leaf[node])
            continue
        place, threshold = int(np.searchsorted(features, tree.feature[node])), float(tree.threshold[node])
        above, below = low.copy(), high.copy()
        above[place], below[place] = max(low[place], threshold), min(high[place], threshold)
        other, same = missing.copy(), missing.copy()
        (other if tree.default_left[node] else same)[place] = False
        todo.append((int(right[node]), above, high, other))
        todo.append((node + 1, low, below, same))
    ends = [np.array(part).reshape(len(found), count) for part in zip(*found, strict=True)]
    return features, ends[0], ends[1], ends[2], np.array(reached, dtype=np.int64)


def boxes_of_forest(forest: Forest) -> Boxes | None:
    """Return the boxes in which a whole forest has one answer; None if there are too many."""
    leaves, bias = forest.leaves.values.astype(np.float64), forest.bias.values.astype(np.float64)
    none = np.zeros((1, 0))
    whole: Boxes | None = Boxes(np.array([], dtype=np.int64), none, none, none.astype(np.bool_), bias[None])
    for tree in forest.trees:
        boxes = boxes_of_tree(tree, leaves)
        if leaves.shape[1] == 1:
            scores = np.zeros((len(boxes.scores), len(bias)))
            scores[:, tree.output] = boxes.scores[:, 0]
            boxes = Boxes(boxes.features, boxes.low, boxes.high, boxes.missing, scores)
        whole = None if whole is None else whole.with_tree(boxes)
    return whole
