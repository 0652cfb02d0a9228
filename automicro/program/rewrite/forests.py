"""Forests: what is constant becomes bias, what reads one feature becomes a step table, the rest stays trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.evaluate.reference import body_scores
from automicro.program.nodes import Forest, Tree
from automicro.program.rewrite.tables import Step, Tables
from automicro.program.rewrite.trees import CONSTANT, SEVERAL, Grove
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.rewrite.domains import Domain

__all__ = ["reduced_forest"]


def reduced_forest(node: Forest, domains: Sequence[Domain], tables: Tables) -> Forest | None:
    """Return a forest with the trees that read several features; all else goes to `tables`. None if no tree is left."""
    tables.bias += node.bias.values
    tables.sources.append(node.bias)
    if not node.trees:
        return None
    rows, leaf_of = np.unique(node.leaves.values + np.float32(0), axis=0, return_inverse=True)
    grove = Grove(domains)
    numbers = [(grove.add(tree, leaf_of.reshape(-1)), tree.output) for tree in node.trees]
    outputs = len(node.bias.values)
    kept = []
    for number, output in numbers:
        feature = grove.only_feature(number)
        if feature == SEVERAL:
            kept.append((number, output))
        elif feature == CONSTANT:
            _add_constant(tables, rows[grove.only_leaf(number)], output)
        else:
            _add_steps(tables, grove.tree(number, output), rows, domains[feature])
    if len(kept) < len(numbers):
        tables.sources.append(node.leaves)
    if not kept:
        return None
    otherwise = grove.direction([number for number, _ in kept])
    trees = [grove.tree(number, output, otherwise) for number, output in kept]
    used = np.unique(np.concatenate([tree.leaf[tree.feature < 0] for tree in trees]))
    place = np.zeros(len(rows), dtype=np.int32)
    place[used] = np.arange(len(used))
    trees = [
        Tree(
            t.feature, t.threshold, t.default_left, np.where(t.feature < 0, place[t.leaf], 0).astype(np.int32), t.output
        )
        for t in trees
    ]
    return Forest(tuple(trees), Weights(rows[used], node.leaves.encoding), Weights(np.zeros(outputs, dtype=np.float32)))


def _add_constant(tables: Tables, leaf: np.ndarray[tuple[int, ...], np.dtype[np.float32]], output: int) -> None:
    if len(leaf) == 1:
        tables.bias[output] += leaf[0]
    else:
        tables.bias += leaf


def _add_steps(
    tables: Tables, tree: Tree, rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]], domain: Domain
) -> None:
    """Take up a tree on one feature: one step function, or one for each output where leaves are wide."""
    splits = tree.feature >= 0
    feature = int(tree.feature[0])
    cuts = np.unique(tree.threshold[splits])
    probes = np.append(cuts, [np.float32(np.inf), np.float32(np.nan)])
    X = np.broadcast_to(probes[:, None].astype(np.float64), (len(probes), feature + 1))
    width = rows.shape[1]
    alone = Forest(
        (Tree(tree.feature, tree.threshold, tree.default_left, tree.leaf),), Weights(rows), Weights.of(np.zeros(width))
    )
    values = body_scores(alone, X)
    for column in range(width):
        missing = float(values[-1, column]) if domain.has_nan else None
        tables.add(feature, tree.output if width == 1 else column, Step(cuts, values[:-1, column], missing))
