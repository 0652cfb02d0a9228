"""The nodes of a body as nodes of a graph, in float64 but for trees over float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.plugin import Declined
from automicro.program.nodes import Activation, Affine, Chain, Distances, Forest, Nearest, Scale, StepTables, Sum
from automicro_onnx.trees import forest_splits, table_splits, tree_ensemble

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.nodes import Node
    from automicro_onnx.graph import Graph

__all__ = ["Values", "body_values"]


@dataclass(frozen=True)
class Values:
    """A matrix of a graph: its name, and whether it is float32."""

    name: str
    is_single: bool = False


def body_values(graph: Graph, node: Node, x: Values) -> str:
    """Return the name of the outputs of a node, float64 (rows, outputs)."""
    if type(node) not in _MEANINGS:
        raise Declined(
            f"needs sums, tables, trees, distances or networks, but the model has a node {type(node).__name__}"
        )
    return _MEANINGS[type(node)](graph, node, x)


def _double(graph: Graph, x: Values, read: Any = None) -> str:
    name = x.name if read is None else graph.add("Gather", x.name, graph.constant(np.asarray(read, np.int64)), axis=1)
    return graph.as_double(name) if x.is_single else name


def _chain(graph: Graph, node: Chain, x: Values) -> str:
    for part in node.nodes:
        x = Values(body_values(graph, part, x))
    return x.name


def _sum(graph: Graph, node: Sum, x: Values) -> str:
    return graph.add("Sum", *(body_values(graph, part, x) for part in node.nodes))


def _affine(graph: Graph, node: Affine, x: Values) -> str:
    weights, bias = node.weights.values, graph.wide(node.bias.values)
    read = np.flatnonzero(weights.any(axis=0))
    if not len(read):
        read = np.arange(weights.shape[1])
    product = graph.add("MatMul", _double(graph, x, read), graph.wide(weights[:, read].T))
    return graph.add("Add", product, bias)


def _activation(graph: Graph, node: Activation, x: Values) -> str:
    name = _double(graph, x)
    if node.kind == "decay":
        return graph.add("Exp", graph.add("Neg", name))
    return graph.add({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[node.kind], name)


def _scale(graph: Graph, node: Scale, x: Values) -> str:
    return graph.add("Mul", _double(graph, x), graph.wide(node.factors.values))


def _forest(graph: Graph, node: Forest, x: Values) -> str:
    return tree_ensemble(graph, forest_splits(node), x.name, x.is_single, node.bias)


def _tables(graph: Graph, node: StepTables, x: Values) -> str:
    return tree_ensemble(graph, table_splits(node), x.name, x.is_single, node.bias)


def _distances(graph: Graph, node: Distances, x: Values) -> str:
    points = node.points.values
    relevances = np.broadcast_to(node.relevances.values, points.shape)
    read = np.flatnonzero(relevances.any(axis=0))
    if not len(read):
        read = np.arange(points.shape[1])
    apart = graph.add("Unsqueeze", _double(graph, x, read), graph.constant(np.array([1])))
    apart = graph.add("Sub", apart, graph.wide(points[:, read]))
    terms = graph.add("Mul", graph.add("Mul", apart, apart), graph.wide(relevances[:, read]))
    return graph.add("ReduceSum", terms, graph.constant(np.array([2])), keepdims=0)


def _nearest(graph: Graph, node: Nearest, x: Values) -> str:
    near = graph.add("Neg", _double(graph, x))
    if node.bias is not None:
        near = graph.add("Add", near, graph.wide(node.bias.values))
    axis, outputs = graph.constant(np.array([1])), []
    for owner in range(max(node.owners) + 1):
        own = graph.constant(np.flatnonzero(np.array(node.owners) == owner))
        outputs.append(graph.add("ReduceMax", graph.add("Gather", near, own, axis=1), axis))
    if node.otherwise is not None:
        shape = graph.add("Shape", outputs[0])
        outputs.append(graph.add("Expand", graph.constant(np.float64(node.otherwise)), shape))
    return graph.add("Concat", *outputs, axis=1)


_MEANINGS: dict[type[Node], Callable[[Any, Any, Values], str]] = {
    Activation: _activation,
    Affine: _affine,
    Chain: _chain,
    Distances: _distances,
    Forest: _forest,
    Nearest: _nearest,
    Scale: _scale,
    StepTables: _tables,
    Sum: _sum,
}
