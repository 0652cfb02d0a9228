"""How nodes are connected and to which graphs they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Topology"]


@dataclass(frozen=True, eq=False)
class Topology:
    """The edges of one graph or of several, whose nodes are one after the other.

    Parameters
    ----------
    edges : array of int64, (2, edges)
        Messages pass from node ``edges[0]`` to node ``edges[1]``; an undirected edge stands in both directions.
    attributes : array of float32, (edges, attributes), or None
    starts : array of int64, (graphs + 1,)
        Graph g has the nodes ``starts[g]`` to ``starts[g + 1] - 1``.
    """

    edges: NDArray[np.int64]
    attributes: NDArray[np.float32] | None
    starts: NDArray[np.int64]

    @property
    def graphs(self) -> int:
        """Number of graphs."""
        return len(self.starts) - 1

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return int(self.starts[-1])

    def graphs_of(self, graphs: NDArray[np.int64]) -> tuple[Topology, NDArray[np.int64]]:
        """Return some graphs, in the order given and each once, and the numbers that their nodes had."""
        sizes = np.diff(self.starts)[graphs]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        place = np.full(self.graphs, -1, dtype=np.int64)
        place[graphs] = np.arange(len(graphs))
        moved_by = starts[:-1] - self.starts[graphs]
        nodes = np.arange(starts[-1]) - np.repeat(moved_by, sizes)
        place_of_edge = place[np.searchsorted(self.starts, self.edges[0], side="right") - 1]
        kept = np.argsort(place_of_edge, kind="stable")[np.count_nonzero(place_of_edge < 0) :]
        edges = self.edges[:, kept] + moved_by[place_of_edge[kept]]
        return Topology(edges, None if self.attributes is None else self.attributes[kept], starts), nodes
