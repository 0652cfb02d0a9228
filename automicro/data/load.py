"""Reads a table or graphs, a target and the roles of columns as a problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.checks import check_varies, checked
from automicro.data.copies import with_copies_together
from automicro.data.graphs import load_graphs
from automicro.data.problem import Problem
from automicro.data.read.detect import missing_of, read_as_given, read_columns
from automicro.data.read.roles import groups_of, order_of, taken_roles, weights_of
from automicro.data.read.series import series_table
from automicro.data.read.table import check_columns, raw_columns, table_of
from automicro.data.read.target import read_target
from automicro.data.weightless import only_weighted, without_weightless
from automicro.errors import DataError
from automicro.program import holds_graphs
from automicro.rows.frames import RawColumn
from automicro.rows.readings import names_and_readings
from automicro.rows.series import Series, holds_series

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from automicro.data.read.table import Table
    from automicro.plugin.profile import Kind, Task

__all__ = ["load_problem"]

FEWEST_TO_CLUSTER = 10
NO_TARGET = "a target is needed to learn from: pass y, or the name of its column; to find clusters without one, choose metric='silhouette'"


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
        Whatever `load_table` reads; or what `automicro.data.graphs.load_graphs` does.
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
    notes = (*orders, *left_out, *target.notes, *table.notes, *checked(problem))
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
    check_varies(table)
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
