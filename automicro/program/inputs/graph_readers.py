"""Graphs as people hold them, as columns of nodes and a topology: plain arrays, torch_geometric and networkx; neither is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.program.inputs.rows import FLOAT32_MAX, Batch, columns_of, columns_read
from automicro.program.inputs.topology import Topology

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Program

__all__ = ["Graphs", "graph_batch", "holds_graphs", "read_graphs"]

DEGREE, EDGE = "degree", "edge "
ARRAYS = ("x", "edge_index", "edge_attr", "num_nodes")


@dataclass(frozen=True, eq=False)
class Graphs:
    """One graph or several.

    Parameters
    ----------
    names : tuple of str
        Names of the columns.
    columns : tuple of array, each (nodes,)
        The attributes of nodes, then their degree (the number of incoming edges), then for each edge attribute its sum over these.
    topology : Topology
    alone : bool
        Whether one graph was given, not a list of them.
    """

    names: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    topology: Topology
    alone: bool


@dataclass(frozen=True, eq=False)
class _One:
    """One graph: `x` has one array a node attribute, `attributes` (edges, k) one column an edge attribute."""

    x: dict[str, NDArray[Any]]
    edges: NDArray[np.int64]
    attributes: NDArray[np.float64] | None
    edge_names: tuple[str, ...]
    nodes: int


def holds_graphs(value: Any) -> bool:
    """Whether a value is a graph or a list of graphs in one of the forms that `read_graphs` reads."""
    if isinstance(value, list | tuple):
        first = value[0] if value else None
        return _is_graph(first) or (isinstance(first, dict) and any(_is_graph(one) for one in value))
    return _is_graph(value)


def _is_graph(value: Any) -> bool:
    if isinstance(value, dict):
        return "edge_index" in value
    return _is_networkx(value) or (hasattr(value, "edge_index") and hasattr(value, "num_nodes"))


def _is_networkx(value: Any) -> bool:
    return (
        hasattr(value, "is_directed") and hasattr(value, "nodes") and hasattr(value, "edges") and hasattr(value, "adj")
    )


def read_graphs(value: Any, names: Sequence[str] | None = None) -> Graphs:
    """Read a graph or a list of graphs.

    Parameters
    ----------
    value : dict, torch_geometric Data or Batch, networkx graph, or list of one of these
        A dict or Data has `x` (nodes, attributes), `edge_index` (2, edges), and `edge_attr` (edges, attributes) if edges have any;
        without `x` it has `num_nodes`. The attributes of a networkx graph are in the order of their names; an undirected edge
        goes both ways.
    names : sequence of str, optional
        The columns of a model, to find the attributes of networkx graphs by name.

    Raises
    ------
    DataError
        Where graphs cannot be used, in one sentence that says which one.

    Examples
    --------
    >>> graphs = read_graphs({"x": [[1.0], [2.0], [4.0]], "edge_index": [[0, 1], [1, 2]]})
    >>> graphs.names, [column.tolist() for column in graphs.columns]
    (('x_0', 'degree'), [[1.0, 2.0, 4.0], [0.0, 1.0, 1.0]])
    """
    alone = not isinstance(value, list | tuple)
    given: Sequence[Any] = [value] if alone else value
    starts = _array(getattr(value, "ptr", None)) if alone else None
    known = _attribute_names(given, names)
    ones = [_read(one, known, "the graph" if alone else f"graph {at}") for at, one in enumerate(given)]
    if len({(tuple(one.x), one.edge_names) for one in ones}) > 1:
        at = next(
            k for k, one in enumerate(ones) if (tuple(one.x), one.edge_names) != (tuple(ones[0].x), ones[0].edge_names)
        )
        raise DataError(
            f"graphs must have the same attributes, but graph 0 has {_arrays_of(ones[0])} and graph {at} has {_arrays_of(ones[at])}"
        )
    sizes = np.array([one.nodes for one in ones], dtype=np.int64)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    edges = np.concatenate([one.edges + start for one, start in zip(ones, ends, strict=False)], axis=1)
    own = [one.attributes for one in ones if one.attributes is not None]
    attributes = np.concatenate(own).astype(np.float32) if own else None
    topology = Topology(edges, attributes, ends if starts is None else starts.astype(np.int64))
    columns = {name: np.concatenate([one.x[name] for one in ones]) for name in ones[0].x}
    columns[DEGREE] = np.bincount(edges[1], minlength=topology.nodes).astype(np.float64)
    for k, name in enumerate(ones[0].edge_names):
        columns[name] = np.bincount(
            edges[1], weights=None if attributes is None else attributes[:, k], minlength=topology.nodes
        )
    return Graphs(tuple(columns), tuple(columns.values()), topology, alone and starts is None)


def graph_batch(program: Program, value: Any, names: Sequence[str] | None = None) -> Batch:
    """Return graphs, in the forms that `read_graphs` reads, as a program is evaluated on them.

    Raises
    ------
    DataError
        If they do not have the attributes that the program was made for.
    """
    graphs = read_graphs(value, names)
    _check_attributes(program, value, names)
    if len(graphs.columns) != program.columns:
        k = sum(name.startswith(EDGE) for name in graphs.names)
        raise DataError(
            f"attributes of nodes, degree and attributes of edges must be {program.columns} as in training, "
            f"but are {len(graphs.columns) - k - 1} + 1 + {k}; a model of a table takes a table"
        )
    return Batch(tuple(columns_of(program, list(graphs.columns))), graphs.topology)


def _check_attributes(program: Program, value: Any, names: Sequence[str] | None) -> None:
    """Raise `DataError` if a program reads an attribute that no node of some networkx graphs has."""
    given = [one for one in (value if isinstance(value, list | tuple) else [value]) if _is_networkx(one)]
    held = {str(name) for graph in given for _, data in graph.nodes(data=True) for name in data}
    own = _attribute_names(given, names)[0]
    lost = [own[column] for column in columns_read(program) if column < len(own) and own[column] not in held]
    if lost and any(len(graph) for graph in given):
        raise DataError(f"attribute {lost[0]!r} of nodes must be given, but no node has it")


def _arrays_of(one: _One) -> str:
    return f"{len(one.x)} of nodes and {len(one.edge_names)} of edges"


def _attribute_names(graphs: Sequence[Any], names: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the attributes of nodes and of edges of networkx graphs."""
    if names is not None and DEGREE in names:
        at = list(names).index(DEGREE)
        return tuple(names[:at]), tuple(name.removeprefix(EDGE) for name in names[at + 1 :])
    own = [graph for graph in graphs if _is_networkx(graph)]
    nodes = {str(name) for graph in own for _, data in graph.nodes(data=True) for name in data}
    edges = {str(name) for graph in own for _, _, data in graph.edges(data=True) for name in data}
    return tuple(sorted(nodes)), tuple(sorted(edges))


