"""Messages between nodes of a graph: messages along edges, and graphs summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Pool, Propagate
from automicro.program.walk import every

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.inputs.topology import Topology
    from automicro.program.nodes import Node

    Floats = NDArray[np.float64]

__all__ = ["gives_graphs", "pooled", "propagated", "reads_graphs", "shares"]


def reads_graphs(node: Node) -> bool:
    """Whether a node needs to know how rows are connected."""
    return any(isinstance(part, Propagate | Pool) for part in every(node))


def gives_graphs(node: Node) -> bool:
    """Whether the result of a node has one row for each graph, not one for each of the rows that it was given."""
    return any(isinstance(part, Pool) for part in every(node))


def propagated(node: Propagate, X: NDArray[Any], topology: Topology | None) -> NDArray[np.float32]:
    """Return what every node has after `node.hops` rounds of messages, (nodes, features); float32, so that cuts learnt of it stay exact.

    Raises
    ------
    DataError
        If it is not known how nodes are connected, or edges lack the attribute that the model reads.
    """
    known = _known(topology, len(X))
    sources, targets = known.edges
    own, weights = shares(node, known)
    result = np.array(X, dtype=np.float64, order="F")
    for _ in range(node.hops):
        for feature in range(result.shape[1]):
            x = result[:, feature]
            messages = x[sources] if weights is None else weights * x[sources]
            if node.kind == "max":
                result[:, feature] = _largest(messages, targets, None if own is None else own * x, len(x))
            else:
                received = np.bincount(targets, weights=messages, minlength=len(x))
                result[:, feature] = received if own is None else own * x + received
    return _rounded(result)


def _rounded(values: Floats) -> NDArray[np.float32]:
    return np.clip(values, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)


def _known(topology: Topology | None, rows: int) -> Topology:
    if topology is None:
        raise DataError("this model reads graphs: give x and edge_index, a torch_geometric Data or a networkx graph")
    if topology.nodes != rows:
        raise DataError(f"a graph must have as many nodes as rows, but has {topology.nodes} nodes and {rows} rows")
    return topology


def shares(node: Propagate, topology: Topology) -> tuple[Floats | None, Floats | None]:
    """Return by what a node's own features (nodes,) and messages (edges,) are multiplied; None means 0 and 1."""
    sources, targets = topology.edges
    weights = _attribute(node, topology)
    own = np.full(topology.nodes, np.float32(node.own), dtype=np.float64) if node.own else None
    if node.kind in {"sum", "max"}:
        return own, weights
    received = np.bincount(targets, weights=weights, minlength=topology.nodes).astype(np.float64)
    degree = received if own is None else own + received
    inverse = np.zeros(topology.nodes)
    np.divide(1.0, degree, out=inverse, where=degree > 0)
    if node.kind == "mean":
        norm = inverse[targets]
    else:
        roots = np.sqrt(inverse)
        norm = roots[sources] * roots[targets]
    return None if own is None else own * inverse, norm if weights is None else weights * norm


def _attribute(node: Propagate, topology: Topology) -> Floats | None:
    if node.attribute is None:
        return None
    known = 0 if topology.attributes is None else topology.attributes.shape[1]
    if topology.attributes is None or node.attribute >= known:
        raise DataError(f"edges must have attribute number {node.attribute}, which the model reads, but have {known}")
    return topology.attributes[:, node.attribute].astype(np.float64)


def _largest(messages: Floats, targets: NDArray[np.int64], own: Floats | None, nodes: int) -> Floats:
    """Return the largest of the messages to each node and what is its own; 0 where there is neither."""
    start = np.full(nodes, -np.inf) if own is None else own.copy()
    np.maximum.at(start, targets, messages)
    if own is None:
        start[np.bincount(targets, minlength=nodes) == 0] = 0.0
    return start


def pooled(node: Pool, X: NDArray[Any], topology: Topology | None) -> NDArray[np.float32]:
    """Return one row for each graph, (graphs, items) in float32.

    Raises
    ------
    DataError
        If it is not known which nodes belong to which graph.
    """
    known = _known(topology, len(X))
    sizes = np.diff(known.starts)
    graph = np.repeat(np.arange(known.graphs), sizes)
    result = np.empty((known.graphs, len(node.kinds)), dtype=np.float64, order="F")
    for item, (kind, feature) in enumerate(zip(node.kinds, node.features, strict=True)):
        if kind == "count":
            result[:, item] = sizes
            continue
        x = X[:, feature].astype(np.float64)
        if kind == "max":
            result[:, item] = _largest(x, graph, None, known.graphs)
        else:
            total = np.bincount(graph, weights=x, minlength=known.graphs)
            result[:, item] = total / np.maximum(sizes, 1) if kind == "mean" else total
    return _rounded(result)
