"""What is asked of a model's structure: found in the request by name, told to the families, and verified on every program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.errors import ConstraintError
from automicro.measure import directions
from automicro.measure.monotonicity.cells import UNSEEN
from automicro.plugin import StructuralConstraints
from automicro.program import columns_read
from automicro.program.analyse.structure import structure
from automicro.request import did_you_mean
from automicro.search.constant import constant_words
from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from automicro.data import Problem
    from automicro.measure import Direction, Interpretability
    from automicro.program import Program
    from automicro.request import Constraints
    from automicro.search.context import Context

__all__ = ["cap_values", "caps_of", "limited", "mildest", "missed_caps", "monotone_words", "ranges_of", "structural_of"]

SIGNS = {"+": 1, "-": -1}


def structural_of(problem: Problem, constraints: Constraints) -> StructuralConstraints:
    """Return the constraints on structure with columns by number.

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
    places = _places(problem, "monotone", asked)
    for column in places:
        known = problem.table.profiles[column]
        if known.kind not in ("numeric", "boolean"):
            raise ConstraintError(
                f"monotone: must name columns of numbers, but {known.name!r} is a {known.kind}, which has no order: leave it out"
            )
    return StructuralConstraints(
        monotone=tuple((column, SIGNS[sign]) for column, sign in zip(places, asked.values(), strict=True)),
        max_operations=constraints.max_operations,
        max_interactions=constraints.max_interactions,
        must_use=_places(problem, "must_use", constraints.must_use or ()),
    )


def limited(problem: Problem, constraints: Constraints) -> Problem:
    """Return the problem that knows which of its columns must not be read, and which must.

    Raises
    ------
    ConstraintError
        If a column is not there, or none is left.
    """
    excluded_columns = problem.excluded_columns | frozenset(
        _places(problem, "must_not_use", constraints.must_not_use or ())
    )
    if len(excluded_columns) == len(problem.table.columns):
        raise ConstraintError("must_not_use: must leave a column to learn from, but names all of them")
    return replace(
        problem,
        excluded_columns=excluded_columns,
        needed=frozenset(_places(problem, "must_use", constraints.must_use or ())),
    )


def _places(problem: Problem, key: str, names: Iterable[str]) -> tuple[int, ...]:
    known = [str(name) for name in problem.table.names]
    sources = [reading.source for reading in problem.table.readings]
    for name in names:
        if name not in known and name not in sources:
            raise ConstraintError(
                f"{key}: must name columns of the table, but {name!r} is none: {did_you_mean(name, known)}"
            )
    places = []
    for name in names:
        own = [known.index(name)] if name in known else [j for j, source in enumerate(sources) if source == name]
        places += own if key == "must_not_use" else own[:1]  # of a date its days, unless all of it is barred
    return tuple(places)


def ranges_of(problem: Problem) -> dict[int, tuple[float, float]]:
    """Return least and largest number of each numeric column."""
    return {
        column: (known.minimum, known.maximum)
        for column, known in enumerate(problem.table.profiles)
        if known.minimum is not None and known.maximum is not None
    }


def cap_values(structure: Interpretability) -> dict[str, float]:
    """Return what is counted on a program, by the constraint on it."""
    return {
        "max_columns": float(len(structure.columns)),
        "max_operations": structure.operations,
        "max_interactions": float(len(structure.interactions)),
    }


def missed_caps(context: Context, program: Program, checked: Callable[[Program], Interpretability]) -> dict[str, float]:
    """Return by how much, relative to its limit, a program misses each constraint on its structure; 1 for a constant that is not permitted.

    Of lists of columns that is the share of columns that are not as they must be.
    """
    structural, problem, caps = context.structural, context.problem, caps_of(context)
    constant = not context.allow_constant and constant_words(problem, program, context.metric)
    if not caps:
        return {"constant": 1.0} if constant else {}
    used = set(columns_read(program))
    found = {"max_columns": float(len(used))}
    if {"max_operations", "max_interactions"} & caps.keys():
        found |= cap_values(checked(program))
    missed = {
        name: (found[name] - limit) / max(limit, 1)
        for name, limit in caps.items()
        if isinstance(limit, float) and found[name] > limit
    }
    if problem.excluded_columns & used:
        missed["must_not_use"] = len(problem.excluded_columns & used) / len(problem.excluded_columns)
    if absent := set(structural.must_use) - set(structure(program).columns):  # not by weights of 0
        missed["must_use"] = len(absent) / len(structural.must_use)
    if wrong := _against(context, program):
        missed["monotone"] = len(wrong) / len(structural.monotone)
    return missed | ({"constant": 1.0} if constant else {})


def mildest(missed: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return the least of what programs miss, up to the first that misses nothing."""
    least: dict[str, float] | None = None
    for each in missed:
        if not each:
            return each
        if least is None or sum(each.values()) < sum(least.values()):
            least = each
    return least or {}


def caps_of(context: Context) -> dict[str, float | str]:
    """Return the constraints on structure that are asked for: the number, or the columns in words."""
    structural, names = context.structural, context.problem.table.names
    numbers = {
        "max_columns": context.max_columns,
        "max_operations": structural.max_operations,
        "max_interactions": structural.max_interactions,
    }
    words = {
        "monotone": ", ".join(f"{names[column]} {'+' if sign > 0 else '-'}" for column, sign in structural.monotone),
        "must_use": ", ".join(names[column] for column in structural.must_use),
        "must_not_use": ", ".join(names[column] for column in sorted(context.problem.excluded_columns)),
    }
    return {k: float(v) for k, v in numbers.items() if v is not None} | {k: v for k, v in words.items() if v}


def _against(context: Context, program: Program) -> dict[int, Direction]:
    """Return the columns with which the score is not proved to go as asked."""
    wanted = {column: "+" if sign > 0 else "-" for column, sign in context.structural.monotone}
    if not wanted:
        return {}
    told = directions(program, wanted, ranges_of(context.problem))
    return {column: direction for column, direction in told.items() if not direction.keeps(wanted[column])}


def monotone_words(context: Context, program: Program) -> str:
    """Return with which columns the score does not go as asked, and between which values that shows."""
    names, wanted = context.problem.table.names, dict(context.structural.monotone)
    less = [profile.offset for profile in context.problem.table.profiles]
    told = []
    for column, direction in _against(context, program).items():
        pair = direction.falls if wanted[column] > 0 else direction.rises
        verb = "falls" if wanted[column] > 0 else "rises"
        shown = "cannot be proved to go as asked"
        if pair is not None:
            before, after = (_cell(row[column], less[column]) for row in pair)
            others = [
                f"{names[c]} {_cell(pair[0][c], less[c])}"
                for c in columns_read(program)
                if c != column and _tells(pair[0][c], less[c])
            ]
            shown = f"the score {verb} from {before} to {after}" + (f" ({', '.join(others[:3])})" if others else "")
        told.append(f"with {names[column]} {shown}" if pair is not None else f"{names[column]} {shown}")
    return "; ".join(told)


def _cell(value: object, offset: float) -> str:
    if isinstance(value, float):
        return number(value - offset, offset) if offset else f"{value:.9g}"
    return "missing" if value is None else str(value)


def _tells(value: object, offset: float) -> bool:
    """Whether a cell of another column in a pair of rows was chosen, and does not just stand there."""
    return value not in (offset, "", UNSEEN)
