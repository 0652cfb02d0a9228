"""What is known of the data before training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from automicro.plugin.structural import StructuralConstraints

__all__ = ["ColumnKind", "ColumnProfile", "GraphProfile", "Kind", "Profile", "TargetTransform", "Task"]

Task = Literal["classification", "regression", "clustering"]
Kind = Literal["table", "graph", "series", "text"]
TargetTransform = Literal["none", "log"]
ColumnKind = Literal["numeric", "boolean", "category", "text", "series"]


@dataclass(frozen=True)
class ColumnProfile:
    """One source column.

    Parameters
    ----------
    name : str
        Name of the column.
    kind : {"numeric", "boolean", "category", "text", "series"}
        How the column is read.
    missing : int
        Rows without a value.
    distinct : int
        Different values, missing ones left out.
    minimum, maximum : float or None
        Least and largest number of the data.
    integral : bool
        Whether all numbers are whole.
    levels : tuple of str
        Levels of a category, sorted by falling frequency, missing values left out.
    merged : int
        Different numbers that are equal to another one as 32-bit floats, and so not part of `distinct`.
    offset : float
        Number that programs subtract from the column.

    Examples
    --------
    >>> ColumnProfile("island", "category", missing=0, distinct=3, levels=("Biscoe", "Dream", "Torgersen")).integral
    False
    """

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    integral: bool = False
    levels: tuple[str, ...] = ()
    merged: int = 0
    offset: float = 0.0


@dataclass(frozen=True)
class GraphProfile:
    """What is known of graphs before training.

    Parameters
    ----------
    nodes, edges : int
        Nodes and edges of all graphs.
    attributes : int
        Attributes of an edge.
    pooled : bool
        Whether targets belong to whole graphs, not to nodes.

    Examples
    --------
    >>> GraphProfile(nodes=2708, edges=10556, attributes=0, pooled=False).pooled
    False
    """

    nodes: int
    edges: int
    attributes: int
    pooled: bool


@dataclass(frozen=True)
class Profile:
    """What is known of a problem before training.

    Parameters
    ----------
    rows : int
        Rows in the data.
    columns : tuple of ColumnProfile
        Source columns in their order.
    task : {"classification", "regression", "clustering"}
        Task of the problem.
    classes : int
        Number of classes, 0 for regression.
    class_counts : tuple of int
        Rows of each class, in the order of the labels.
    features_at_most : int
        Most features that the preparation of this candidate can hand to a family.
    kind : {"table", "graph", "series", "text"}
        Kind of data.
    max_columns : int or None
        The constraint on source columns, if there is one.
    structural : StructuralConstraints
        Constraints on the model's structure; a family that cannot honour one may decline.
    transforms : tuple of {"none", "log"}
        How a target of numbers may be transformed for training, the most promising first. The search does it; families need not know.
    graph : GraphProfile or None
        Profile of the graphs of a graph problem. Its
        columns are the attributes of nodes, their degree, and sums of edge attributes, all as numbers.

    Examples
    --------
    >>> columns = (ColumnProfile("age", "numeric", missing=0, distinct=60),)
    >>> Profile(rows=100, columns=columns, task="classification", classes=2).outputs
    1
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    task: Task
    classes: int
    class_counts: tuple[int, ...] = ()
    features_at_most: int = 0
    kind: Kind = "table"
    max_columns: int | None = None
    graph: GraphProfile | None = None
    structural: StructuralConstraints = field(default_factory=StructuralConstraints)
    transforms: tuple[TargetTransform, ...] = ("none",)

    @property
    def outputs(self) -> int:
        """Scores per row: 1 for regression and two classes, else one a class."""
        return self.classes if self.classes > 2 else 1
