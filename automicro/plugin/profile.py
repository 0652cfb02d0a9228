"""What is known of the data before training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from automicro.plugin.wishes import Wishes

__all__ = ["ColumnKind", "ColumnProfile", "GraphProfile", "Kind", "Profile", "TargetTransform", "Task"]

Task = Literal["classification", "regression", "clustering"]
Kind = Literal["table", "graph", "series", "text"]
TargetTransform = Literal["none", "log"]
ColumnKind = Literal["numeric", "boolean", "category", "text", "series"]


@dataclass(frozen=True)
class ColumnProfile:
    """One source column.

    `levels` (of a category) are sorted by falling frequency; `distinct` and `levels` leave out missing values. `merged` counts the
    different numbers of the data that are equal to another one as 32-bit floats, and so not part of `distinct`. Programs read the column
    less `offset`; `minimum` and `maximum` are those of the data.
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
    """What is known of graphs: nodes and edges in all, attributes of an edge, and whether rows are whole graphs, not nodes."""

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
    classes : int
        Number of classes, 0 for regression.
    class_counts : tuple of int
        Rows of each class, in the order of the labels.
    features_at_most : int
        Most features that the preparation of this candidate can hand to a family.
    kind : {"table", "graph", "series", "text"}
    max_features : int or None
        The constraint on source columns, if there is one.
    wishes : Wishes
        What else is asked of the model's structure; a family that cannot honour a wish may decline.
    transforms : tuple of {"none", "log"}
        How a target of numbers may be transformed for training, the most promising first. The search does it; families need not know.
    graph : GraphProfile or None
        Of a graph problem. Its columns are the attributes of nodes, their degree, and sums of edge attributes, all as numbers.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    task: Task
    classes: int
    class_counts: tuple[int, ...] = ()
    features_at_most: int = 0
    kind: Kind = "table"
    max_features: int | None = None
    graph: GraphProfile | None = None
    wishes: Wishes = field(default_factory=Wishes)
    transforms: tuple[TargetTransform, ...] = ("none",)

    @property
    def outputs(self) -> int:
        """Scores per row: 1 for regression and two classes, else one a class."""
        return self.classes if self.classes > 2 else 1
