"""What the leaves of a tree predict, and the tree as a program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Forest, Lowered, Tree, Weights
from automicro_tree.labelling import labels_of, tells_labels
from automicro_tree.splits import kept_nodes
from automicro_tree.thresholds import shared_thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_tree.monotone import Order
    from automicro_tree.splits import Grown, Splits

__all__ = ["Target", "lowered", "only_order_counts", "ranked"]

PRIOR_WEIGHT = 1.0  # average rows that the class shares of all rows count for in a leaf
LARGEST_SCORE = 8.0
LABEL_SCORE = 2.0  # of a leaf that predicts a label only: a probability of 0.88 with two classes
LARGEST_RANK = 16.0  # beyond some 36 the probabilities of different scores become equal


@dataclass(frozen=True, eq=False)
class Target:
    """What is predicted: number of classes (0 for values), metric, class weights of the training (classes,), and the directions to keep."""

    classes: int
    metric: str
    scale: NDArray[np.float64]
    order: Order | None = None

    @property
    def outputs(self) -> int:
        """Scores per row."""
        return self.classes if self.classes > 2 else 1


def only_order_counts(target: Target) -> bool:
    """Whether the metric reads nothing but the order of the scores."""
    return target.classes == 2 and target.metric in {"roc_auc", "roc_auc_ovr", "roc_auc_ovo", "average_precision"}


def lowered(grown: Grown, target: Target, ranks: bool = False) -> Lowered:
    """Return the tree as a program body.

    Leaves of two classes score log-odds, of more classes log-probabilities over those of a class that is not there;
    where the metric reads labels only, they score the label. Splits with equal leaves on both sides are left out, and
    thresholds become the fewest and shortest that send the training rows the same way.

    Parameters
    ----------
    grown : Grown
    target : Target
    ranks : bool
        Whether scores become small whole numbers in the same order, above 0 where class 1 is the likelier.
    """
    splits = grown.splits
    scores = _leaf_scores(grown, target, ranks)
    keep = _splits_that_matter(splits, scores)
    places = kept_nodes(splits, keep)
    ends = ~keep[places]
    table, rows = np.unique(np.float32(scores[places[ends]]) + np.float32(0), axis=0, return_inverse=True)  # no -0
    leaf = np.zeros(len(places), dtype=np.int32)
    leaf[ends] = rows.reshape(-1)
    feature = np.where(ends, -1, splits.feature[places]).astype(np.int32)
    tree = Tree(
        feature,
        shared_thresholds(feature, grown.low[places], grown.high[places]),
        splits.default_left[places] & ~ends,
        leaf,
    )
    if target.order is not None:
        tree = replace(tree, default_left=target.order.default_left(feature, tree.threshold, tree.default_left))
    body = Forest((tree,), Weights.of(table), Weights.of(np.zeros(target.outputs)))
    return Lowered(body, "identity" if not target.classes else "sigmoid" if target.classes == 2 else "softmax")


def ranked(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return small whole numbers in the order of the scores; the highest score not above 0 becomes 0."""
    distinct = np.unique(scores)
    ranks = np.searchsorted(distinct, scores) - (np.count_nonzero(distinct <= 0) - 1.0)
    largest = np.abs(ranks).max()
    scale = 2.0 ** np.ceil(np.log2(largest / LARGEST_RANK)) if largest > LARGEST_RANK else 1.0
    result: NDArray[np.float64] = ranks / scale
    return result


def _leaf_scores(grown: Grown, target: Target, ranks: bool) -> NDArray[np.float64]:
    """Return what the leaves score, (nodes, outputs); 0 at splits."""
    ends = grown.splits.feature < 0
    found = _scores(grown.mass[ends], grown, target) if target.classes else grown.centre[ends, None]
    if target.order is not None:
        found = _ordered(found, grown, target, target.order)
    scores = np.zeros((len(ends), target.outputs))
    scores[ends] = ranked(found) if ranks else found
    return scores


def _ordered(found: NDArray[np.float64], grown: Grown, target: Target, order: Order) -> NDArray[np.float64]:
    """Return the one score of each leaf, (leaves, 1), moved to keep the directions; leaves that predict labels only still do."""
    ends = grown.splits.feature < 0
    scores = np.zeros(len(ends))
    scores[ends] = found[:, 0]
    mass = grown.mass.sum(axis=1) if target.classes else grown.mass[:, 0]
    kept = order.kept(grown.splits.feature, scores, mass)[ends, None]
    if target.classes and tells_labels(target.metric, target.classes):
        return np.where(kept > 0, LABEL_SCORE, -LABEL_SCORE)
    return kept


def _scores(mass: NDArray[np.float64], grown: Grown, target: Target) -> NDArray[np.float64]:
    """Return the scores (leaves, outputs) of classes with these masses (leaves, classes)."""
    if tells_labels(target.metric, target.classes):
        labels = labels_of(target.metric, mass, target.scale)
        if target.classes == 2:
            return np.where(labels == 1, LABEL_SCORE, -LABEL_SCORE)[:, None]
        return LABEL_SCORE * np.eye(target.classes)[labels]
    if target.classes == 2:
        prior = PRIOR_WEIGHT * np.clip(grown.mass[0] / grown.mass[0].sum(), 1e-3, 1.0)
        odds = np.log((mass[:, 1] + prior[1]) / (mass[:, 0] + prior[0]))
        clipped: NDArray[np.float64] = np.clip(odds, -LARGEST_SCORE, LARGEST_SCORE)
        return clipped[:, None]
    over_absent: NDArray[np.float64] = np.log1p(mass * (target.classes / PRIOR_WEIGHT))
    return over_absent


def _splits_that_matter(splits: Splits, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which splits have different leaves below; `scores` (nodes, outputs) of others become those below."""
    right = splits.right()
    matter = splits.feature >= 0
    for node in np.flatnonzero(matter)[::-1]:
        left, other = node + 1, right[node]
        if not (matter[left] or matter[other]) and np.array_equal(scores[left], scores[other]):
            matter[node] = False
            scores[node] = scores[left]
    return matter
