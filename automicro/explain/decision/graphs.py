"""Why a model of graphs predicts what it predicts for one node or one graph: what each column of each node adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError, RequestError
from automicro.explain.card import body_data
from automicro.explain.decision.explained_graph import ExplainedGraph
from automicro.explain.decision.explained_row import checked_node, factors, one_batch
from automicro.explain.decision.explanation import Part, Weight
from automicro.explain.decision.linear import slopes
from automicro.explain.decision.parts import Derived, Found, exact_parts, value_text
from automicro.explain.decision.receptive_field import by_node, receptive_field
from automicro.program import (
    Chain,
    Pool,
    Propagate,
    Scale,
    body_scores,
    gives_graphs,
    offsets_of,
    reads_graphs,
    take,
)
from automicro.program.inputs.graph_readers import holds_graphs
from automicro.program.nodes import feature_count
from automicro.program.walk import steps
from automicro.words.features import column_names, feature_texts
from automicro.words.messages import after_messages
from automicro.words.numbers import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.explain.decision.linear import Slopes
    from automicro.explain.decision.receptive_field import ReceptiveField
    from automicro.program import Node, Program

    Floats = NDArray[np.float64]

__all__ = ["graph_parts", "one_graph"]


def one_graph(program: Program, card: Mapping[str, Any] | None, value: Any, node: int | None) -> ExplainedGraph:
    """Return a graph as a model reads it.

    Raises
    ------
    DataError
        If it is not exactly one graph, or does not have the attributes that the model reads.
    RequestError
        If `node` is not a node of the graph, or is given for a model of whole graphs.
    """
    if not holds_graphs(value):
        raise DataError(
            f"explain takes a graph, as this model reads graphs, but got a {type(value).__name__}: pass x and edge_index"
        )
    named = column_names(program.columns, None if card is None else dict(card))
    batch = one_batch(program, None if card is None else named, value)
    if not gives_graphs(program.body):
        node = checked_node(batch, node)
    elif node is not None:
        raise RequestError("node: must not be given for a model that predicts whole graphs")
    explained = ExplainedGraph(program, named, batch, node, np.zeros(0))
    return ExplainedGraph(program, named, batch, node, factors(program, explained.scores()[0]))


def graph_parts(explained: ExplainedGraph, seed: int) -> Found:
    """Return what the score of a node or graph is made of.

    A linear body is a sum over columns of nodes; a sum of other functions of smoothed or pooled columns follows from these; for any other
    body the parts are Shapley values of nodes, an approximation.
    """
    field = receptive_field(explained)
    of = np.zeros((1 if explained.node is None else len(field.nodes), len(explained.of)))
    of[0] = explained.of
    linear = slopes(explained.program.body, field.X, of, field.topology)
    if linear is not None:
        return _by_column_of_node(explained, field, linear)
    before, rest = _split(explained.program.body)
    if rest is not None:
        values, texts = field.X, feature_texts(explained.program, explained.names)
        for step in before:
            values = body_scores(step, values, field.topology)
            texts = texts if isinstance(step, Scale) else after_messages(body_data(step), texts)
        own = np.asarray(values[0], dtype=np.float64)
        found = exact_parts(rest, own, explained.of, Derived(texts, own))
        if found is not None:
            return found
    return by_node(explained, field, seed)


def _split(body: Node) -> tuple[list[Scale | Propagate | Pool], Node | None]:
    """Return the messages and pools that a body starts with, and what reads their results, if that needs no graph itself."""
    nodes = steps(body)
    others = [place for place, node in enumerate(nodes) if not isinstance(node, Scale | Propagate | Pool)]
    first = others[0] if others else len(nodes)
    while first > 0 and isinstance(nodes[first - 1], Scale):
        first -= 1
    before = [node for node in nodes[:first] if isinstance(node, Scale | Propagate | Pool)]
    rest = nodes[first:]
    if not rest or any(map(reads_graphs, rest)):
        return [], None
    return before, rest[0] if len(rest) == 1 else Chain(tuple(rest))


def _by_column_of_node(explained: ExplainedGraph, field: ReceptiveField, linear: Slopes) -> Found:
    """Return what every column of every node adds, and what all of them add by node."""
    sources = [decoder.column for decoder in explained.program.decoders for _ in range(feature_count(decoder))]
    total: dict[tuple[int, int], float] = {}
    added = linear.slopes * np.where(linear.slopes != 0, field.X, 0.0)
    for place, feature in zip(*np.nonzero(added), strict=True):
        key = int(place), sources[feature]
        total[key] = total.get(key, 0.0) + float(added[place, feature])
    parts, less = [], offsets_of(explained.program.decoders)
    for (place, column), value in total.items():
        own = explained.batch.columns[column]
        holds = "" if own is None else value_text(take(own, field.nodes[[place]]), less.get(column, 0.0))
        away = "" if field.hops is None else _away(int(field.hops[place]))
        because = ", ".join(said for said in (holds, away) if said)
        parts.append(Part(f"{explained.names[column]} of node {field.nodes[place]}", value, because))
    if linear.counted:
        parts.append(Part("the number of nodes", linear.counted, f"= {explained.topology.nodes}"))
    weights = [
        Weight(
            f"node {field.nodes[place]}",
            "contribution" if field.hops is None else f"contribution, {_away(int(field.hops[place]))}",
            float(added[place].sum()),
        )
        for place in np.flatnonzero(added.any(axis=1)).tolist()
    ]
    heaviest = tuple(sorted(weights, key=lambda weight: -abs(weight.weight)))
    return Found("graph_sum", linear.constant, tuple(parts), heaviest)


def _away(hops: int) -> str:
    return "the node itself" if hops == 0 else f"{count(hops, 'hop')} away"
