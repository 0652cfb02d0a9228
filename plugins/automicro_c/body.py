"""The body of a program as statements of C: what each kind of node makes of an array of numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.plugin import Declined
from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Nearest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
)
from automicro_c.affine import activation, affine, scale
from automicro_c.forests import forest
from automicro_c.prototypes import distances, nearest
from automicro_c.tables import step_tables
from automicro_c.tokens import attention, tokens
from automicro_c.vector import Place, Vector, loop, shift_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automicro.program import Node
    from automicro_c.unit import Unit

    Emit = Callable[[Unit, Any, Vector, Place], tuple[list[str], Vector]]

__all__ = ["emit", "outputs_of"]

ELEMENTWISE = (Activation, Scale)
ADDING = (Affine, StepTables, Forest)


def outputs_of(node: Node, inputs: int) -> int:
    """Return how many numbers a node makes of some."""
    if isinstance(node, Affine | StepTables | Forest):
        return len(node.bias.values)
    if isinstance(node, Tokens):
        return int(node.positions.values.size)
    if isinstance(node, Attention):
        return node.outputs(inputs)
    if isinstance(node, Distances):
        return len(node.points.values)
    if isinstance(node, Nearest):
        return node.outputs
    if isinstance(node, Chain):
        for part in node.nodes:
            inputs = outputs_of(part, inputs)
        return inputs
    if isinstance(node, Sum):
        return outputs_of(node.nodes[0], inputs)
    return len(node.kinds) if isinstance(node, Pool) else inputs


def emit(unit: Unit, node: Node, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of a node, and the array that they fill.

    Raises
    ------
    Declined
        If the node reads graphs.
    """
    if isinstance(node, Propagate | Pool):
        raise Declined("needs a model of rows, but this one reads graphs")
    if isinstance(node, Chain):
        return _chain(unit, node, x, place)
    if isinstance(node, Sum):
        return _sum(unit, node, x, place)
    if place.start is not None and not (isinstance(node, ADDING) and unit.real == "float"):
        return _added(unit, node, x, place)
    lines, made = _MEANINGS[type(node)](unit, node, x, place)
    reads = re.compile(rf"\b{x.name}\b")
    return (lines if any(map(reads.search, lines)) else [f"(void){x.name};", *lines]), made


def _added(unit: Unit, node: Node, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements that compute into an array of their own, and add it."""
    start = place.start
    assert start is not None  # noqa: S101 - tells mypy what the caller knows
    name = unit.local("part")
    lines, made = emit(unit, node, x, Place(name))
    factor = "" if made.shift == start.shift else f" * {unit.number(2.0 ** (made.shift - start.shift))}"
    add = loop(f"{place.name}[@] += {made.read(unit, '@')}{factor};", len(made))
    bounds = made.bounds + start.bounds
    result = replace(start, bounds=bounds, absent=made.absent | start.absent)
    inner = [f"{unit.real} {name}[{len(made)}];", *lines, *add]
    return ["{", *(f"    {line}" for line in inner), "}"], result


def _sum(unit: Unit, node: Sum, x: Vector, place: Place) -> tuple[list[str], Vector]:
    lines, made = [], place.start
    if made is None:
        trial = replace(unit, tables=[], functions=[], used=set(), names={}, known={})
        bounds = np.sum([emit(trial, part, x, Place("y"))[1].bounds for part in node.nodes], axis=0)
        place = replace(place, shift=shift_for(unit, bounds, place))
    elif unit.real == "double":
        return _added(unit, node, x, place)
    for part in node.nodes:
        more, made = emit(unit, part, x, replace(place, start=made))
        lines += more
    assert made is not None  # noqa: S101 - a sum has parts
    return lines, made


def _chain(unit: Unit, node: Chain, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of nodes in turn, which write to two arrays by turns, and the last one to the place of the chain."""
    groups = _groups(node.nodes)
    widths = []
    inputs = len(x)
    for group in groups:
        for part in group:
            inputs = outputs_of(part, inputs)
        widths.append(inputs)
    if place.start is not None and len(groups[-1]) > 1:
        return _added(unit, node, x, place)
    names = [unit.local("h") for _ in range(min(len(groups) - 1, 2))]
    declared = [f"{unit.real} {name}[{max(widths[:-1][turn::2])}];" for turn, name in enumerate(names)]
    lines = []
    for number, group in enumerate(groups):
        is_last = number == len(groups) - 1
        for first, part in zip((True, *[False] * len(group)), group, strict=False):
            own = place if is_last and first else Place(place.name if is_last else names[number % 2])
            more, x = emit(unit, part, x, own)
            lines += more
    if not declared:
        return lines, x
    return ["{", *(f"    {line}" for line in [*declared, *lines]), "}"], x


def _groups(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return nodes with what works element by element on their result, in place."""
    groups: list[list[Node]] = []
    for part in nodes:
        if groups and isinstance(part, ELEMENTWISE):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


_MEANINGS: dict[type, Emit] = {
    Affine: affine,
    Activation: activation,
    Scale: scale,
    StepTables: step_tables,
    Forest: forest,
    Tokens: tokens,
    Attention: attention,
    Distances: distances,
    Nearest: nearest,
}
