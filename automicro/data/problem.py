"""A problem: the table, its target, and how rows are weighted, grouped and ordered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.copies import with_copies_together
from automicro.data.leaks import leaks
from automicro.data.read.column import part_profile
from automicro.data.read.detect import missing_of, read_as_given, read_columns
from automicro.data.read.roles import groups_of, order_of, taken_roles, weights_of
from automicro.data.read.series import series_table
from automicro.data.read.table import check_columns, merged_note, raw_columns, table_of
from automicro.data.read.target import read_target
from automicro.data.weightless import only_weighted, without_weightless
from automicro.errors import DataError
from automicro.program import Batch, holds_graphs, take
from automicro.rows.frames import RawColumn, raw_values
from automicro.rows.readings import names_and_readings
from automicro.rows.series import Series, holds_series

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.data.read.table import Table
    from automicro.data.read.target import Labels
    from automicro.plugin.profile import Kind, Task
    from automicro.program import Topology

__all__ = ["Problem", "checked_roles", "load_problem"]

FEWEST_TO_CLUSTER = 10
NO_TARGET = "a target is needed to learn from: pass y, or the name of its column; to find clusters without one, choose metric='silhouette'"


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


def load_problem(  # noqa: PLR0913 - each is an option that users set on its own
    X: Any,
    y: Any,
    *,
    task: Task | None = None,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    text: Sequence[str] | None = None,
    missing: Sequence[str | float] | None = None,
    card: Mapping[str, Any] | None = None,
    offsets: Mapping[int, float] | None = None,
) -> Problem:
    """Read a table and its target.

    Parameters
    ----------
    X : table, (rows, columns), graph, or list of graphs
        Whatever `load_table` reads; or what `automicro.data.read.graphs.load_graphs` does.
    y : array, series or str, (rows,), or None
        The target, or the name of the column of `X` that holds it; None for clustering.
    task : {"classification", "regression", "clustering"}, optional
        By default inferred from the target: text, booleans and categoricals are classes, numbers with fractions are not;
        whole numbers are classes if there are two, or at most 20 with at least 5 rows each on average.
    weights : array or str, (rows,), optional
        How much each row counts: finite and not negative. Rows of weight 0 are left out before anything is read from them, and a
        note says so.
    groups : array or str, (rows,), optional
        Rows with the same value stay together in every split.
    time : array or str, (rows,), optional
        Numbers or dates, which may be written as text in one format; splits then validate on later rows only.
    text : sequence of str, optional
        Names of the columns that are text rather than categories; inferred from their values if not given.
    missing : sequence of str or float, optional
        Words and numbers that count as missing, as in `load_table`; in the target, too.
    card : mapping, optional
        Card of a model, by which columns are read as in its training, rather than by what these rows look like.
    offsets : mapping of int to float, optional
        `Model.offsets` of a model: the numbers that its program subtracts from columns.

    Raises
    ------
    DataError
        Where the data cannot be used, in one sentence.

    Notes
    -----
    Columns of `X` that are named as `y`, `weights`, `groups` or `time` are not learnt from. Of pandas objects, values belong to the rows
    with their labels: an index that has those of `X` in another order is aligned, one with other labels is refused.

    Examples
    --------
    >>> rows = [{"size": 1.5 * i, "sold": i % 3 == 0} for i in range(12)]
    >>> problem = load_problem(rows, "sold")
    >>> problem.task, problem.labels, problem.table.names
    ('classification', (False, True), ('size',))
    """
    if holds_graphs(X):
        if task == "clustering":
            raise DataError("clusters are found in tables only, but X holds graphs: give a table of their attributes")
        from automicro.data.read.graphs import load_graphs  # noqa: PLC0415 - which itself makes problems

        return load_graphs(X, y, task=task, weights=weights, groups=groups, time=time, offsets=offsets)
    columns = _columns_of(X, text)
    text = text if text is None or isinstance(text, str) else [str(name) for name in text]
    given = {"the target": y, "weights": weights, "groups": groups, "time": time}
    taken, named, orders = taken_roles(X, columns, given)
    columns, taken, left_out, kept_as = without_weightless(columns, taken, whole=holds_series(X))
    if task == "clustering":
        if holds_series(X) or text:
            raise DataError("clusters are looked for in tables of numbers and categories, but X holds series or text")
        return _without_target(columns, taken, named, missing)
    if "the target" not in taken:
        raise DataError(NO_TARGET)
    unnamed = [column for column in columns if column.name not in named]
    table = series_table(X) if holds_series(X) else _table(unnamed, text, missing, card, offsets)
    _check_leak(taken["the target"], columns if taken["the target"].name not in named else [])
    target = read_target(taken["the target"], table.rows, task, missing_of(missing), (card or {}).get("labels"))
    problem = Problem(
        table,
        target.values,
        target.task,
        target.labels,
        weights=weights_of(taken["weights"], table.rows) if "weights" in taken else None,
        groups=groups_of(taken["groups"], table.rows) if "groups" in taken else None,
        order=order_of(taken["time"], table.rows) if "time" in taken else None,
        kind=_kind(table),
        ordered_labels=target.ordered,
        excluded_columns=table.excluded_columns,
        kept_as=kept_as,
    )
    notes = (*orders, *left_out, *target.notes, *table.notes, *_notes(problem))
    return with_copies_together(only_weighted(replace(problem, notes=notes)))


def _table(
    raw: list[RawColumn],
    text: Sequence[str] | None,
    missing: Sequence[str | float] | None,
    card: Mapping[str, Any] | None,
    offsets: Mapping[int, float] | None = None,
) -> Table:
    """Return the table of columns that are learnt from, read as the card says if there is one."""
    check_columns(raw, () if card is not None else text or ())
    if card is not None:
        read = read_as_given(raw, *names_and_readings(card))
        return table_of(read.columns, text, read.readings, offsets=offsets)
    read = read_columns(raw, text, missing_of(missing))
    table = table_of(read.columns, text, read.readings, read.sentences, offsets)
    return replace(table, excluded_columns=frozenset(read.excluded_columns))


def _kind(table: Table) -> Kind:
    kinds = {profile.kind for profile in table.profiles}
    return "series" if "series" in kinds else "text" if "text" in kinds else "table"


def _columns_of(X: Any, text: Sequence[str] | None) -> list[RawColumn]:
    """Return the columns of a table, or those with one value for each series."""
    if not holds_series(X):
        return raw_columns(X)
    if text is not None:
        raise DataError("text must name columns of a table, but X holds series")
    labels = X.labels if isinstance(X, Series) else {}
    return [RawColumn(name, values) for name, values in labels.items()]


def checked_roles(
    problem: Problem, roles: dict[str, Any], notes: list[str | None], places: NDArray[np.int64] | None = None
) -> Problem:
    """Return a problem with weights, groups and time, given as arrays; those of `places` count if there are some."""
    given = {role: raw_values(value, role) for role, value in roles.items() if value is not None}
    if named := next((role for role, value in roles.items() if isinstance(value, str)), None):
        raise DataError(f"{named} must be an array with one value for each value of the target, but got a name")
    if places is not None and problem.topology is not None:
        nodes = problem.topology.nodes
        if wrong := next((role for role, raw in given.items() if len(raw.values) != nodes), None):
            raise DataError(
                f"{wrong} must have one value for each of {nodes} nodes, but have {len(given[wrong].values)}"
            )
        given = {role: replace(raw, values=raw.values[places]) for role, raw in given.items()}
    problem = replace(
        problem,
        weights=weights_of(given["weights"], problem.rows) if "weights" in given else None,
        groups=groups_of(given["groups"], problem.rows) if "groups" in given else None,
        order=order_of(given["time"], problem.rows) if "time" in given else None,
    )
    said = filter(None, [*notes, *problem.table.notes, *_notes(problem)])
    return only_weighted(replace(problem, notes=tuple(said)))


def _without_target(
    columns: list[RawColumn],
    taken: Mapping[str, RawColumn],
    named: Collection[str],
    missing: Sequence[str | float] | None,
) -> Problem:
    """Return the problem of finding clusters in some rows."""
    for role in ("the target", "weights", "time"):
        if role in taken:
            raise DataError(
                f"{role} must not be given for clustering, which does not read it: leave it out, or choose another metric or task"
            )
    table = _table([column for column in columns if column.name not in named], (), missing, None)
    if table.rows < FEWEST_TO_CLUSTER:
        raise DataError(
            f"there must be at least {FEWEST_TO_CLUSTER} rows to find clusters in, but there are only {table.rows}"
        )
    groups = groups_of(taken["groups"], table.rows) if "groups" in taken else None
    _check_varies(table)
    zeros = np.zeros(table.rows)
    return Problem(
        table, zeros, "clustering", groups=groups, notes=tuple(table.notes), excluded_columns=table.excluded_columns
    )


def _check_leak(target: RawColumn, columns: list[RawColumn]) -> None:
    for column in columns:
        if target.name and column.name == target.name and np.array_equal(column.values, target.values):
            raise DataError(
                f"column {column.name!r} of X must not be the target itself: drop it, or pass y={column.name!r}"
            )


def _notes(problem: Problem) -> list[str]:
    """Check that something can be learnt, and return what looks suspicious."""
    table = problem.table
    if problem.topology is None:
        _check_varies(table)
    elif not _varies(table):
        raise DataError(
            "degrees or attributes of nodes must vary, but each is the same at every node: there is nothing to learn from, "
            "unless x is given, such as a column of how many nodes the graph has"
        )
    equal = [
        place
        for place, (column, profile) in enumerate(zip(table.columns, table.profiles, strict=True))
        if isinstance(column, np.ndarray)
        and np.array_equal(column, (problem.target - profile.offset).astype(np.float32))
    ]
    said = (
        f"column {table.names[place]!r} equals the target in every row: drop it if it is not known when predicting"
        for place in equal
    )
    return [*said, *leaks(problem, equal)]


def _varies(table: Table) -> bool:
    return any(p.distinct > 1 or (p.distinct and p.missing) for p in table.profiles)


def _check_varies(table: Table) -> None:
    if _varies(table):
        return
    if (merged := next((profile for profile in table.profiles if profile.merged), None)) is not None:
        raise DataError(f"at least one column must vary, but {merged_note(merged)}")
    raise DataError("at least one column must vary, but each is the same in every row: there is nothing to learn from")
