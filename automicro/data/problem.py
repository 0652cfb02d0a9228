"""A problem: the table, its target, and how rows are weighted, grouped and ordered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import part_profile
from automicro.program import Batch, take

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.read.table import Table
    from automicro.data.read.target import Labels
    from automicro.plugin.profile import Kind, Task
    from automicro.program import Topology

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows with a target.

    A row is a row of the table, or one of its series; in a graph problem it is a node of the one graph or one of several graphs, and the
    rows of the table are nodes.

    Parameters
    ----------
    table : Table
    target : array, (rows,)
        Class codes 0..classes-1 as int64, or numbers as float64; zeros for clustering.
    task : {"classification", "regression", "clustering"}
    labels : tuple or None
        Class labels in the order of the codes; None for regression and clustering. The second of two is the positive class.
    ordered_labels : bool
        Whether the data or the request state the order of the labels.
    weights : array of float64, (rows,), or None
    groups : array of int64, (rows,), or None
        Codes; rows of one group stay together in every split.
    order : array of int64, (rows,), or None
        Ranks in time; a model is validated on rows later than those that it was trained on.
    notes : tuple of str
        What the user should know of how the data were read.
    kind : {"table", "graph", "series", "text"}
    topology : Topology or None
        Edges between the nodes of a graph problem, which are the rows of the table.
    places : array of int64, (rows,), or None
        Node that each row represents, in a problem about nodes. None: rows are graphs, or rows of the table.
    excluded_columns : frozenset of int
        Columns that no model may read.
    needed : frozenset of int
        Columns that come first where a model is to read some only.
    kept_as : array of int64, (rows as they were passed,), or None
        The number that each row as it was passed has here, -1 for one that is left out. None: rows have the numbers that they had.
    copied : bool
        Whether the groups are rows that are copies of each other, instead of groups that were passed.
    """

    table: Table
    target: NDArray[np.int64] | NDArray[np.float64]
    task: Task
    labels: Labels | None = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    order: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    kind: Kind = "table"
    topology: Topology | None = None
    places: NDArray[np.int64] | None = None
    excluded_columns: frozenset[int] = frozenset()
    needed: frozenset[int] = frozenset()
    ordered_labels: bool = False
    kept_as: NDArray[np.int64] | None = None
    copied: bool = False

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.table.rows if self.topology is None else len(self.target)

    def only(self, rows: NDArray[np.int64]) -> Problem:
        """Return the problem with some of its rows; nodes that are no rows any more stay in their graph."""
        part = self.batch(rows)
        table = self.table
        if self.places is None:
            columns = tuple(column for column in part.columns if column is not None)
            facts = tuple(part_profile(p, column) for p, column in zip(table.profiles, columns, strict=True))
            table = replace(table, columns=columns, profiles=facts)

        def taken(values: Any) -> Any:
            return None if values is None else values[rows]

        return replace(
            self,
            table=table,
            target=self.target[rows],
            weights=taken(self.weights),
            groups=None
            if self.groups is None
            else np.unique(self.groups[rows], return_inverse=True)[1].astype(np.int64),
            order=None if self.order is None else np.unique(self.order[rows], return_inverse=True)[1].astype(np.int64),
            topology=part.topology,
            places=taken(self.places),
            kept_as=_renumbered(self.kept_as, rows, self.rows),
        )

    def batch(self, rows: NDArray[np.int64] | None = None) -> Batch:
        """Return some rows, by default all, in the form that programs are evaluated on."""
        columns = self.table.columns
        if self.topology is None:
            return Batch(columns if rows is None else tuple(take(column, rows) for column in columns))
        if self.places is not None:
            return Batch(columns, self.topology, self.places if rows is None else self.places[rows])
        if rows is None:
            return Batch(columns, self.topology)
        topology, nodes = self.topology.graphs_of(rows)
        return Batch(tuple(take(column, nodes) for column in columns), topology)

    @property
    def classes(self) -> int:
        """Number of classes, 0 for regression."""
        return len(self.labels) if self.labels else 0


def _renumbered(kept_as: NDArray[np.int64] | None, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the numbers that rows as they were passed have where of `count` rows some are taken."""
    now = np.full(count + 1, -1, dtype=np.int64)  # the last is of rows that had been left out before
    now[rows] = np.arange(len(rows))
    return now[:count] if kept_as is None else now[kept_as]
