"""Shapley values of the nodes that a prediction can hear of, for models of graphs that are no sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.explain.decision.explained_row import blanked
from automicro.explain.decision.explanation import Part
from automicro.explain.decision.parts import Found
from automicro.explain.decision.terms import telescoped
from automicro.program import Chain, Propagate, Sum, Topology, body_scores, decode, take
from automicro.words.numbers import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.explain.decision.explained_graph import ExplainedGraph
    from automicro.program import Node

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

__all__ = ["CELLS", "ReceptiveField", "by_node", "receptive_field", "results_of_copies"]

MOST_NODES = 64  # that are credited one by one, the nearest first
VARIANTS = 4096
CELLS = 1 << 21  # variants x nodes x features that are computed at once


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """The part of a graph that can change a prediction.

    Parameters
    ----------
    X : array of float64, (nodes, features)
    topology : Topology
    nodes : array of int64, (nodes,)
        Which nodes of the graph they are; of the prediction for a node that node comes first, then the nearest.
    hops : array of int64, (nodes,), or None
        Over how many edges each is heard; None where the prediction is for the whole graph.
    within : int
        So many nodes, the first, are heard; the others are there for the degrees by which messages are divided.
    """

    X: Floats
    topology: Topology
    nodes: Places
    hops: Places | None
    within: int


def receptive_field(explained: ExplainedGraph) -> ReceptiveField:
    """Return the part of a graph within reach of the messages of a prediction, and one ring of nodes more."""
    X, topology = explained.features, explained.topology
    if explained.node is None:
        return ReceptiveField(X, topology, np.arange(topology.nodes), None, topology.nodes)
    hops, reach = _distances_to(explained.node, topology), _reach(explained.program.body)
    kept = np.flatnonzero((hops >= 0) & (hops <= reach + 1))
    kept = kept[np.argsort(hops[kept], kind="stable")]
    place = np.full(topology.nodes, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    targets = topology.edges[1]
    inside = (hops[targets] >= 0) & (hops[targets] <= reach)
    attributes = None if topology.attributes is None else topology.attributes[inside]
    part = Topology(place[topology.edges[:, inside]], attributes, np.array([0, len(kept)]))
    return ReceptiveField(X[kept], part, kept, hops[kept], int((hops[kept] <= reach).sum()))


def _distances_to(node: int, topology: Topology) -> Places:
    """Return the number of edges from each node to `node`; -1 where no path exists."""
    sources, targets = topology.edges
    hops = np.full(topology.nodes, -1, dtype=np.int64)
    hops[node] = 0
    for distance in range(1, topology.nodes):
        found = sources[hops[targets] == distance - 1]
        found = found[hops[found] < 0]
        if not found.size:
            break
        hops[found] = distance
    return hops


def by_node(explained: ExplainedGraph, field: ReceptiveField, seed: int) -> Found:
    """Return Shapley values of nodes, each with all of its columns, against nodes whose columns are missing."""
    X, topology, near = field.X, field.topology, field.nodes[: field.within]
    singles = list(range(min(len(near), MOST_NODES)))
    groups = [np.array([place]) for place in singles]
    if len(near) > MOST_NODES:
        groups.append(np.arange(MOST_NODES, len(near)))
    base = _missing(explained)
    draws = max(2, min(32, VARIANTS // (len(groups) + 1)))

    def score(masks: NDArray[np.bool_]) -> Floats:
        step = max(1, CELLS // max(X.size, 1))
        parts = [
            results_of_copies(explained, _variants(X, base, groups, part), topology) @ explained.of
            for part in _steps(masks, step)
        ]
        return np.concatenate(parts)

    constant, credit = telescoped(score, range(len(groups)), draws, seed)
    names = [f"node {near[place]}" for place in singles]
    if len(groups) > len(singles):
        names.append(f"{count(len(near) - MOST_NODES, 'other node')} together")
    orders = 2 * max(1, draws // 2)
    return Found(
        "posthoc",
        constant,
        tuple(Part(name, value) for name, value in zip(names, credit.values(), strict=True)),
        method=f"Shapley values of {orders} random orders of nodes, seed {seed}, against nodes whose columns are missing",
    )


def _reach(node: Node) -> int:
    """Return over how many edges messages travel."""
    if isinstance(node, Propagate):
        return node.hops
    if isinstance(node, Chain):
        return sum(map(_reach, node.nodes))
    return max(map(_reach, node.nodes)) if isinstance(node, Sum) else 0


def _missing(explained: ExplainedGraph) -> Floats:
    """Return the features of a node whose columns are all missing; 0 where the program makes nothing of that."""
    gone = np.array([True])
    columns = [None if c is None else blanked(take(c, np.array([0])), gone) for c in explained.batch.columns]
    return np.nan_to_num(np.asarray(decode(explained.program.decoders, columns)[0], dtype=np.float64))


def _steps(masks: NDArray[np.bool_], step: int) -> list[NDArray[np.bool_]]:
    return [masks[start : start + step] for start in range(0, len(masks), step)]


def _variants(X: Floats, base: Floats, groups: list[Places], masks: NDArray[np.bool_]) -> Floats:
    """Return copies of a graph one after the other, in which some nodes are blank."""
    variants = np.repeat(X[None], len(masks), axis=0)
    for group, nodes in enumerate(groups):
        variants[np.ix_(~masks[:, group], nodes)] = base
    return variants.reshape(len(masks) * len(X), X.shape[1])


def results_of_copies(explained: ExplainedGraph, X: Floats, topology: Topology) -> Floats:
    """Return the scores, (copies, outputs), of copies of a graph one after the other, whose nodes have the features X."""
    copies = len(X) // topology.nodes if topology.nodes else 1
    shift = np.repeat(np.arange(copies) * topology.nodes, topology.edges.shape[1])
    edges = np.tile(topology.edges, copies) + shift
    attributes = None if topology.attributes is None else np.tile(topology.attributes, (copies, 1))
    joined = Topology(edges, attributes, np.arange(copies + 1) * topology.nodes)
    found = body_scores(explained.program.body, X, joined)
    return found if explained.node is None else found[:: topology.nodes]
