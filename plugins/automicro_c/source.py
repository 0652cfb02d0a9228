"""A program as a header and a source file of C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.export import quoted
from automicro.program import Affine
from automicro_c.body import emit
from automicro_c.inputs import features, struct_of, whole_features
from automicro_c.integer import integers
from automicro_c.unit import Unit, literal
from automicro_c.vector import Place, settled

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro_c.inputs import Struct
    from automicro_c.unit import Arithmetic, Layout
    from automicro_c.vector import Vector

__all__ = ["Source", "struct_source", "text_of", "whole_source"]

LONGEST = 400  # bytes of a label that stands as a string


@dataclass(frozen=True)
class Source:
    """What is written: a header, a source file, the bytes of its tables, and what a user must know."""

    header: str
    source: str
    table_bytes: int
    notes: tuple[str, ...]


def struct_source(deployed: Deployed, arithmetic: Arithmetic, layout: Layout) -> Source:
    """Return functions of one row, which is a struct of named raw values.

    Raises
    ------
    Declined
        If C cannot serve the program.
    """
    unit = Unit(deployed.name, arithmetic, layout)
    struct = struct_of(deployed)
    lines, x = features(unit, deployed, struct)
    body, made = emit(unit, deployed.program.body, x, Place("scores"))
    functions = [_scores(unit, lines, body), *_results(unit, deployed, made, lines, body)]
    return Source(_header(unit, deployed, struct, len(made)), text_of(unit, functions), unit.payload, struct.notes)


def whole_source(deployed: Deployed, layout: Layout, inputs: str, scale: float) -> Source:
    """Return functions of one row of whole numbers, which compute with whole numbers alone.

    Raises
    ------
    Declined
        If they cannot.
    """
    unit = Unit(deployed.name, "integer", layout)
    made = integers(deployed, inputs, scale)
    struct = struct_of(deployed, f"{inputs}_t")
    lines, x = whole_features(deployed, struct, inputs)
    body, result = emit(unit, made.body, x, Place("scores"))
    functions = [_scores(unit, lines, body), *_results(unit, deployed, result, lines, body)]
    notes = (
        *struct.notes,
        f"an input v stands for v * {scale!r}, and none is ever missing",
        f"a score s stands for s * {made.unit!r}",
    )
    return Source(_header(unit, deployed, struct, len(result)), text_of(unit, functions), unit.payload, notes)


def _scores(unit: Unit, features: list[str], body: list[str]) -> str:
    """Return the function that computes scores, which are to be multiplied by a power of two where they have a shift."""
    ignored = [] if any("row" in line for line in features) else ["(void)row;"]
    lines = [features[0], *ignored, *features[1:], *body]
    head = f"static void {unit.stem}_sums(const {unit.stem}_input *row, {unit.real} *scores)"
    return "\n".join([head, "{", *(f"    {line}" for line in lines), "}"])


def _results(unit: Unit, deployed: Deployed, made: Vector, lines: list[str], body: list[str]) -> list[str]:
    """Return the functions that a user calls."""
    program, stem, real = deployed.program, unit.stem, unit.real
    count = len(made)
    row = f"const {stem}_input *row"
    settle = ["    " + line for line in settled(unit, made)[0]]
    functions = [
        "\n".join([f"void {stem}_scores({row}, {real} *scores)", "{", f"    {stem}_sums(row, scores);", *settle, "}"])
    ]
    if program.labels is not None:
        label = (
            _streamed_label(unit, deployed, made, (lines, body))
            if _streams(deployed, body)
            else _label(unit, deployed, made)
        )
        functions += [label, _labels(unit, deployed)]
        if program.link in {"sigmoid", "softmax"} and unit.arithmetic != "integer":
            functions.append(_probabilities(unit, deployed, made))
        return functions
    lines = [f"    {stem}_scores(row, values);"]
    read = "values[@]"
    if program.link == "exp":
        read = f"{unit.part('exp')}({read})"
    if program.link == "exp" or program.limits is not None:
        lines += [f"    for (k = 0; k < {count}; k++) {{", f"        {real} value = {read.replace('@', 'k')};"]
        if program.limits is not None:
            low, high = (unit.number(limit) for limit in program.limits)
            lines.append(f"        if (value < {low}) value = {low};")
            lines.append(f"        if (value > {high}) value = {high};")
        lines += ["        values[k] = value;", "    }"]
        lines.insert(0, "    unsigned k;")
    if count > 1:
        functions.append("\n".join([f"void {stem}_predict({row}, {real} *values)", "{", *lines, "}"]))
    else:
        lines = [f"    {real} values[1];", *lines, "    return values[0];"]
        functions.append("\n".join([f"{real} {stem}_predict({row})", "{", *lines, "}"]))
    return functions


def _label(unit: Unit, deployed: Deployed, made: Vector) -> str:
    stem, real, count = unit.stem, unit.real, len(made)
    head = [f"unsigned {stem}_label(const {stem}_input *row)", "{", f"    {real} scores[{count}];"]
    call = f"    {stem}_sums(row, scores);"
    if deployed.program.link == "sigmoid":
        if real == "double":
            share = f"{unit.part('sigmoid')}(scores[0])"
            return "\n".join([*head, call, f"    scores[0] = {share};", "    return scores[0] > 1.0 - scores[0];", "}"])
        return "\n".join([*head, call, "    return scores[0] > 0;", "}"])
    lines = [*head, "    unsigned k, best = 0;", call]
    lines.append(f"    for (k = 1; k < {count}; k++)")
    lines += ["        if (scores[k] > scores[best])", "            best = k;"]
    if made.absent.any():
        first = "0" if deployed.program.link == "softmax" else "k"
        lines += [
            f"    for (k = 0; k < {count}; k++)",
            "        if (scores[k] != scores[k])",
            f"            return {first};",
        ]
    return "\n".join([*lines, "    return best;", "}"])


def _streams(deployed: Deployed, body: list[str]) -> bool:
    """Whether scores come one after the other, so that the largest is known without an array of them."""
    in_turn = any("scores[o] = " in line for line in body)
    return in_turn and isinstance(deployed.program.body, Affine)


def _streamed_label(unit: Unit, deployed: Deployed, made: Vector, text: tuple[list[str], list[str]]) -> str:
    """Return the function of the label, which keeps the largest score only."""
    lines, body = text
    first_absent = "0" if deployed.program.link == "softmax" else "o"
    kept = []
    for line in body:
        before, sign, score = line.partition("scores[o] = ")
        if not sign:
            kept.append(line)
            continue
        kept += [f"{before}sum = {score}"] * (score != "sum;")
        if made.absent.any():
            kept += [f"{before}if (sum != sum)", f"{before}    return {first_absent};"]
        kept += [f"{before}if (o == 0 || sum > largest) {{", f"{before}    largest = sum;"]
        kept += [f"{before}    best = o;", f"{before}}}"]
    head = [f"unsigned {unit.stem}_label(const {unit.stem}_input *row)", "{"]
    start = [lines[0], f"{unit.real} largest = 0;", "unsigned best = 0;", *lines[1:], *kept, "return best;"]
    return "\n".join([*head, *(f"    {line}" for line in start), "}"])


def _probabilities(unit: Unit, deployed: Deployed, made: Vector) -> str:
    stem, real, count = unit.stem, unit.real, len(made)
    row = f"const {stem}_input *row"
    scale = f" * {unit.number(2.0**made.shift)}" if made.shift else ""
    if deployed.program.link == "sigmoid":
        lines = [
            f"    {real} share;",
            f"    {stem}_sums(row, &share);",
            f"    share = {unit.part('sigmoid')}(share{scale});",
            "    probabilities[0] = 1 - share;",
            "    probabilities[1] = share;",
        ]
    else:
        lines = [
            f"    {real} largest, total = 0;",
            "    unsigned k;",
            f"    {stem}_sums(row, probabilities);",
            "    largest = probabilities[0];",
            f"    for (k = 1; k < {count}; k++)",
            "        if (probabilities[k] > largest)",
            "            largest = probabilities[k];",
            f"    for (k = 0; k < {count}; k++) {{",
            f"        probabilities[k] = {unit.part('exp')}((probabilities[k] - largest){scale});",
            "        total += probabilities[k];",
            "    }",
            f"    for (k = 0; k < {count}; k++)",
            "        probabilities[k] /= total;",
        ]
    return "\n".join([f"void {stem}_probabilities({row}, {real} *probabilities)", "{", *lines, "}"])


def _labels(unit: Unit, deployed: Deployed) -> str:
    labels = deployed.program.labels or ()
    kind = _label_type(labels)
    if kind != "const char *":
        cells = [_label_number(label, kind) for label in labels]
        return f"const {kind} {unit.stem}_labels[{len(labels)}] = {{{', '.join(cells)}}};"
    cells, before = [], []
    for number, label in enumerate(labels):
        octets = str(label).encode("utf-8", "surrogatepass")
        if len(octets) > LONGEST or b"\0" in octets:
            name = f"{unit.stem}_label_{number}"
            shown = ", ".join(str(octet if octet < 128 else octet - 256) for octet in (*octets, 0))
            before.append(f"static const signed char {name}[] = {{{shown}}};")
            cells.append(f"(const char *){name}")
        else:
            cells.append(quoted(str(label), "c"))
    listed = "\n".join(f"    {cell}," for cell in cells)
    return "\n".join([*before, f"const char *const {unit.stem}_labels[{len(labels)}] = {{\n{listed}\n}};"])


def _label_type(labels: tuple[object, ...]) -> str:
    if all(isinstance(label, bool | np.bool_) for label in labels):
        return "uint8_t"
    if all(isinstance(label, int | np.integer) for label in labels):
        largest = max(abs(int(label)) for label in labels)  # type: ignore[call-overload]  # whole numbers, as just checked
        return "int16_t" if largest < 1 << 15 else "int32_t" if largest < 1 << 31 else "int64_t"
    return "double" if all(isinstance(label, float) for label in labels) else "const char *"


def _label_number(label: object, kind: str) -> str:
    if kind == "double":
        return literal(float(label), "double")  # type: ignore[arg-type]  # a number
    return f"{int(label)}LL" if kind == "int64_t" else str(int(label))  # type: ignore[call-overload]  # a number


def _header(unit: Unit, deployed: Deployed, struct: Struct, count: int) -> str:
    program, stem, real = deployed.program, unit.stem, unit.real
    guard = f"{stem}_H".upper()
    row = f"const {stem}_input *row"
    size = f"{stem}_SCORES".upper()
    lines = [f"#ifndef {guard}", f"#define {guard}", "", "#include <stdint.h>", ""]
    lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif", "", struct.text, "", f"enum {{ {size} = {count} }};"]
    lines += ["", "/* The scores of a row. */", f"void {stem}_scores({row}, {real} *scores);"]
    if program.labels is None:
        told = f"{real} {stem}_predict({row});" if count == 1 else f"void {stem}_predict({row}, {real} *values);"
        lines += ["", "/* What the model predicts. */", told]
    else:
        classes = len(program.labels)
        kind = _label_type(program.labels)
        kind = f"{kind}const " if kind.endswith("*") else f"{kind} "
        lines += ["", f"enum {{ {stem.upper()}_CLASSES = {classes} }};"]
        lines += [f"extern const {kind.removeprefix('const ')}{stem}_labels[{classes}];"]
        lines += ["", "/* The place of the predicted label among the labels. */", f"unsigned {stem}_label({row});"]
        if program.link in {"sigmoid", "softmax"} and unit.arithmetic != "integer":
            lines += ["", "/* The probability of each label, in their order. */"]
            lines += [f"void {stem}_probabilities({row}, {real} *probabilities);"]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)


def text_of(unit: Unit, functions: list[str]) -> str:
    """Return a source file."""
    parts = [f'#include "{unit.stem}.h"', *unit.tables, unit.parts_text(), *functions]
    return "\n\n".join(part for part in parts if part) + "\n"
