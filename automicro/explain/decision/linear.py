"""What a linear body multiplies every feature of every row by: the score's derivative, exact where a program is linear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Affine, Chain, Pool, Propagate, Scale, Sum, body_scores
from automicro.program.evaluate.message_passing import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node, Topology

    Floats = NDArray[np.float64]

__all__ = ["Slopes", "slopes"]


@dataclass(frozen=True, eq=False)
class Slopes:
    """A linear score: constant + counted + sum of slopes * features.

    Parameters
    ----------
    slopes : array of float64, (rows, features)
    constant : float
    counted : float
        What the numbers of nodes of graphs add.
    """

    slopes: Floats
    constant: float
    counted: float


def slopes(node: Node, X: NDArray[Any], of: Floats, topology: Topology | None = None) -> Slopes | None:
    """Return the slopes of a score over the features that a body reads; None if the body is not linear.

    Parameters
    ----------
    node : Node
    X : array, (rows, features)
    of : array of float64, (result rows, outputs)
        The score is the sum of the body's results with these factors.
    topology : Topology or None
        How rows that are nodes are connected.
    """
    if isinstance(node, Affine):
        constant = float(of.sum(axis=0) @ node.bias.values.astype(np.float64))
        return Slopes(of @ node.weights.values.astype(np.float64), constant, 0.0)
    if isinstance(node, Scale):
        return Slopes(of * node.factors.values.astype(np.float64), 0.0, 0.0)
    if isinstance(node, Propagate) and topology is not None and node.kind != "max":
        return Slopes(_sent(node, of, topology), 0.0, 0.0)
    if isinstance(node, Pool) and topology is not None and "max" not in node.kinds:
        return _pooled(node, of, topology, X.shape[1])
    if isinstance(node, Sum):
        parts = [slopes(part, X, of, topology) for part in node.nodes]
        known = [part for part in parts if part is not None]
        return _joined(known) if len(known) == len(parts) else None
    return _chained(node, X, of, topology) if isinstance(node, Chain) else None


def _joined(parts: list[Slopes]) -> Slopes:
    return Slopes(
        np.sum([part.slopes for part in parts], axis=0),
        sum(part.constant for part in parts),
        sum(part.counted for part in parts),
    )


def _chained(node: Chain, X: NDArray[Any], of: Floats, topology: Topology | None) -> Slopes | None:
    inputs = [X]
    for part in node.nodes[:-1]:
        inputs.append(body_scores(part, inputs[-1], topology))
    constant = counted = 0.0
    for part, given in zip(reversed(node.nodes), reversed(inputs), strict=True):
        found = slopes(part, given, of, topology)
        if found is None:
            return None
        of, constant, counted = found.slopes, constant + found.constant, counted + found.counted
    return Slopes(of, constant, counted)


def _sent(node: Propagate, of: Floats, topology: Topology) -> Floats:
    """Return messages sent back along their edges."""
    sources, targets = topology.edges
    own, weights = shares(node, topology)
    for _ in range(node.hops):
        back = np.zeros_like(of) if own is None else of * own[:, None]
        np.add.at(back, sources, of[targets] if weights is None else of[targets] * weights[:, None])
        of = back
    return of


def _pooled(node: Pool, of: Floats, topology: Topology, features: int) -> Slopes:
    sizes = np.diff(topology.starts)
    graph = np.repeat(np.arange(topology.graphs), sizes)
    result, counted = np.zeros((topology.nodes, features)), 0.0
    for item, (kind, feature) in enumerate(zip(node.kinds, node.features, strict=True)):
        if kind == "count":
            counted += float(of[:, item] @ sizes)
        else:
            share = of[:, item] / np.maximum(sizes, 1) if kind == "mean" else of[:, item]
            result[:, feature] += share[graph]
    return Slopes(result, 0.0, counted)
