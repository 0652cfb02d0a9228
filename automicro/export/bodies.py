"""The body of a program as calls of run-time parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.plugin.family import Declined
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
    Sum,
    Tokens,
)
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.export.script import Script
    from automicro.program import Weights
    from automicro.program.nodes import Node

__all__ = ["body_steps"]


def body_steps(script: Script, node: Any, x: str) -> str:
    """Add the steps of a node that reads a variable, and return the variable of its outputs."""
    return _STEPS[type(node)](node, script, x)


def _chain(node: Chain, script: Script, x: str) -> str:
    for part in node.nodes:
        x = body_steps(script, part, x)
    return x


def _sum(node: Sum, script: Script, x: str) -> str:
    total = body_steps(script, node.nodes[0], x)
    for part in node.nodes[1:]:
        total = script.step(script.call("add", total, body_steps(script, part, x)))
    return total


def _affine(node: Affine, script: Script, x: str) -> str:
    return script.step(script.call("affine", x, script.floats(node.weights.values), script.floats(node.bias.values)))


def _activation(node: Activation, script: Script, x: str) -> str:
    return script.step(script.call(node.kind, x))


def _scale(node: Scale, script: Script, x: str) -> str:
    return script.step(script.call("scale", x, script.floats(node.factors.values)))


def _tables(node: StepTables, script: Script, x: str) -> str:
    places = script.group(*map(script.integers, (node.features, node.outputs, node.pieces)))
    blocks = script.group(*(script.floats(each.values) for each in (node.cuts, node.values, node.bias)))
    return script.step(script.call("tables", x, places, blocks, _block(script, node.missing)))


def _block(script: Script, weights: Weights | None) -> str:
    return script.language.none if weights is None else script.floats(weights.values)


def _forest(node: Forest, script: Script, x: str) -> str:
    """Of all trees in preorder there are features (-1 at a leaf), thresholds, and the right child, or the row of leaves at a leaf."""
    features: list[NDArray[Any]] = []
    thresholds: list[NDArray[Any]] = []
    nexts: list[NDArray[Any]] = []
    absent: list[NDArray[Any]] = []
    roots: list[int] = []
    for tree in node.trees:
        roots.append(start := sum(len(each) for each in features))
        is_leaf = tree.feature < 0
        features.append(tree.feature)
        thresholds.append(np.where(is_leaf, 0, tree.threshold))
        nexts.append(np.where(is_leaf, tree.leaf, right_children(tree.feature) + start))
        absent.append(np.where(is_leaf, False, tree.default_left))
    arrays = [np.concatenate([np.empty(0, np.int64), *each]) for each in (features, nexts, absent)]
    left = script.integers(arrays[2].astype(int).tolist()) if arrays[2].any() else script.language.none
    outputs = script.integers([tree.output for tree in node.trees])
    nodes = script.group(
        script.integers(arrays[0].tolist()),
        script.floats(np.concatenate([np.empty(0), *thresholds])),
        script.integers(arrays[1].tolist()),
        left,
    )
    trees = script.group(script.integers(roots), outputs, str(node.leaves.values.shape[1]))
    blocks = (script.floats(node.leaves.values), script.floats(node.bias.values))
    return script.step(script.call("forest", x, nodes, trees, *blocks))


def _distances(node: Distances, script: Script, x: str) -> str:
    relevances = np.broadcast_to(node.relevances.values, node.points.values.shape)
    count = str(len(node.points.values))
    return script.step(script.call("distances", x, count, script.floats(node.points.values), script.floats(relevances)))


def _nearest(node: Nearest, script: Script, x: str) -> str:
    owners, bias = script.integers(node.owners), _block(script, node.bias)
    otherwise = script.language.none if node.otherwise is None else script.language.numbers([node.otherwise])[1:-1]
    return script.step(script.call("nearest", x, owners, str(max(node.owners) + 1), bias, otherwise))


def _tokens(node: Tokens, script: Script, x: str) -> str:
    places = (script.integers(node.features), script.integers(node.sizes))
    blocks = (script.floats(node.weights.values), script.floats(node.positions.values))
    flags = script.group(script.language.boolean(node.shared), script.language.boolean(node.sparse))
    return script.step(script.call("tokens", x, *places, *blocks, flags))


def _attention(node: Attention, script: Script, x: str) -> str:
    given = (x, str(node.width), script.floats(node.queries.values))
    if node.mixing is None:
        return script.step(script.call("pooled", *given))
    return script.step(script.call("mixed", *given, script.floats(node.mixing.values)))


def _of_graphs(node: Propagate | Pool, *_: object) -> str:
    raise Declined(f"needs rows, but the model reads graphs (its body has a node {type(node).__name__})")


_STEPS: dict[type[Node], Callable[[Any, Script, str], str]] = {
    Activation: _activation,
    Affine: _affine,
    Attention: _attention,
    Chain: _chain,
    Distances: _distances,
    Forest: _forest,
    Nearest: _nearest,
    Pool: _of_graphs,
    Propagate: _of_graphs,
    Scale: _scale,
    StepTables: _tables,
    Sum: _sum,
    Tokens: _tokens,
}
