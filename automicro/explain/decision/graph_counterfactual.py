"""What would change a model's output for a node or a graph: the nearest change of attributes of one node that flips the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.explain.decision.counterfactual import counterfactual
from automicro.explain.decision.explained_row import ExplainedRow
from automicro.explain.decision.receptive_field import CELLS, receptive_field, results_of_copies
from automicro.program import columns_read, decode, take

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.explain.decision.counterfactual import Counterfactual
    from automicro.explain.decision.explained_graph import ExplainedGraph
    from automicro.explain.decision.receptive_field import ReceptiveField
    from automicro.program import Column

    Floats = NDArray[np.float64]
    Ranges = Mapping[int, tuple[float, float]]

__all__ = ["flip_of_graph"]

MOST_NODES, MOST_COLUMNS = 3, 8


@dataclass(frozen=True, eq=False)
class _NodeRow(ExplainedRow):
    """The columns of one node as a row, while all else of the graph stays as it is.

    Parameters
    ----------
    graph : AskedGraph
    field : ReceptiveField
    place : int
        Position of the node in the receptive field.
    attributes : tuple of int
        The columns that may change: not degrees and sums over edges, which follow from the edges.
    """

    graph: ExplainedGraph
    field: ReceptiveField
    place: int
    attributes: tuple[int, ...]

    @property
    def read(self) -> tuple[int, ...]:
        """Columns that may change."""
        return self.attributes

    def all_scores(self, columns: Sequence[Column | None] | None = None) -> Floats:
        """Return the scores of the prediction for variants of the node's columns, (variants, outputs)."""
        own = decode(self.program.decoders, self.columns if columns is None else columns)
        step = max(1, CELLS // max(self.field.X.size, 1))
        parts = []
        for start in range(0, len(own), step):
            variants = np.repeat(self.field.X[None], len(own[start : start + step]), axis=0)
            variants[:, self.place] = own[start : start + step]
            joined = variants.reshape(-1, variants.shape[2])
            parts.append(results_of_copies(self.graph, joined, self.field.topology))
        return np.concatenate(parts)


def flip_of_graph(
    explained: ExplainedGraph, ranges: Ranges, immutable: Collection[int], booleans: Collection[int]
) -> Counterfactual | None:
    """Return the nearest flip that was found by changing attributes of one node; None if there is none within the ranges.

    Tried are the three nodes whose loss changes the score most, and of each the eight columns that do so at an end of their range.
    """
    field = receptive_field(explained)
    edges = 0 if explained.topology.attributes is None else explained.topology.attributes.shape[1]
    read = columns_read(explained.program)
    free = tuple(c for c in read if c < explained.program.columns - 1 - edges and c not in immutable)
    if not free or not field.within:
        return None
    found = [
        flip
        for place in _nodes(explained, field)
        if (flip := counterfactual(_row(explained, field, place, free, ranges), ranges, immutable, booleans))
        is not None
    ]
    return min(found, key=lambda flip: flip.distance, default=None)


def _nodes(explained: ExplainedGraph, field: ReceptiveField) -> list[int]:
    """Return the nodes that the score hangs on most, measured with all features of a node at 0; the node itself first."""
    near = min(field.within, max(1, CELLS // max(field.X.size, 1)))
    variants = np.repeat(field.X[None], near + 1, axis=0)
    variants[np.arange(near), np.arange(near)] = 0.0
    joined = variants.reshape(-1, variants.shape[2])
    scores = results_of_copies(explained, joined, field.topology) @ explained.of
    lost = np.nan_to_num(np.abs(scores[:-1] - scores[-1]))
    if explained.node is not None:
        lost[0] = np.inf
    return [int(place) for place in np.argsort(-lost, kind="stable")[:MOST_NODES]]


def _row(
    explained: ExplainedGraph, field: ReceptiveField, place: int, free: tuple[int, ...], ranges: Ranges
) -> _NodeRow:
    node = int(field.nodes[place])
    columns = tuple(None if c is None else take(c, np.array([node])) for c in explained.batch.columns)
    names = tuple(f"{name} of node {node}" for name in explained.names)
    row = _NodeRow(explained.program, names, columns, explained.of, explained, field, place, free)
    numbers = [c for c in free if c in ranges]
    if len(free) <= MOST_COLUMNS or not numbers:
        return _NodeRow(explained.program, names, columns, explained.of, explained, field, place, free[:MOST_COLUMNS])
    tried = row.repeated(2 * len(numbers) + 1)
    for place_of, column in enumerate(numbers):
        values = np.array(tried[column], dtype=np.float32)
        values[2 * place_of : 2 * place_of + 2] = ranges[column]
        tried[column] = values
    scores = row.scores(tried)
    reach = np.nan_to_num(np.abs(scores[:-1] - scores[-1])).reshape(-1, 2).max(axis=1)
    best = tuple(sorted(numbers[k] for k in np.argsort(-reach, kind="stable")[:MOST_COLUMNS]))
    return _NodeRow(explained.program, names, columns, explained.of, explained, field, place, best)
