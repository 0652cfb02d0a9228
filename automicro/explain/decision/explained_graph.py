"""A graph, and what of its scores is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import apply_link, body_scores, decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Batch, Program, Topology

    Floats = NDArray[np.float64]

__all__ = ["ExplainedGraph"]


@dataclass(frozen=True, eq=False)
class ExplainedGraph:
    """A graph, and what of its scores is explained.

    Parameters
    ----------
    program : Program
    names : tuple of str
        Names of the source columns.
    batch : Batch
        Cells of the nodes of one graph.
    node : int or None
        Whose prediction is explained; None: that of the graph.
    of : array of float64, (outputs,)
        Factors of the scores.
    """

    program: Program
    names: tuple[str, ...]
    batch: Batch
    node: int | None
    of: Floats

    @property
    def topology(self) -> Topology:
        """How the nodes are connected."""
        assert self.batch.topology is not None  # noqa: S101 - shows mypy what `graph_batch` gives
        return self.batch.topology

    @property
    def features(self) -> Floats:
        """Decoded features of the nodes."""
        return np.asarray(decode(self.program.decoders, self.batch), dtype=np.float64)

    def scores(self) -> Floats:
        """Return the scores of the node or the graph, (1, outputs)."""
        found: Floats = body_scores(self.program.body, self.features, self.topology)[[self.node or 0]]
        return found

    def prediction(self) -> Floats:
        """Return what is predicted for the node or the graph."""
        return apply_link(self.program, self.scores())
