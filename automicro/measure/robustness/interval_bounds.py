"""Between what a program's scores lie while its features move within bounds: interval arithmetic over nodes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.robustness.leaf_boxes import boxes_of_tree
from automicro.program import Activation, Affine, Chain, Distances, Forest, Nearest, Scale, StepTables, Sum
from automicro.program.evaluate.reference import apply_activation
from automicro.program.walk import children

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node

    Floats = NDArray[np.float64]

__all__ = ["bounded", "least"]

INNER = Affine | Activation | Scale | Distances | Nearest  # what may precede the last step of a chain


def bounded(node: Node) -> bool:
    """Whether `least` knows a node and what is in it."""
    if isinstance(node, Chain) and not all(isinstance(part, INNER) for part in node.nodes[:-1]):
        return False
    return isinstance(node, INNER | StepTables | Forest | Chain | Sum) and all(map(bounded, children(node)))


def least(node: Node, of: Floats, low: Floats, high: Floats) -> Floats:
    """Return a number that ``of @ scores`` is not below, (rows,), while the features lie from `low` to `high`, (rows, features).

    `of` is (rows, outputs). It is the least itself where no two parts read the same feature.
    """
    if isinstance(node, Sum):
        return np.asarray(sum(least(part, of, low, high) for part in node.nodes))
    if isinstance(node, Chain):
        for part in node.nodes[:-1]:
            low, high = _span(part, low, high)
        return least(node.nodes[-1], of, low, high)
    if isinstance(node, Affine):
        weights = of @ node.weights.values.astype(np.float64)
        return _lower(weights, low, high) + of @ node.bias.values.astype(np.float64)
    if isinstance(node, StepTables):
        return _tables(node, of, low, high)
    if isinstance(node, Forest):
        return _forest(node, of, low, high)
    return _lower(of, *_span(node, low, high))


def _lower(weights: Floats, low: Floats, high: Floats) -> Floats:
    """Return the least sum of numbers times weights; a weight of 0 reads no number."""
    terms = np.where(weights > 0, weights * low, weights * high)
    return np.asarray(np.where(weights == 0, 0.0, terms).sum(axis=1))


def _span(node: Node, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return between what every output lies, (rows, outputs) each."""
    if isinstance(node, Affine):
        weights, bias = node.weights.values.astype(np.float64), node.bias.values.astype(np.float64)
        up, down = np.maximum(weights, 0.0).T, np.minimum(weights, 0.0).T
        low, high = np.nan_to_num(low), np.nan_to_num(high)
        return low @ up + high @ down + bias, high @ up + low @ down + bias
    if isinstance(node, Scale):
        factors = node.factors.values.astype(np.float64)
        return np.minimum(low * factors, high * factors), np.maximum(low * factors, high * factors)
    if isinstance(node, Activation):
        ends = apply_activation(node.kind, low), apply_activation(node.kind, high)
        return (ends[1], ends[0]) if node.kind == "decay" else ends
    if isinstance(node, Distances):
        return _distances(node, low, high)
    assert isinstance(node, Nearest)  # noqa: S101 - `bounded` has checked it
    bias = np.zeros(len(node.owners)) if node.bias is None else node.bias.values.astype(np.float64)
    least_of, most_of = (np.full((len(low), node.outputs), -np.inf) for _ in range(2))
    for place, owner in enumerate(node.owners):
        least_of[:, owner] = np.maximum(least_of[:, owner], bias[place] - high[:, place])
        most_of[:, owner] = np.maximum(most_of[:, owner], bias[place] - low[:, place])
    if node.otherwise is not None:
        least_of[:, -1] = most_of[:, -1] = node.otherwise
    return least_of, most_of


def _distances(node: Distances, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    points = node.points.values.astype(np.float64)
    relevances = np.broadcast_to(node.relevances.values.astype(np.float64), points.shape)
    nearest, farthest = (np.zeros((len(low), len(points))) for _ in range(2))
    for feature in np.flatnonzero(relevances.any(axis=0)):
        below, above = points[:, feature] - low[:, feature, None], high[:, feature, None] - points[:, feature]
        outside = np.maximum(np.maximum(-below, -above), 0.0)
        nearest += relevances[:, feature] * outside**2
        farthest += relevances[:, feature] * np.maximum(below, above) ** 2
    return nearest, farthest


def _tables(node: StepTables, of: Floats, low: Floats, high: Floats) -> Floats:
    total = of @ node.bias.values.astype(np.float64)
    ends = np.concatenate(([0], np.cumsum(node.pieces)))
    for table, (start, stop) in enumerate(pairwise(ends.tolist())):
        cuts, values = node.cuts.values[start - table : stop - table - 1], node.values.values[start:stop]
        x, factor = low[:, node.features[table]], of[:, node.outputs[table]]
        first = np.searchsorted(cuts, x, side="left")[:, None]
        last = np.searchsorted(cuts, high[:, node.features[table]], side="left")[:, None]
        pieces = np.arange(stop - start)
        terms = np.where((pieces >= first) & (pieces <= last), factor[:, None] * values, np.inf).min(axis=1)
        absent = values[0] if node.missing is None else node.missing.values[table]
        total += np.where(np.isnan(x), factor * absent, terms)
    return total


def _forest(node: Forest, of: Floats, low: Floats, high: Floats) -> Floats:
    total = of @ node.bias.values.astype(np.float64)
    leaves = node.leaves.values.astype(np.float64)
    for tree in node.trees:
        boxes = boxes_of_tree(tree, leaves)
        terms = of[:, [tree.output]] * boxes.scores[:, 0] if leaves.shape[1] == 1 else of @ boxes.scores.T
        total += np.where(boxes.reached(low, high), terms, np.inf).min(axis=1)
    return total
