"""The same body over other features, or with other cuts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import cut_ranges
from automicro.program.nodes import Affine, Chain, Distances, Forest, Pool, Propagate, Scale, StepTables, Tokens
from automicro.program.rewrite.blocks import joined
from automicro.program.rewrite.prototypes import moved
from automicro.program.walk import children, rebuild, steps
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from automicro.program.nodes import Node

__all__ = ["map_cuts", "renumber"]


def renumber(node: Node, place: Mapping[int, int], width: int) -> Node:
    """Return a node over `width` features, of which number `place[f]` represents the former feature f; others must be unused."""
    if isinstance(node, Affine):
        return _affine(node, place, width)
    if isinstance(node, Distances):
        return moved(node, place, width)
    if isinstance(node, StepTables | Tokens):
        return replace(node, features=tuple(place[feature] for feature in node.features))
    if isinstance(node, Forest):
        trees = (
            replace(t, feature=np.array([place[f] if f >= 0 else -1 for f in t.feature.tolist()], dtype=np.int32))
            for t in node.trees
        )
        return replace(node, trees=tuple(trees))
    if isinstance(node, Pool):
        return replace(node, features=tuple(place[feature] if feature >= 0 else -1 for feature in node.features))
    if isinstance(node, Scale):
        return _scale(node, place, width)
    if isinstance(node, Chain):
        return _chain(node, place, width)
    return rebuild(node, (renumber(part, place, width) for part in children(node)))


def _chain(node: Chain, place: Mapping[int, int], width: int) -> Chain:
    through = 1 + next(i for i, part in enumerate([*node.nodes, None]) if not isinstance(part, Scale | Propagate))
    first = [renumber(part, place, width) for part in node.nodes[:through]]
    flat = [step for part in first for step in steps(part)]
    return Chain((*flat, *node.nodes[through:]))


def _affine(node: Affine, place: Mapping[int, int], width: int) -> Affine:
    weights = np.zeros((len(node.bias.values), width), dtype=np.float64)
    for feature, target in place.items():
        weights[:, target] += node.weights.values[:, feature]
    if len(set(place.values())) < len(place):
        return Affine(joined(weights, [node.weights]), node.bias)
    return Affine(Weights(weights.astype(np.float32), node.weights.encoding), node.bias)


def _scale(node: Scale, place: Mapping[int, int], width: int) -> Scale:
    factors = np.zeros(width, dtype=np.float32)
    factors[list(place.values())] = node.factors.values[list(place)]
    return Scale(Weights(factors, node.factors.encoding))


def map_cuts(node: Node, change: Callable[[int, NDArray[np.float32]], NDArray[np.float32]]) -> Node:
    """Return a node with other cuts: `change` is given a feature and some of its cuts."""
    if isinstance(node, StepTables):
        ranges = zip(node.features, cut_ranges(node), strict=True)
        cuts = [change(feature, node.cuts.values[start:stop]) for feature, (start, stop) in ranges if stop > start]
        return replace(node, cuts=Weights(np.concatenate([np.empty(0, dtype=np.float32), *cuts])))
    if isinstance(node, Forest):
        trees = []
        for tree in node.trees:
            threshold = tree.threshold.copy()
            for feature in np.unique(tree.feature[tree.feature >= 0]):
                mine = tree.feature == feature
                threshold[mine] = change(int(feature), threshold[mine])
            trees.append(replace(tree, threshold=threshold))
        return replace(node, trees=tuple(trees))
    if isinstance(node, Chain):
        return Chain((map_cuts(node.nodes[0], change), *node.nodes[1:]))
    return rebuild(node, (map_cuts(part, change) for part in children(node)))
