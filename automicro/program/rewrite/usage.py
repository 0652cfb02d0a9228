"""Which features a body reads and how, and the same body over other features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Activation, Affine, Chain, Forest, StepTables
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from automicro.program.nodes import Node

__all__ = ["Usage", "cut_ranges", "map_cuts", "renumber", "usage"]

Values = "NDArray[np.float32]"


@dataclass
class Usage:
    """Features that are computed with, the cuts that features are compared with, and whether positions matter as such."""

    computed: set[int] = field(default_factory=set)
    compared: dict[int, set[float]] = field(default_factory=dict)
    positional: bool = False

    @property
    def features(self) -> set[int]:
        """All features that are read."""
        return self.computed | set(self.compared)

    def cuts(self, feature: int) -> NDArray[np.float32] | None:
        """Return the ascending cuts of a feature that is compared and not computed with, else None."""
        if feature in self.computed or feature not in self.compared:
            return None
        return np.array(sorted(self.compared[feature]), dtype=np.float32)


def usage(node: Node) -> Usage:
    """Return how a body reads its features."""
    found = Usage()
    _collect(node, found)
    return found


def _collect(node: Node, found: Usage) -> None:
    if isinstance(node, Affine):
        found.computed.update(np.flatnonzero(node.weights.values.any(axis=0)).tolist())
    elif isinstance(node, Activation):
        found.positional = True
    elif isinstance(node, StepTables):
        for feature, (start, stop) in zip(node.features, cut_ranges(node), strict=True):
            found.compared.setdefault(feature, set()).update(node.cuts.values[start:stop].tolist())
    elif isinstance(node, Forest):
        for tree in node.trees:
            for feature, threshold in zip(tree.feature.tolist(), tree.threshold.tolist(), strict=True):
                if feature >= 0:
                    found.compared.setdefault(feature, set()).add(threshold)
    else:
        for part in node.nodes[:1] if isinstance(node, Chain) else node.nodes:
            _collect(part, found)


def cut_ranges(node: StepTables) -> list[tuple[int, int]]:
    """Return where the cuts of every table start and stop."""
    ends = np.concatenate(([0], np.cumsum(np.asarray(node.pieces, dtype=np.int64) - 1)))
    return list(pairwise(ends.tolist()))


def renumber(node: Node, place: Mapping[int, int], width: int) -> Node:
    """Return a node over `width` features, of which number `place[f]` stands for the former feature f; others must be unused."""
    if isinstance(node, Affine):
        weights = np.zeros((len(node.bias.values), width), dtype=np.float64)
        for feature, target in place.items():
            weights[:, target] += node.weights.values[:, feature]
        return Affine(Weights(weights.astype(np.float32), node.weights.encoding), node.bias)
    if isinstance(node, StepTables):
        return replace(node, features=tuple(place[feature] for feature in node.features))
    if isinstance(node, Forest):
        trees = (
            replace(t, feature=np.array([place[f] if f >= 0 else -1 for f in t.feature.tolist()], dtype=np.int32))
            for t in node.trees
        )
        return replace(node, trees=tuple(trees))
    if isinstance(node, Chain):
        return Chain((renumber(node.nodes[0], place, width), *node.nodes[1:]))
    if isinstance(node, Activation):
        return node
    return replace(node, nodes=tuple(renumber(part, place, width) for part in node.nodes))


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
    if isinstance(node, Affine | Activation):
        return node
    return replace(node, nodes=tuple(map_cuts(part, change) for part in node.nodes))
