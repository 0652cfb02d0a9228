"""Columns that a request names, as numbers: which must be read, which must not, and with which directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.errors import ConstraintError
from automicro.request import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.data import Problem
    from automicro.request import Constraints

__all__ = ["limited", "places", "ranges_of", "signs_of"]

SIGNS = {"+": 1, "-": -1}


def signs_of(problem: Problem, constraints: Constraints) -> tuple[tuple[int, int], ...]:
    """Return the columns that must have a direction, each with 1 (never to fall) or -1 (never to rise).

    Raises
    ------
    ConstraintError
        If a column is not there, or cannot have a direction; or if the model has several scores.
    """
    asked = constraints.monotone or {}
    if asked and problem.topology is not None:
        raise ConstraintError("monotone: is proved for tables, but this problem is one of graphs: leave it out")
    if asked and problem.classes > 2:
        raise ConstraintError(
            f"monotone: is of one score, but the target has {problem.classes} classes, which have one each: leave it out"
        )
    found = places(problem, "monotone", asked)
    for column in found:
        known = problem.table.profiles[column]
        if known.kind not in ("numeric", "boolean"):
            raise ConstraintError(
                f"monotone: must name columns of numbers, but {known.name!r} is a {known.kind}, which has no order: leave it out"
            )
    return tuple((column, SIGNS[sign]) for column, sign in zip(found, asked.values(), strict=True))


def limited(problem: Problem, constraints: Constraints) -> Problem:
    """Return the problem that knows which of its columns must not be read, and which must.

    Raises
    ------
    ConstraintError
        If a column is not there, or none is left.
    """
    signs_of(problem, constraints)
    needed = frozenset(places(problem, "must_use", constraints.must_use or ()))
    excluded_columns = problem.excluded_columns | frozenset(
        places(problem, "must_not_use", constraints.must_not_use or ())
    )
    if len(excluded_columns) == len(problem.table.columns):
        raise ConstraintError("must_not_use: must leave a column to learn from, but names all of them")
    return replace(problem, excluded_columns=excluded_columns, needed=needed)


def places(problem: Problem, key: str, names: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of columns that a request names under a key.

    Raises
    ------
    ConstraintError
        If a column is not there.
    """
    known = [str(name) for name in problem.table.names]
    sources = [reading.source for reading in problem.table.readings]
    for name in names:
        if name not in known and name not in sources:
            raise ConstraintError(
                f"{key}: must name columns of the table, but {name!r} is none: {did_you_mean(name, known)}"
            )
    found = []
    for name in names:
        own = [known.index(name)] if name in known else [j for j, source in enumerate(sources) if source == name]
        found += own if key == "must_not_use" else own[:1]  # of a date its days, unless all of it is barred
    return tuple(found)


def ranges_of(problem: Problem) -> dict[int, tuple[float, float]]:
    """Return least and largest number of each numeric column."""
    return {
        column: (known.minimum, known.maximum)
        for column, known in enumerate(problem.table.profiles)
        if known.minimum is not None and known.maximum is not None
    }
