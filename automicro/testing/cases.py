"""Small problems, one for each task and kind of data, with what real data bring: categories, missing values, unequal classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data import load_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.data import Problem
    from automicro.plugin import Family
    from automicro.plugin.profile import Kind, Task

__all__ = ["Case", "cases"]

ROWS = 160


@dataclass(frozen=True, eq=False)
class Case:
    """A problem and its metric.

    Parameters
    ----------
    name : str
        Name of the case.
    problem : Problem
        The data and the task.
    metric : str
        Metric of the scores.

    Examples
    --------
    >>> from automicro.discovery import discover
    >>> cases(discover().families["tree"])[0].problem.rows
    160
    """

    name: str
    problem: Problem
    metric: str

    @property
    def weighted(self) -> Problem:
        """The problem with sample weights, some of them 0."""
        return replace(self.problem, weights=np.arange(self.problem.rows) % 4 / 2.0)


def cases(family: Family) -> list[Case]:
    """Return the cases of those tasks and kinds of data that a family says it serves.

    Families of tables are given tables; those that serve graphs alone the nodes of one, and many of them. There is no case for clustering.

    Parameters
    ----------
    family : Family
        The family under test.

    Returns
    -------
    list of Case
        Small problems with categories, missing values and unequal classes.

    Examples
    --------
    >>> from automicro.discovery import discover
    >>> [case.name for case in cases(discover().families["tree"])]
    ['two classes', 'four classes', 'numbers']
    """
    return [
        Case(name, made(), metric)
        for name, (task, kind, made, metric) in _CASES.items()
        if task in family.tasks and (kind in family.kinds and (kind != "graph" or "table" not in family.kinds))
    ]


def _columns() -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """Return columns of every kind and a number that depends on them."""
    rng = np.random.default_rng(7)
    length = np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(5.0, 2.0, ROWS))
    width, count = rng.normal(size=ROWS), rng.integers(0, 9, ROWS)
    colour = rng.choice(["red", "green", "blue", "rare"], ROWS, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    colour[rng.random(ROWS) < 0.05] = None
    value = np.nan_to_num(length, nan=5.0) + 2 * np.sin(width) + 0.3 * count + 1.5 * (colour == "red")
    table = {"length": length, "width": width, "count": count, "colour": colour, "wet": rng.random(ROWS) < 0.5}
    return table, value + 0.3 * rng.normal(size=ROWS)


def _two_classes() -> Problem:
    table, value = _columns()
    return load_problem(table, np.where(value > np.quantile(value, 0.7), "yes", "no"))


def _four_classes() -> Problem:
    table, value = _columns()
    return load_problem(table, np.searchsorted(np.quantile(value, [0.2, 0.6, 0.8]), value), task="classification")


def _numbers() -> Problem:
    table, value = _columns()
    return load_problem(table, 10.0 + value, task="regression")


def _nodes() -> Problem:
    rng = np.random.default_rng(7)
    target = np.arange(ROWS) % 3
    x = rng.normal(size=(ROWS, 4)) + target[:, None]
    near = [rng.choice(np.flatnonzero(target == target[node]), 2) for node in range(ROWS - 2)]  # two nodes are alone
    edges = [(node, int(other)) for node, others in enumerate(near) for other in others]
    both = np.array(edges + [(b, a) for a, b in edges]).T
    return load_problem({"x": x, "edge_index": both}, target, task="classification")


def _graphs() -> Problem:
    rng = np.random.default_rng(7)
    graphs, sizes = [], rng.integers(1, 9, ROWS)
    for size in sizes:
        ring = np.array([(i, (i + 1) % size) for i in range(size)]).T if size > 1 else np.empty((2, 0), dtype=np.int64)
        graphs.append(
            {"x": rng.normal(size=(size, 3)), "edge_index": ring, "edge_attr": rng.random((ring.shape[1], 1))}
        )
    value = [float(graph["x"].sum() + size) for graph, size in zip(graphs, sizes, strict=True)]
    return load_problem(graphs, np.array(value), task="regression")


_CASES: dict[str, tuple[Task, Kind, Callable[[], Problem], str]] = {
    "two classes": ("classification", "table", _two_classes, "roc_auc"),
    "four classes": ("classification", "table", _four_classes, "accuracy"),
    "numbers": ("regression", "table", _numbers, "r2"),
    "classes of nodes": ("classification", "graph", _nodes, "accuracy"),
    "numbers of graphs": ("regression", "graph", _graphs, "r2"),
}
