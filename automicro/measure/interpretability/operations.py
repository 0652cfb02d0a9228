"""How many operations a program takes for one decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Grams,
    Lookup,
    Nearest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
    Weights,
    offsets_of,
)
from automicro.program.analyse.structure import features_read, sources
from automicro.program.analyse.usage import usage
from automicro.program.evaluate.message_passing import gives_graphs, reads_graphs
from automicro.program.evaluate.reference import body_scores
from automicro.program.trees import depths
from automicro.program.walk import outputs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.program import Node, Program, Topology
    from automicro.program.analyse.structure import Source

__all__ = ["Operations", "operations"]

USUAL_EDGES, USUAL_NODES = 2, 10  # of a graph that is not known


@dataclass(frozen=True, eq=False)
class Operations:
    """Operations (rows,) of each decision; of one entry, the worst, where no rows were given.

    `comparisons` also holds look-up steps, `arithmetic` products and additions.
    """

    comparisons: NDArray[np.float64]
    arithmetic: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.float64]:
        """Both kinds."""
        return self.comparisons + self.arithmetic

    def __add__(self, other: Operations) -> Operations:
        return Operations(self.comparisons + other.comparisons, self.arithmetic + other.arithmetic)


def operations(
    program: Program, features: NDArray[np.float32] | None = None, topology: Topology | None = None
) -> Operations:
    """Count the operations of decisions.

    One each per comparison, product, addition and look-up step; the link is not counted. A linear sum of k terms that
    are not 0 in this row takes 2k + 1, a scale one product a factor, a tree its path, several trees their paths and
    one addition each, step tables ceil(log2 pieces) and one addition each, parts of a sum one addition more. A distance takes 3 a
    feature, the nearest of several points one comparison each.

    A column of which a sum takes the difference to an offset takes one subtraction; thresholds have the offset in them.

    Of a text, each listed bucket that has some of its grams takes one look-up step. Summaries of a series are inputs:
    what they take shows in the latency, and is not counted here.

    Of graphs, each round of messages takes a product and an addition for every incoming edge and feature, and one
    product for the node's own; a pool takes all operations of the graph's nodes, and one for each of them and each item.
    Without a topology every node has two incoming edges, every graph ten nodes.
    """
    if reads_graphs(program.body):
        return graph_operations(program.body, len(sources(program.decoders)), topology)
    read = features_read(program.body)
    decoded = sources(program.decoders)
    looked_up = {
        s.decoder for i, s in enumerate(decoded) if i in read and isinstance(program.decoders[s.decoder], Lookup)
    }
    hashed = [i for i, s in enumerate(decoded) if i in read and isinstance(program.decoders[s.decoder], Grams)]
    hits = float(len(hashed)) if features is None else np.count_nonzero(features[:, hashed], axis=1).astype(np.float64)
    steps = Operations(np.atleast_1d(hits) + len(looked_up) + _subtracted(program), np.zeros(1))
    return _of(program.body, features, decoded) + steps


def _subtracted(program: Program) -> int:
    """Return of how many columns a sum is computed with a difference to an offset; thresholds have it in them."""
    offsets, found = offsets_of(program.decoders), usage(program.body)
    decoded = sources(program.decoders)
    features = features_read(program.body) if found.positional else found.computed
    return len({decoded[feature].column for feature in features} & offsets.keys())


def graph_operations(body: Node, width: int, topology: Topology | None) -> Operations:
    """Return the operations of each node of some graphs, or of each graph if the body pools them."""
    edges = np.full(1, USUAL_EDGES) if topology is None else np.bincount(topology.edges[1], minlength=topology.nodes)
    counts = _on_graph(body, width, _Graph(edges.astype(np.float64), topology))
    return counts if len(counts.total) else _constant(0, 0)


@dataclass(frozen=True, eq=False)
class _Graph:
    """What operations depend on: the number of edges that come into every node, and which nodes a graph has."""

    edges: NDArray[np.float64]
    topology: Topology | None

    def sums(self, of_nodes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over the nodes of every graph."""
        if self.topology is None:
            return of_nodes * USUAL_NODES
        ends = np.concatenate(([0.0], np.cumsum(np.broadcast_to(of_nodes, self.topology.nodes))))
        total: NDArray[np.float64] = ends[self.topology.starts[1:]] - ends[self.topology.starts[:-1]]
        return total


def _on_graph(node: Node, width: int, graph: _Graph) -> Operations:
    """Return the operations of a node over `width` features of every node, the worst case of what reads no messages."""
    if isinstance(node, Propagate):
        each_edge = node.hops * width * graph.edges
        if node.kind == "max":
            return Operations(each_edge, node.hops * width * np.ones(len(graph.edges)))
        return Operations(np.zeros(len(graph.edges)), 2 * each_edge + node.hops * width)
    if isinstance(node, Pool):
        pooled = graph.sums(np.ones(len(graph.edges)))
        return Operations(pooled * node.kinds.count("max"), pooled * sum(kind != "max" for kind in node.kinds))
    if not isinstance(node, Chain | Sum):
        return _attention(node, width) if isinstance(node, Attention) else _of(node, None, [])
    total = _constant(0, 0)
    for at, part in enumerate(node.nodes):
        counts = _on_graph(part, width, graph)
        if isinstance(node, Chain):
            if gives_graphs(part):
                total = Operations(graph.sums(total.comparisons), graph.sums(total.arithmetic))
            width = outputs_of(part, width)
        total += counts
        if isinstance(node, Sum) and at:
            total += _constant(0, outputs_of(part, width))
    return total


