"""Step tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro_c.affine import constant
from automicro_c.blocks import block, codes
from automicro_c.unit import literal
from automicro_c.vector import Place, Vector, settled, shift_for

if TYPE_CHECKING:
    from automicro.program import StepTables
    from automicro_c.unit import Unit

__all__ = ["starts", "step_tables"]

FEW_PIECES = 10  # up to which statements are shorter than a loop over tables
DEEP = 8  # pieces from which comparisons are nested instead of listed


def starts(unit: Unit, bias: np.ndarray, shift: int, place: Place) -> list[str]:
    """Return the statements that begin sums at a bias."""
    if place.start is not None and not bias.any():
        return []
    return constant(unit, np.ldexp(bias.astype(np.float64), -shift), place)


def step_tables(unit: Unit, node: StepTables, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of step tables."""
    before, x = settled(unit, x)
    values = node.values.values.astype(np.float64)
    ends = np.concatenate(([0], np.cumsum(node.pieces))).astype(int)
    bounds = np.abs(node.bias.values.astype(np.float64))
    for t, (start, stop) in enumerate(pairwise(ends)):
        largest = np.abs(values[start:stop]).max()
        if node.missing is not None:
            largest = max(largest, abs(float(node.missing.values[t])))
        bounds[node.outputs[t]] += largest
    absent = np.zeros(len(bounds), dtype=np.bool_)
    if place.start is not None:
        bounds, absent = bounds + place.start.bounds, absent | place.start.absent
    shift = shift_for(unit, bounds, place)
    lines = [*before, *starts(unit, node.bias.values, shift, place)]
    if node.pieces and (unit.layout == "branches" or sum(node.pieces) <= FEW_PIECES):
        lines += _branches(unit, node, x, place.name, shift)
    elif node.pieces:
        lines += _packed(unit, node, x, place.name, shift)
    return lines, Vector(place.name, bounds, absent, unit.real, shift=shift)


def _branches(unit: Unit, node: StepTables, x: Vector, name: str, shift: int) -> list[str]:
    lines, start = [], 0
    for t, pieces in enumerate(node.pieces):
        cuts = node.cuts.values[start - t : start - t + pieces - 1]
        values = [
            unit.number(value)
            for value in np.ldexp(node.values.values[start : start + pieces].astype(np.float64), -shift)
        ]
        start += pieces
        feature = node.features[t]
        read = x.compared(unit, cuts, str(feature))
        text = _piece(read, [literal(cut, x.ctype) for cut in cuts], values)
        if node.missing is not None and x.absent[feature]:
            missing = unit.number(np.ldexp(float(node.missing.values[t]), -shift))
            text = f"{read} != {read} ? {missing} : {text}"
        lines.append(f"{name}[{node.outputs[t]}] += {text};")
    return lines


def _piece(read: str, cuts: list[str], values: list[str]) -> str:
    """Return the value of the piece that a number falls into; NaN falls into the first."""
    if not cuts:
        return values[0]
    middle = len(cuts) // 2 if len(cuts) >= DEEP else 0
    low = _piece(read, cuts[:middle], values[: middle + 1])
    high = _piece(read, cuts[middle + 1 :], values[middle + 1 :])
    left = f"({low})" if middle else low
    right = f"({high})" if len(cuts) - middle > 1 and middle else high
    return f"{read} > {cuts[middle]} ? {right} : {left}" if middle else f"!({read} > {cuts[0]}) ? {left} : {right}"


def _packed(unit: Unit, node: StepTables, x: Vector, name: str, shift: int) -> list[str]:
    def small(word: str, values: tuple[int, ...] | list[int]) -> str:
        most = max(values)
        if len(set(values)) == 1:
            return f"{most}u"
        return codes(unit, word, np.array(values), 8 if most < 256 else 16).replace("@", "t")

    values = np.ldexp(node.values.values.astype(np.float64), -shift).astype(np.float32)
    stored = block(unit, "values", values, None if shift else node.values.encoding)
    more = [pieces - 1 for pieces in node.pieces]
    cuts = block(unit, "cuts", node.cuts.values, compared=x.ctype) if any(more) else None
    read = x.compared(unit, node.cuts.values, small("features", list(node.features)))
    value = stored.at("v + p", unit)
    absent = x.absent[list(node.features)].any()
    if node.missing is not None and absent:
        missing = np.ldexp(node.missing.values.astype(np.float64), -shift).astype(np.float32)
        value = f"value != value ? {block(unit, 'missing', missing).at('t', unit)} : {value}"
    cut = "0" if cuts is None else cuts.at("c", unit)
    output = small("outputs", list(node.outputs)) if max(node.outputs) else "0"
    return [
        "{",
        "    unsigned t, n, p, c = 0, v = 0;",
        f"    for (t = 0; t < {len(node.pieces)}; t++) {{",
        f"        const {x.ctype} value = {read};",
        "        p = 0;",
        f"        for (n = {small('steps', more)}; n > 0; n--, c++)",
        f"            p += value > {cut};",
        f"        {name}[{output}] += {value};",
        f"        v += {small('steps', more)} + 1u;",
        "    }",
        "}",
    ]
