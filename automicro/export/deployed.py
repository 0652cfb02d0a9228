"""A program and its card as what a target receives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from automicro.errors import RequestError
from automicro.plugin.target import Deployed, Input
from automicro.program import columns_read
from automicro.program.inputs.rows import column_kinds
from automicro.program.nodes import Lookup, OneHot
from automicro.rows.readings import PLAIN, names_and_readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.program import Program

__all__ = ["check_name", "deployed"]

STEM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
WITHOUT_VALUES = "missing"  # kind of a column of which a program reads only whether it is there


def deployed(program: Program, card: Mapping[str, Any] | None = None, name: str = "model") -> Deployed:
    """Return a program with the columns that it reads; without a card these are named by their places.

    Parameters
    ----------
    program : Program
    card : mapping, optional
    name : str
        Stem of the names of files and functions.

    Raises
    ------
    RequestError
        If the name is not a letter and at most 39 more letters, digits and underscores.

    Examples
    --------
    >>> import numpy as np
    >>> from automicro.program import Affine, Numeric, OneHot, Program, Weights
    >>> body = Affine(Weights.of([[1.0, 2.0]]), Weights.of([0.0]))
    >>> program = Program(3, (Numeric(0), OneHot(2, ("red",))), body, "identity")
    >>> [(each.name, each.kind, each.levels) for each in deployed(program).inputs]
    [('column 0', 'numeric', ()), ('column 2', 'category', ('red',))]
    """
    check_name(name)
    kinds = column_kinds(program.decoders)
    inputs = tuple(_input(program, card, place, kinds[place]) for place in columns_read(program))
    return Deployed(program, inputs, name)


def check_name(name: object) -> None:
    """Raise `RequestError` for a name that cannot be the stem of files and functions."""
    if not isinstance(name, str) or not STEM.fullmatch(name):
        raise RequestError(f"name: must be a letter and at most 39 letters, digits and underscores, but got {name!r}")


def _input(program: Program, card: Mapping[str, Any] | None, place: int, kind: str) -> Input:
    known = None
    name, reading = f"column {place}", PLAIN
    if card is not None:
        names, readings = names_and_readings(card)
        name, reading, known = names[place], readings[place], card["columns"][place].get("kind")
    if known is not None and (kind == WITHOUT_VALUES or (kind, known) == ("numeric", "boolean")):
        kind = known
    kind = "numeric" if kind == WITHOUT_VALUES else kind
    kind_of_input = cast('Literal["numeric", "boolean", "category", "text", "series"]', kind)
    return Input(place, name, kind_of_input, reading, _levels(program, place))


def _levels(program: Program, place: int) -> tuple[str | None, ...]:
    """Return the levels that decoders of a column name, in their order."""
    return tuple(
        dict.fromkeys(
            level
            for decoder in program.decoders
            if isinstance(decoder, OneHot | Lookup) and decoder.column == place
            for level in decoder.levels
        )
    )
