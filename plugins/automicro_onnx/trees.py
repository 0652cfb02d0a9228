"""Forests and step tables as one operator TreeEnsemble of ai.onnx.ml 5."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import numpy_helper

from automicro.program.trees import right_children
from automicro_onnx.graph import ML

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Weights
    from automicro.program.nodes import Forest, StepTables, Tree
    from automicro_onnx.graph import Graph

__all__ = ["forest_splits", "table_splits", "tree_ensemble"]

AT_MOST, GREATER = 0, 3  # modes of splits; a NaN takes the way of what is false
Child = tuple[bool, int]  # whether it is a leaf, and its place


@dataclass
class Splits:
    """Splits and leaves of all trees, as the operator has them."""

    features: list[int] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    yes: list[Child] = field(default_factory=list)
    no: list[Child] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)

    def leaf(self, weight: float, output: int) -> Child:
        """Add a leaf."""
        self.weights.append(weight)
        self.outputs.append(output)
        return True, len(self.weights) - 1

    def split(self, feature: int, cut: float, absent_left: bool) -> int:
        """Add a split, whose children are set later."""
        self.features.append(feature)
        self.cuts.append(cut)
        self.modes.append(GREATER if absent_left else AT_MOST)
        self.yes.append((True, 0))
        self.no.append((True, 0))
        return len(self.features) - 1

    def root(self, child: Child) -> None:
        """Add a tree; one that is a leaf becomes a split whose sides are the same."""
        if child[0]:
            place = self.split(0, 0.0, False)
            self.yes[place] = self.no[place] = child
            child = False, place
        self.roots.append(child[1])


def forest_splits(node: Forest) -> Splits:
    """Return the trees of a forest; those with leaves for several outputs are repeated for each output."""
    made, width = Splits(), node.leaves.values.shape[1]
    for tree in node.trees:
        for column in range(width):
            leaves = node.leaves.values[:, column].tolist()
            made.root(_tree(made, tree, leaves, tree.output if width == 1 else column))
    return made


def _tree(made: Splits, tree: Tree, leaves: Sequence[float], output: int) -> Child:
    places: list[Child] = []
    for feature, cut, left, leaf in zip(tree.feature, tree.threshold, tree.default_left, tree.leaf, strict=True):
        is_leaf = feature < 0
        places.append(
            made.leaf(leaves[leaf], output) if is_leaf else (False, made.split(int(feature), float(cut), bool(left)))
        )
    right = right_children(tree.feature)
    for i, (is_leaf, place) in enumerate(places):
        if not is_leaf:
            left, other = places[i + 1], places[right[i]]
            made.yes[place], made.no[place] = (other, left) if made.modes[place] == GREATER else (left, other)
    return places[0]


def table_splits(node: StepTables) -> Splits:
    """Return step tables as trees, of which the first split sends missing values to a leaf of their own."""
    made = Splits()
    ends = np.concatenate([[0], np.cumsum(node.pieces)]).tolist()
    for table, (start, stop) in enumerate(pairwise(ends)):
        feature, output = node.features[table], node.outputs[table]
        cuts = node.cuts.values[start - table : stop - table - 1].tolist()
        values = node.values.values[start:stop].tolist()
        if node.missing is None:
            made.root(_steps(made, feature, cuts, values, output))
            continue
        top = made.split(feature, float("inf"), False)
        made.yes[top] = _steps(made, feature, cuts, values, output)
        made.no[top] = made.leaf(float(node.missing.values[table]), output)
        made.root((False, top))
    return made


def _steps(made: Splits, feature: int, cuts: list[float], values: list[float], output: int) -> Child:
    if not cuts:
        return made.leaf(values[0], output)
    middle = len(cuts) // 2
    place = made.split(feature, cuts[middle], False)
    made.yes[place] = _steps(made, feature, cuts[:middle], values[: middle + 1], output)
    made.no[place] = _steps(made, feature, cuts[middle + 1 :], values[middle + 1 :], output)
    return False, place


def tree_ensemble(graph: Graph, made: Splits, x: str, is_single: bool, bias: Weights) -> str:
    """Return the name of bias plus the sums of leaves, float64 (rows, outputs)."""
    start = graph.wide(bias.values)
    kind = np.float32 if is_single else np.float64

    def tensor(values: Sequence[Any], of: Any = kind) -> Any:
        return numpy_helper.from_array(np.array(values, of))

    total = graph.add(
        "TreeEnsemble",
        x,
        domain=ML,
        n_targets=len(bias.values),
        tree_roots=made.roots,
        nodes_featureids=made.features,
        nodes_splits=tensor(made.cuts),
        nodes_modes=tensor(made.modes, np.uint8),
        nodes_truenodeids=[place for _, place in made.yes],
        nodes_trueleafs=[int(is_leaf) for is_leaf, _ in made.yes],
        nodes_falsenodeids=[place for _, place in made.no],
        nodes_falseleafs=[int(is_leaf) for is_leaf, _ in made.no],
        leaf_targetids=made.outputs,
        leaf_weights=tensor(made.weights),
    )
    return graph.add("Add", graph.as_double(total) if is_single else total, start)
