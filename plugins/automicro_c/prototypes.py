"""Distances to points, and the nearest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_c.blocks import block, codes
from automicro_c.vector import FLOAT_MAX, Place, Vector, settled

if TYPE_CHECKING:
    from automicro.program import Distances, Nearest
    from automicro_c.unit import Unit

__all__ = ["distances", "nearest"]


def distances(unit: Unit, node: Distances, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of squared distances; of floats those beyond the largest are infinite, which counts as the largest."""
    before, x = settled(unit, x)
    points = node.points.values.astype(np.float64)
    relevances = node.relevances.values.astype(np.float64)
    shared = relevances.ndim == 1
    with np.errstate(over="ignore"):
        terms = np.broadcast_to(relevances, points.shape) * (x.bounds + np.abs(points)) ** 2
    used = np.broadcast_to(relevances, points.shape) != 0
    bounds = np.where(used, terms, 0.0).sum(axis=1)
    raw = unit.real == "float" and bool((bounds > FLOAT_MAX).any())
    made = Vector(place.name, bounds, used @ x.absent, unit.real, raw=raw)
    point = block(unit, "points", node.points.values, node.points.encoding).at("i", unit)
    factor = block(unit, "relevances", node.relevances.values, node.relevances.encoding).at(
        "j" if shared else "i", unit
    )
    term = f"sum += {factor} * (difference * difference);"
    if not (relevances != 0).all():
        term = f"if ({factor} != 0) {term}"
    lines = [
        "{",
        "    unsigned i = 0, j, o;",
        f"    for (o = 0; o < {len(points)}; o++) {{",
        f"        {unit.real} sum = 0;",
        f"        for (j = 0; j < {points.shape[1]}; j++, i++) {{",
        f"            const {unit.real} difference = {x.read(unit, 'j')} - {point};",
        f"            {term}",
        "        }",
        f"        {place.name}[o] = sum;",
        "    }",
        "}",
    ]
    return [*before, *lines], made


def nearest(unit: Unit, node: Nearest, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements that find the largest bias less distance of each owner."""
    before, x = settled(unit, x)
    bias = np.zeros(len(node.owners)) if node.bias is None else node.bias.values.astype(np.float64)
    owners = np.array(node.owners)
    owned = max(node.owners) + 1
    bounds = np.array([(np.abs(bias) + x.bounds)[owners == o].max() for o in range(owned)])
    absent = np.array([x.absent[owners == o].any() for o in range(owned)])
    start = block(unit, "bias", bias.astype(np.float32)).at("i", unit) if bias.any() else "0"
    read = x.read(unit, "i")
    value = f"-{read}" if start == "0" else f"{start} - {read}"
    better = "value > @" + (" || value != value" if absent.any() else "")
    if owned == 1:
        owner = "0"
    elif node.owners == tuple(range(owned)):
        owner = "i"
    else:
        owner = codes(unit, "owners", owners, 4 if owned <= 16 else 8 if owned <= 256 else 16).replace("@", "i")
    cell = f"{place.name}[owner]"
    lines = [
        "{",
        "    unsigned i;",
        f"    uint8_t seen[{owned}] = {{0}};",
        f"    for (i = 0; i < {len(owners)}; i++) {{",
        f"        const unsigned owner = {owner};",
        f"        const {unit.real} value = {value};",
        f"        if (!seen[owner] || {better.replace('@', cell)})",
        f"            {cell} = value;",
        "        seen[owner] = 1;",
        "    }",
        "}",
    ]
    if node.otherwise is not None:
        lines.append(f"{place.name}[{owned}] = {unit.number(node.otherwise)};")
        bounds, absent = np.append(bounds, abs(node.otherwise)), np.append(absent, False)
    return [*before, *lines], Vector(place.name, bounds, absent, unit.real)
