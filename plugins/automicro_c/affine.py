"""Affine maps, factors and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_c.blocks import Block, block, moved
from automicro_c.vector import SAFE, Vector, loop, settled, shift_for

if TYPE_CHECKING:
    from automicro.program import Activation, Affine, Scale
    from automicro.program.encodings import Encoding
    from automicro_c.unit import Unit
    from automicro_c.vector import Place

__all__ = ["activation", "affine", "constant", "scale"]

FEW_TERMS = 4  # of one output, up to which statements are shorter than a loop


def affine(unit: Unit, node: Affine, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of an affine map."""
    weights = node.weights.values.astype(np.float64)
    bias = node.bias.values.astype(np.float64)
    bounds = np.abs(weights) @ x.bounds + np.abs(bias)
    absent = (weights != 0) @ x.absent
    if place.start is not None:
        bounds, absent = bounds + place.start.bounds, absent | place.start.absent
    shift = shift_for(unit, bounds, place)
    made = Vector(place.name, bounds, absent, unit.real, shift=shift)
    weights, bias = np.ldexp(weights, x.shift - shift), np.ldexp(bias, -shift)
    if not weights.any() or not weights.size:
        return constant(unit, bias, place), made
    if np.count_nonzero(weights) <= FEW_TERMS and len(bias) == 1:
        return _written_out(unit, weights[0], bias[0], x, place), made
    encoding = moved(node.weights.encoding, x.shift - shift)
    return _looped(unit, (weights, bias), encoding, x, place), made


def constant(unit: Unit, bias: np.ndarray, place: Place) -> list[str]:
    """Return the statements that write numbers to an array, or add them to it."""
    sign = "+=" if place.start is not None else "="
    stored = block(unit, "bias", bias.astype(np.float32))
    return loop(f"{place.name}[@] {sign} {stored.at('@', unit)};", len(bias))


def _written_out(unit: Unit, weights: np.ndarray, bias: float, x: Vector, place: Place) -> list[str]:
    terms = [f"{unit.number(weights[j])} * {x.read(unit, str(j))}" for j in np.flatnonzero(weights).tolist()]
    start = unit.number(bias) if place.start is None else f"{place.name}[0] + {unit.number(bias)}"
    return [f"{place.name}[0] = {' + '.join([start, *terms])};"]


def _looped(
    unit: Unit, numbers: tuple[np.ndarray, np.ndarray], encoding: Encoding | None, x: Vector, place: Place
) -> list[str]:
    weights, bias = numbers
    count, inputs = weights.shape
    stored = block(unit, "weights", weights.astype(np.float32), encoding)
    if float((np.abs(weights) @ x.bounds).max()) > SAFE * stored.scale:
        stored = Block(stored.at("@", unit))  # sums of codes would overflow
    starts = block(unit, "bias", bias.astype(np.float32))
    scaled = "" if stored.scale == 1.0 else f" * {unit.number(stored.scale)}"
    single = count == 1
    output = "0" if single else "o"
    first = starts.at(output, unit) if bias.any() else ""
    if place.start is not None:
        first = f"{place.name}[{output}]{' + ' if first else ''}{first}"
    zero = unit.number(0.0)
    begin = (first or zero) if not scaled else zero
    skips = bool((x.absent & (weights == 0).any(axis=0)).any())
    read = x.read(unit, "j")
    weight = stored.code("j" if single else "i")
    body = [f"{unit.real} sum = {begin};"]
    inner = f"sum += {weight} * {read};"
    if skips:
        body[0] = f"{unit.real} weight, sum = {begin};"
        inner = f"{{ weight = {weight}; if (weight != 0) sum += weight * {read}; }}"
    step = "j++" if single else "j++, i++"
    body += [f"for (j = 0; j < {inputs}; {step})", f"    {inner}"]
    end = f"sum{scaled}" if not scaled or not first else f"{first} + sum{scaled}"
    body.append(f"{place.name}[{output}] = {end};")
    if single:
        return ["{", "    unsigned j;", *(f"    {line}" for line in body), "}"]
    return [
        "{",
        "    unsigned i = 0, j, o;",
        f"    for (o = 0; o < {count}; o++) {{",
        *(f"        {line}" for line in body),
        "    }",
        "}",
    ]


def scale(unit: Unit, node: Scale, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of a product with factors."""
    factors = node.factors.values.astype(np.float64)
    bounds = np.abs(factors) * x.bounds
    shift = shift_for(unit, bounds, place)
    encoding = moved(node.factors.encoding, x.shift - shift)
    stored = block(unit, "factors", np.ldexp(factors, x.shift - shift).astype(np.float32), encoding)
    read = x.read(unit, "@")
    factor = stored.at("@", unit)
    if (x.absent & (factors == 0)).any():
        lines = loop(f"{place.name}[@] = {factor} != 0 ? {factor} * {read} : 0;", len(x))
    else:
        lines = loop(f"{place.name}[@] = {factor} * {read};", len(x))
    return lines, Vector(place.name, bounds, x.absent & (factors != 0), unit.real, shift=shift)


def activation(unit: Unit, node: Activation, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of an elementwise function."""
    if node.kind == "relu":
        read = x.read(unit, "@")
        lines = loop(f"{place.name}[@] = {read} <= 0 ? 0 : {read};", len(x))
        return lines, Vector(place.name, x.bounds, x.absent, unit.real, shift=x.shift)
    before, x = settled(unit, x)
    read = x.read(unit, "@")
    if node.kind == "decay":
        bounds = np.exp(np.minimum(x.bounds, 700.0))
        made = Vector(place.name, bounds, x.absent, unit.real, raw=bool((bounds > 1e38).any()) and unit.real == "float")
        return [*before, *loop(f"{place.name}[@] = {unit.part('exp')}(-{read});", len(x))], made
    function = unit.part("tanh" if node.kind == "tanh" else "sigmoid")
    lines = loop(f"{place.name}[@] = {function}({read});", len(x))
    return [*before, *lines], Vector(place.name, np.ones(len(x)), x.absent, unit.real)
