"""Graph problems: about the nodes of one graph, some of which have a known target, or about whole graphs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.checks import checked_roles
from automicro.data.problem import Problem
from automicro.data.read.column import where_missing
from automicro.data.read.table import Table, table_of
from automicro.data.read.target import read_target
from automicro.errors import DataError
from automicro.program import raw_cells, read_graphs, take
from automicro.rows.frames import RawColumn, raw_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.plugin.profile import Task
    from automicro.program import Graphs

__all__ = ["load_graphs", "of_nodes", "raw_graphs"]


def load_graphs(  # noqa: PLR0913 - as for tables
    X: Any,
    y: Any,
    *,
    task: Task | None = None,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    offsets: Mapping[int, float] | None = None,
) -> Problem:
    """Read graphs and a target.

    Parameters
    ----------
    X : graph, or list of graphs
        In the forms that `automicro.program.read_graphs` reads. One graph poses a problem about its nodes, a list one about graphs.
    y : array, or str
        One value a node; those that are missing (None, NaN) are unknown, and the nodes take part in messages only. Or one value a
        graph. Or the name under which nodes of a networkx graph, or each graph of a list, have it.
    task, weights, groups, time
        As for tables; one value for each value of `y`.
    offsets : mapping of int to float, optional
        What the program of a model subtracts from attributes, by their place.

    Raises
    ------
    DataError
        Where the data cannot be used, in one sentence.
    """
    graphs = read_graphs(X)
    name = y if isinstance(y, str) else ""
    raw = _target(X, y, graphs)
    if name in graphs.names:
        at = graphs.names.index(name)
        graphs = replace(graphs, names=_without(graphs.names, at), columns=_without(graphs.columns, at))
    items, what = (graphs.topology.nodes, "nodes") if graphs.alone else (graphs.topology.graphs, "graphs")
    if raw.values.shape != (items,):
        raise DataError(
            f"the target must have one value for each of {items} {what}, but its shape is {raw.values.shape}"
        )
    places = np.flatnonzero(~where_missing(raw.values)) if graphs.alone else None
    if places is not None and not len(places):
        raise DataError("some nodes must have a target to learn from, but it is missing at all of them")
    target = read_target(raw if places is None else _known(raw, places), items if places is None else len(places), task)
    columns = [RawColumn(n, values) for n, values in zip(graphs.names, graphs.columns, strict=True)]
    problem = Problem(
        table_of(columns, offsets=offsets),
        target.values,
        target.task,
        target.labels,
        kind="graph",
        topology=graphs.topology,
        places=places,
        ordered_labels=target.ordered,
    )
    roles = {"weights": weights, "groups": groups, "time": time}
    return checked_roles(problem, roles, list(target.notes), places)


def _without(items: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return items[:at] + items[at + 1 :]


def _target(X: Any, y: Any, graphs: Graphs) -> RawColumn:
    if y is None:
        raise DataError("a target is needed to learn from: pass y, one value for each node or graph, or its name")
    if not isinstance(y, str):
        y = y.detach().cpu().numpy() if hasattr(y, "detach") else y
        return raw_values(y, "the target")
    if y in graphs.names:
        return RawColumn(y, graphs.columns[graphs.names.index(y)])
    values = _named(X, y) if graphs.alone else [_named(one, y) for one in X]
    if values is None or (isinstance(values, list) and any(value is None for value in values)):
        raise DataError(f"the target must be an array or the name of what each graph holds, but there is no {y!r}")
    return replace(raw_values([np.asarray(v).item() for v in values], "the target"), name=y)


def _named(graph: Any, name: str) -> Any:
    if isinstance(graph, dict):
        return graph.get(name)
    return graph.graph.get(name) if hasattr(graph, "adj") else getattr(graph, name, None)


def _known(raw: RawColumn, places: NDArray[np.int64]) -> RawColumn:
    """Return the known values; of numbers that are whole but for the missing ones, as whole numbers."""
    values = raw.values[places]
    if len(places) < len(raw.values) and values.dtype.kind == "f" and (values == np.floor(values)).all():
        values = values.astype(np.int64)
    return replace(raw, values=values)


def of_nodes(problem: Problem, rows: NDArray[np.int64]) -> tuple[Problem, NDArray[np.int64]]:
    """Return a problem about a table of nodes, and which of its rows belong to some rows of a graph problem.

    A node has the target of its graph.
    """
    table, topology = problem.table, problem.topology
    if topology is None:
        return problem, rows
    if problem.places is not None:
        columns = tuple(take(column, problem.places) for column in table.columns)
        known = Table(table.names, columns, table.profiles)
        return replace(problem, table=known, topology=None, places=None), rows
    sizes = np.diff(topology.starts)
    weights = None if problem.weights is None else np.repeat(problem.weights, sizes)
    groups = np.repeat(np.arange(topology.graphs) if problem.groups is None else problem.groups, sizes)
    target: NDArray[Any] = np.repeat(problem.target, sizes)
    flat = replace(problem, target=target, weights=weights, groups=groups, order=None, topology=None)
    return flat, topology.graphs_of(rows)[1]


def raw_graphs(problem: Problem, count: int) -> list[dict[str, Any]]:
    """Return some graphs of a problem as a user would hand them over, in plain lists."""
    whole = problem.topology
    assert whole is not None  # noqa: S101 - a graph problem has one
    numbers = range(0, whole.graphs, max(whole.graphs // count, 1))
    return [_raw_graph(problem, number) for number in list(numbers)[:count]]


def _raw_graph(problem: Problem, number: int) -> dict[str, Any]:
    assert problem.topology is not None  # noqa: S101 - as above
    topology, nodes = problem.topology.graphs_of(np.array([number]))
    attributes = topology.attributes
    extra = 1 + (0 if attributes is None else attributes.shape[1])
    table = problem.table
    own = list(zip(table.columns, table.profiles, strict=True))[:-extra]
    columns = [raw_cells(take(column, nodes), profile.offset) for column, profile in own]
    graph = {"x": [list(row) for row in zip(*columns, strict=True)], "edge_index": topology.edges.tolist()}
    if not columns:
        graph = {"num_nodes": topology.nodes, "edge_index": topology.edges.tolist()}
    return graph if attributes is None else {**graph, "edge_attr": attributes.tolist()}
