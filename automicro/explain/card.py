"""The global card: a whole model as plain data, which its text is made of and an independent interpreter can follow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import (
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
    check_body,
)
from automicro.program.analyse.structure import structure
from automicro.program.trees import right_children
from automicro.words.features import column_names, inputs_of
from automicro.words.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automicro.program import Node, Program, Tree

__all__ = ["SCHEMA", "body_data", "global_card"]

SCHEMA = "automicro-global-1"


def global_card(program: Program, card: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return all of a model as data that JSON can hold: how columns are read, what is computed of them, the link and the labels.

    Numbers are the shortest decimals that read back as the same float32, as the text has them.

    Parameters
    ----------
    program : Program
    card : mapping, optional
        Card of the model, with the names of the columns and the target; without it columns are named by their position.
    """
    given = None if card is None else dict(card)
    names = column_names(program.columns, given)
    labels = None if program.labels is None else list(program.labels)
    target = str((given or {}).get("target") or "prediction")
    inputs = inputs_of(program.decoders, names)
    return {
        "schema": SCHEMA,
        "target": target,
        "labels": labels,
        "link": program.link,
        "limits": None if program.limits is None else list(program.limits),
        "outputs": _outputs(program, check_body(program.body, len(inputs)), target),
        "inputs": inputs,
        "body": body_data(program.body),
        "interactions": [[names[a], names[b]] for a, b in structure(program).interactions],
    }


def _outputs(program: Program, count: int, target: str) -> list[str]:
    """Return what the scores are called."""
    if program.link == "softmax":
        return [f"score of {label}" for label in program.labels or _classes(count)]
    name = target if program.link == "identity" and not program.labels else "score"
    return [name] if count == 1 else [f"{name} {place}" for place in range(count)]


def _classes(count: int) -> list[str]:
    return [f"class {place}" for place in range(count)]


def body_data(node: Node) -> dict[str, Any]:
    """Return what a node computes as data; inputs and outputs are called by their place."""
    return _DATA[type(node)](node)


def _affine(node: Affine) -> dict[str, Any]:
    weights = node.weights.values
    terms = [
        {"to": int(o), "input": int(i), "times": plain(weights[o, i])}
        for o, i in zip(*np.nonzero(weights), strict=True)
    ]
    return {"kind": "linear", "start": _plain(node.bias.values), "terms": terms}


def _tables(node: StepTables) -> dict[str, Any]:
    cuts, values = _plain(node.cuts.values), _plain(node.values.values)
    missing = None if node.missing is None else _plain(node.missing.values)
    ends = np.concatenate(([0], np.cumsum(node.pieces))).tolist()
    tables = [
        {
            "to": node.outputs[t],
            "input": node.features[t],
            "cuts": cuts[start - t : stop - t - 1],
            "values": values[start:stop],
            "missing": values[start] if missing is None else missing[t],
        }
        for t, (start, stop) in enumerate(pairwise(ends))
    ]
    return {"kind": "tables", "start": _plain(node.bias.values), "tables": tables}


def _forest(node: Forest) -> dict[str, Any]:
    leaves = [_plain(row) for row in node.leaves.values]
    wide = node.leaves.values.shape[1] > 1
    trees = [{"to": None if wide else tree.output, "nodes": _nodes(tree, leaves)} for tree in node.trees]
    return {"kind": "trees", "start": _plain(node.bias.values), "trees": trees}


def _nodes(tree: Tree, leaves: list[list[float]]) -> list[dict[str, Any]]:
    """Return the nodes of a tree in preorder: where a condition holds the next one follows, else the one in `else`."""
    right = right_children(tree.feature)
    return [
        {"adds": leaves[int(tree.leaf[i])]}
        if feature < 0
        else {
            "input": feature,
            "at_most": plain(tree.threshold[i]),
            "or_missing": bool(tree.default_left[i]),
            "else": int(right[i]),
        }
        for i, feature in enumerate(tree.feature.tolist())
    ]


def _distances(node: Distances) -> dict[str, Any]:
    relevances = np.broadcast_to(node.relevances.values, node.points.values.shape)
    points = [
        [{"input": j, "at": plain(p[j]), "times": plain(r[j])} for j in np.flatnonzero(r).tolist()]
        for p, r in zip(node.points.values, relevances, strict=True)
    ]
    return {"kind": "distances", "points": points}


def _nearest(node: Nearest) -> dict[str, Any]:
    start = [0.0] * len(node.owners) if node.bias is None else _plain(node.bias.values)
    otherwise = None if node.otherwise is None else plain(node.otherwise)
    return {"kind": "nearest", "owners": list(node.owners), "start": start, "otherwise": otherwise}


def _pool(node: Pool) -> dict[str, Any]:
    pairs = zip(node.kinds, node.features, strict=True)
    return {"kind": "pool", "items": [{"way": way, "input": None if f < 0 else f} for way, f in pairs]}


def _tokens(node: Tokens) -> dict[str, Any]:
    tokens, slot = [], 0
    for token, size in enumerate(node.sizes):
        terms = [
            {
                "input": node.features[slot + own],
                "times": _plain(node.weights.values[own if node.shared else slot + own]),
            }
            for own in range(size)
        ]
        tokens.append({"start": _plain(node.positions.values[token]), "terms": terms})
        slot += size
    return {"kind": "tokens", "sparse": node.sparse, "tokens": tokens}


def _attention(node: Attention) -> dict[str, Any]:
    mixing = None if node.mixing is None else node.mixing.values.tolist()
    return {"kind": "attention", "width": node.width, "queries": node.queries.values.tolist(), "mixing": mixing}


def _messages(node: Propagate) -> dict[str, Any]:
    own = plain(node.own)
    return {"kind": "messages", "way": node.kind, "times": node.hops, "own": own, "edge_attribute": node.attribute}


def _plain(values: Any) -> list[float]:
    return [plain(value) for value in values]


_DATA: dict[type[Node], Callable[[Any], dict[str, Any]]] = {
    Affine: _affine,
    StepTables: _tables,
    Forest: _forest,
    Sum: lambda node: {"kind": "sum", "parts": [body_data(part) for part in node.nodes]},
    Chain: lambda node: {"kind": "chain", "steps": [body_data(part) for part in node.nodes]},
    Activation: lambda node: {"kind": "activation", "function": node.kind},
    Scale: lambda node: {"kind": "scale", "factors": _plain(node.factors.values)},
    Distances: _distances,
    Nearest: _nearest,
    Propagate: _messages,
    Pool: _pool,
    Tokens: _tokens,
    Attention: _attention,
}
