"""What must hold of a problem so that something can be learnt, and what looks suspicious."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.leaks import leaks
from automicro.data.read.roles import groups_of, order_of, weights_of
from automicro.data.read.table import merged_note
from automicro.data.weightless import only_weighted
from automicro.errors import DataError
from automicro.rows.frames import raw_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.data.read.table import Table

__all__ = ["check_varies", "checked", "checked_roles"]


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
    said = filter(None, [*notes, *problem.table.notes, *checked(problem)])
    return only_weighted(replace(problem, notes=tuple(said)))


def checked(problem: Problem) -> list[str]:
    """Check that something can be learnt, and return what looks suspicious."""
    table = problem.table
    if problem.topology is None:
        check_varies(table)
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


def check_varies(table: Table) -> None:
    """Raise `DataError` unless some column varies."""
    if _varies(table):
        return
    if (merged := next((profile for profile in table.profiles if profile.merged), None)) is not None:
        raise DataError(f"at least one column must vary, but {merged_note(merged)}")
    raise DataError("at least one column must vary, but each is the same in every row: there is nothing to learn from")