def _read(value: Any, names: tuple[tuple[str, ...], tuple[str, ...]], which: str) -> _One:
    if _is_networkx(value):
        return _networkx(value, names, which)
    if not _is_graph(value):
        raise DataError(
            f"{which} must be a dict with edge_index, a Data or a networkx graph, but is {type(value).__name__}"
        )
    arrays = value if isinstance(value, dict) else {name: getattr(value, name, None) for name in ARRAYS}
    try:
        x, edges, attributes, count = (_array(arrays.get(name)) for name in ARRAYS)
    except ValueError:
        raise DataError(
            f"x, edge_index and edge_attr of {which} must have equally many values in every row, but do not"
        ) from None
    if x is None and count is None:
        raise DataError(f"{which} must have x, the attributes of its nodes, or num_nodes")
    nodes = int(count or 0) if x is None else len(x)
    matrix = np.empty((nodes, 0)) if x is None else x[:, None] if x.ndim == 1 else x
    if matrix.ndim != 2:
        raise DataError(f"x of {which} must be (nodes, attributes), but its shape is {matrix.shape}")
    if edges is None:
        raise DataError(f"{which} must have edge_index, of shape (2, 0) if there are no edges")
    read = _edges(edges, nodes, which)
    weights = None if attributes is None else _weights(attributes, read.shape[1], which)
    edge_names = tuple(f"{EDGE}{k}" for k in range(0 if weights is None else weights.shape[1]))
    return _One({f"x_{j}": matrix[:, j] for j in range(matrix.shape[1])}, read, weights, edge_names, nodes)


def _array(value: Any) -> NDArray[Any] | None:
    """Return whatever holds numbers as an array; tensors leave their device and gradient."""
    if value is None or isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        return np.asarray(value.detach().cpu().numpy())
    array = np.asarray(value)
    return np.array(value, dtype=object) if array.dtype.kind == "U" else array  # numbers beside text stay numbers


def _edges(edges: NDArray[Any], nodes: int, which: str) -> NDArray[np.int64]:
    if edges.size == 0:
        return np.empty((2, 0), dtype=np.int64)
    if edges.ndim != 2 or len(edges) != 2:
        raise DataError(f"edge_index of {which} must be (2, edges), but its shape is {edges.shape}")
    if edges.dtype.kind not in "iu":
        raise DataError(f"edge_index of {which} must hold whole numbers, but holds {edges.dtype}")
    read = edges.astype(np.int64)
    if read.min() < 0 or read.max() >= nodes:
        raise DataError(
            f"edges of {which} must connect nodes 0..{nodes - 1}, but those given reach from {read.min()} to {read.max()}"
        )
    return read


def _weights(attributes: NDArray[Any], edges: int, which: str) -> NDArray[np.float64]:
    matrix = attributes[:, None] if attributes.ndim == 1 else attributes
    if matrix.ndim != 2 or len(matrix) != edges:
        raise DataError(
            f"edge_attr of {which} must have a row for each of {edges} edges, but its shape is {attributes.shape}"
        )
    if matrix.dtype.kind not in "fiub":
        raise DataError(
            f"attributes of edges must be numbers, but {which} holds {matrix.flat[0]!r}: use one column a kind"
        )
    if not np.isfinite(matrix).all() or (np.abs(matrix) > FLOAT32_MAX).any():
        raise DataError(f"attributes of edges must be finite float32 numbers, but those of {which} are not")
    return matrix.astype(np.float64)


def _networkx(graph: Any, names: tuple[tuple[str, ...], tuple[str, ...]], which: str) -> _One:
    place = {node: k for k, node in enumerate(graph.nodes)}
    x = {}
    for name in names[0]:
        x[name] = np.empty(len(place), dtype=object)
        x[name][:] = [data.get(name) for _, data in graph.nodes(data=True)]
    pairs, rows = [], []
    for source, target, data in graph.edges(data=True):
        both = not graph.is_directed() and source != target
        pairs += [(place[source], place[target]), (place[target], place[source])][: 1 + both]
        rows += [[data.get(name, 0.0) for name in names[1]]] * (1 + both)
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    try:
        values = np.array(rows, dtype=np.float64).reshape(len(pairs), len(names[1]))
    except (TypeError, ValueError):
        raise DataError(f"attributes of edges must be numbers, but {which} has others: use one number a kind") from None
    weights = _weights(values, len(pairs), which) if names[1] else None
    return _One(x, edges, weights, tuple(f"{EDGE}{name}" for name in names[1]), len(place))