def _constant(comparisons: float, arithmetic: float) -> Operations:
    return Operations(np.array([float(comparisons)]), np.array([float(arithmetic)]))


def _of(node: Node, X: NDArray[np.float32] | None, decoded: list[Source]) -> Operations:
    if isinstance(node, Affine):
        return _affine(node, X, decoded)
    if isinstance(node, Forest):
        return _forest(node, X)
    if isinstance(node, Chain | Sum):
        return _nest(node, X, decoded)
    if isinstance(node, Attention):
        return _attention(node, len(decoded))
    return _constant(*_COUNTS[type(node)](node))


def _nest(node: Sum | Chain, X: NDArray[np.float32] | None, decoded: list[Source]) -> Operations:
    if isinstance(node, Sum):
        total = _constant(0, (len(node.nodes) - 1) * outputs_of(node, len(decoded)))
        for part in node.nodes:
            total += _of(part, X, decoded)
        return total
    total, width = _of(node.nodes[0], X, decoded), outputs_of(node.nodes[0], len(decoded))
    for part in node.nodes[1:]:
        total += _attention(part, width) if isinstance(part, Attention) else _of(part, None, [])
        width = outputs_of(part, width)
    return total


def _nonzero(weights: Weights | None) -> int:
    return 0 if weights is None else int(np.count_nonzero(weights.values))


def _distance_terms(node: Distances) -> int:
    return int(np.count_nonzero(np.broadcast_to(node.relevances.values, node.points.values.shape)))


_COUNTS: dict[type[Node], Callable[[Any], tuple[int, int]]] = {
    Activation: lambda node: (0, 0),  # noqa: ARG005 - an argument of all counts
    Propagate: lambda node: (0, 0),  # noqa: ARG005 - as above
    Pool: lambda node: (0, 0),  # noqa: ARG005 - as above
    Scale: lambda node: (0, _nonzero(node.factors)),
    StepTables: lambda node: (sum((pieces - 1).bit_length() for pieces in node.pieces), len(node.pieces)),
    Tokens: lambda node: (0, 2 * (len(node.sizes) if node.shared else 1) * _nonzero(node.weights)),
    Distances: lambda node: (0, 3 * _distance_terms(node)),
    Nearest: lambda node: (len(node.owners), _nonzero(node.bias)),
}
"""Comparisons and arithmetic of nodes that take the same for every row."""


def _attention(node: Attention, inputs: int) -> Operations:
    """Count products and sums of logits and of weighted tokens, and three operations for the share of every weight."""
    heads, tokens = len(node.queries.values), inputs // node.width
    asking = 1 if node.mixing is None else tokens
    total = asking * heads * tokens * (4 * node.width + 3)
    if node.mixing is not None:
        total += 2 * tokens * (node.queries.values.size + node.mixing.values.size)
    return _constant(0, total)


def _affine(node: Affine, X: NDArray[np.float32] | None, decoded: list[Source]) -> Operations:
    terms = np.count_nonzero(node.weights.values, axis=0).astype(np.float64)
    if X is None:
        return _constant(0, 2 * _most_terms(terms, decoded) + len(node.bias.values))
    active = (X != 0).astype(np.float64) @ terms
    return Operations(np.zeros(len(X)), 2 * active + len(node.bias.values))


def _most_terms(terms: NDArray[np.float64], decoded: list[Source]) -> float:
    """Return the most terms that are not 0 in a row; of the levels of one column only one is there."""
    if not decoded:
        return float(terms.sum())
    total, by_decoder = 0.0, dict[int, float]()
    for source, count in zip(decoded, terms, strict=True):
        if source.exclusive:
            by_decoder[source.decoder] = max(by_decoder.get(source.decoder, 0.0), count)
        else:
            total += count
    return total + sum(by_decoder.values())


def _forest(node: Forest, X: NDArray[np.float32] | None) -> Operations:
    additions = len(node.trees) if len(node.trees) > 1 else 0
    by_tree = [depths(tree.feature) for tree in node.trees]
    deepest = max((int(depth.max()) for depth in by_tree), default=0)
    if X is None or not node.trees:
        return _constant(sum(int(depth.max()) for depth in by_tree), additions)
    measured = Forest(
        trees=tuple(replace(tree, leaf=depth, output=0) for tree, depth in zip(node.trees, by_tree, strict=True)),
        leaves=Weights.of(np.arange(deepest + 1, dtype=np.float32)[:, None]),
        bias=Weights.of([0.0]),
    )
    paths = body_scores(measured, X)[:, 0]
    return Operations(paths, np.full(len(X), float(additions)))
