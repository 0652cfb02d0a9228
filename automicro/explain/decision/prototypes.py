"""What prototypes add to a score: how much nearer one is than another, column by column, or how near each example is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.explain.decision.terms import Term
from automicro.program import Activation, Affine, Chain, Distances, Nearest, Scale, body_scores
from automicro.program.walk import steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program import Node

    Floats = NDArray[np.float64]

__all__ = ["Compared", "compared"]


@dataclass(frozen=True, eq=False)
class Compared:
    """A score made of distances to points.

    Parameters
    ----------
    constant : float
    terms : tuple of Term
        Parts of single features, or of the features that one coordinate is made of in a projection; none beside `examples`.
    examples : tuple of (int, float)
        Position and contribution of each example of a sum; empty where the nearest decides.
    distances : array of float64, (points,)
    deciding : tuple of int
        The points whose distances are in the score.
    """

    constant: float
    terms: tuple[Term, ...]
    examples: tuple[tuple[int, float], ...]
    distances: Floats
    deciding: tuple[int, ...]


def compared(body: Node, features: Floats, of: Floats) -> Compared | None:
    """Return how a score follows from distances to points; None if the body takes none.

    Parameters
    ----------
    body : Node
    features : array of float64, (features,)
        Features of one row.
    of : array of float64, (outputs,)
        The score is the sum of the outputs with these factors.
    """
    nodes = steps(body)
    place = next((i for i, node in enumerate(nodes) if isinstance(node, Distances)), None)
    if place is None or not all(isinstance(node, Scale | Affine) for node in nodes[:place]):
        return None
    points, after = nodes[place], nodes[place + 1 :]
    made = Chain(nodes[:place])
    x = body_scores(made, features[None])[0] if place else features
    distances = body_scores(points, x[None])[0]
    reads = _reads(made.nodes, len(features))
    if len(after) == 1 and isinstance(after[0], Nearest) and isinstance(points, Distances):
        return _nearest(points, after[0], (x, reads), distances, of)
    fades = after[:-1]
    if after and isinstance(after[-1], Affine) and all(isinstance(node, Activation) for node in fades):
        near = body_scores(Chain(fades), distances[None])[0] if fades else distances
        weights = of @ after[-1].weights.values.astype(np.float64)
        used = np.flatnonzero(after[-1].weights.values.any(axis=0)).tolist()
        constant = float(of @ after[-1].bias.values.astype(np.float64))
        added = tuple((point, float(weights[point] * near[point])) for point in used)
        return Compared(constant, (), added, distances, tuple(used))
    return None


def _reads(nodes: Sequence[Node], features: int) -> list[tuple[int, ...]]:
    """Return the features that each coordinate is made of."""
    block = np.eye(features, dtype=np.bool_)
    for node in nodes:
        if isinstance(node, Affine):
            block = (node.weights.values != 0).astype(np.int64) @ block > 0
    return [tuple(np.flatnonzero(row).tolist()) for row in block]


def _nearest(
    points: Distances, node: Nearest, place: tuple[Floats, list[tuple[int, ...]]], distances: Floats, of: Floats
) -> Compared:
    x, reads = place
    bias = np.zeros(len(node.owners)) if node.bias is None else node.bias.values.astype(np.float64)
    relevances = np.broadcast_to(points.relevances.values.astype(np.float64), points.points.values.shape)
    constant, deciding = 0.0, []
    total = np.zeros(len(x))
    for output in np.flatnonzero(of).tolist():
        owned = [i for i, owner in enumerate(node.owners) if owner == output]
        if not owned:
            constant += float(of[output] * float(np.float32(node.otherwise or 0.0)))
            continue
        best = max(owned, key=lambda i: bias[i] - distances[i])
        deciding.append(best)
        constant += float(of[output] * bias[best])
        difference = x - points.points.values[best].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            term = of[output] * relevances[best] * difference * difference
        total -= np.where(relevances[best] != 0, term, 0.0)
    used = np.flatnonzero(relevances[deciding].any(axis=0)) if deciding else np.array([], dtype=np.int64)
    terms = tuple(Term(reads[j], float(total[j])) for j in used.tolist())
    return Compared(constant, terms, (), distances, tuple(deciding))
