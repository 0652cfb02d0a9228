"""Which features a body reads, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Nearest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Tokens,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Node

__all__ = ["Usage", "cut_ranges", "usage"]


@dataclass
class Usage:
    """Features that are computed with, the cuts that features are compared with, and whether positions matter as such.

    `scaled` says whether a scale reads features: then two that are equal may have different factors.
    """

    computed: set[int] = field(default_factory=set)
    compared: dict[int, set[float]] = field(default_factory=dict)
    positional: bool = False
    scaled: bool = False

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
    if isinstance(node, Affine | Distances):
        block = node.weights.values if isinstance(node, Affine) else np.atleast_2d(node.relevances.values)
        found.computed.update(np.flatnonzero(block.any(axis=0)).tolist())
    elif isinstance(node, Tokens):
        found.computed.update(node.features)
    elif isinstance(node, Activation | Scale | Attention | Propagate | Nearest):
        found.positional = True
    elif isinstance(node, Pool):
        found.computed.update(feature for feature in node.features if feature >= 0)
    elif isinstance(node, StepTables):
        for feature, (start, stop) in zip(node.features, cut_ranges(node), strict=True):
            found.compared.setdefault(feature, set()).update(node.cuts.values[start:stop].tolist())
    elif isinstance(node, Forest):
        _collect_splits(node, found)
    elif isinstance(node, Chain):
        _collect_first(node, found)
    else:
        for part in node.nodes:
            _collect(part, found)


def _collect_splits(node: Forest, found: Usage) -> None:
    for tree in node.trees:
        for feature, threshold in zip(tree.feature.tolist(), tree.threshold.tolist(), strict=True):
            if feature >= 0:
                found.compared.setdefault(feature, set()).add(threshold)


def _collect_first(node: Chain, found: Usage) -> None:
    first = node.nodes[0]
    if not isinstance(first, Scale | Propagate) or len(node.nodes) == 1:
        _collect(first, found)
        return
    rest = usage(Chain(node.nodes[1:]))
    found.computed |= rest.features
    found.positional |= rest.positional
    found.scaled |= rest.scaled
    if isinstance(first, Scale):
        found.computed.update(np.flatnonzero(first.factors.values).tolist())
        found.scaled = True


def cut_ranges(node: StepTables) -> list[tuple[int, int]]:
    """Return where the cuts of every table start and stop."""
    ends = np.concatenate(([0], np.cumsum(np.asarray(node.pieces, dtype=np.int64) - 1)))
    return list(pairwise(ends.tolist()))
