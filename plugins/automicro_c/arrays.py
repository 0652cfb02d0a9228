"""A program as functions of many rows, which are arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program import Missing, Numeric
from automicro_c.body import emit
from automicro_c.inputs import features_known
from automicro_c.source import Source, text_of
from automicro_c.unit import Unit, literal
from automicro_c.vector import Place, settled

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro_c.unit import Arithmetic, Layout
    from automicro_c.vector import Vector

__all__ = ["arrays_source"]

NOTE = "raw rows are read where the model reads numbers alone: other models take features, as their decoders make them"


def arrays_source(deployed: Deployed, arithmetic: Arithmetic, layout: Layout) -> Source:
    """Return functions of many rows of features and, where all columns are numbers, of raw rows.

    Raises
    ------
    Declined
        If C cannot serve the program.
    """
    unit = Unit(deployed.name, arithmetic, layout)
    x = features_known(deployed.program.decoders)
    body, made = emit(unit, deployed.program.body, x, Place("scores"))
    sums = [f"static void {unit.stem}_sums(const float *x, {unit.real} *scores)", "{", *_in(body), "}"]
    count = 2 if deployed.program.link == "sigmoid" else len(made)
    functions = ["\n".join(sums), _predicted(unit, deployed, made), _of_features(unit, len(x), count)]
    reads_numbers = all(isinstance(d, Numeric | Missing) for d in deployed.program.decoders) and all(
        each.kind in {"numeric", "boolean"} and not each.reading.changes for each in deployed.inputs
    )
    if reads_numbers:
        functions.append(_of_rows(unit, deployed, len(x), count))
    return Source(_header(unit, deployed, count, reads_numbers), text_of(unit, functions), unit.payload, (NOTE,))


def _in(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _predicted(unit: Unit, deployed: Deployed, made: Vector) -> str:
    """Return the function from features to what is predicted: probabilities, or numbers."""
    program, real, count = deployed.program, unit.real, len(made)
    lines = [f"{unit.stem}_sums(x, result);", *settled(unit, made)[0]]
    if program.link == "sigmoid":
        lines += [f"result[1] = {unit.part('sigmoid')}(result[0]);", "result[0] = 1 - result[1];"]
    elif program.link == "softmax":
        lines = [f"{real} largest, total = 0;", "unsigned k;", *lines, "largest = result[0];"]
        lines += [f"for (k = 1; k < {count}; k++)", "    largest = result[k] > largest ? result[k] : largest;"]
        lines += [f"for (k = 0; k < {count}; k++) {{", f"    result[k] = {unit.part('exp')}(result[k] - largest);"]
        lines += ["    total += result[k];", "}", f"for (k = 0; k < {count}; k++)", "    result[k] /= total;"]
    elif program.link == "exp" or program.limits is not None:
        read = f"{unit.part('exp')}(result[k])" if program.link == "exp" else "result[k]"
        lines = ["unsigned k;", *lines, f"for (k = 0; k < {count}; k++) {{", f"    {real} value = {read};"]
        if program.limits is not None:
            low, high = map(unit.number, program.limits)
            lines.append(f"    value = value < {low} ? {low} : value > {high} ? {high} : value;")
        lines += ["    result[k] = value;", "}"]
    head = f"static void {unit.stem}_predicted(const float *x, {real} *result)"
    return "\n".join([head, "{", *_in(lines), "}"])


def _of_features(unit: Unit, width: int, count: int) -> str:
    lines = [
        f"void {unit.stem}_features(const float *features, size_t rows, {unit.real} *predictions)",
        "{",
        "    size_t i;",
        "    for (i = 0; i < rows; i++)",
        f"        {unit.stem}_predicted(features + i * {width}u, predictions + i * {count}u);",
        "}",
    ]
    return "\n".join(lines)


def _of_rows(unit: Unit, deployed: Deployed, width: int, count: int) -> str:
    lines = [
        f"void {unit.stem}_rows(const double *cells, size_t rows, {unit.real} *predictions)",
        "{",
        "    size_t i;",
        f"    for (i = 0; i < rows; i++, cells += {deployed.program.columns}) {{",
        f"        float x[{max(width, 1)}];",
    ]
    for place, decoder in enumerate(deployed.program.decoders):
        cell = f"cells[{decoder.column}]"
        if isinstance(decoder, Missing):
            lines.append(f"        x[{place}] = {cell} != {cell} ? 1.0f : 0.0f;")
            continue
        assert isinstance(decoder, Numeric)  # noqa: S101 - tells mypy what the caller has checked
        less = f" - {literal(decoder.offset, 'double')}" if decoder.offset else ""
        text = f"{unit.part('narrow')}({cell}{less})"
        if decoder.fill is not None:
            text = f"{cell} != {cell} ? {literal(decoder.fill, 'float')} : {text}"
        lines.append(f"        x[{place}] = {text};")
    lines += [f"        {unit.stem}_predicted(x, predictions + i * {count}u);", "    }", "}"]
    return "\n".join(lines)


def _header(unit: Unit, deployed: Deployed, count: int, reads_numbers: bool) -> str:
    stem, real = unit.stem, unit.real
    guard = f"{stem}_H".upper()
    lines = [f"#ifndef {guard}", f"#define {guard}", "", "#include <stddef.h>", "#include <stdint.h>", ""]
    lines += [
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"enum {{ {stem.upper()}_PREDICTIONS = {count} }};",
        "",
    ]
    lines += ["/* Predictions of rows of features: probabilities of classes in their order, or numbers. */"]
    lines += [f"void {stem}_features(const float *features, size_t rows, {real} *predictions);"]
    if reads_numbers:
        columns = deployed.program.columns
        lines += ["", f"/* Predictions of raw rows of {columns} numbers, NAN where one is missing. */"]
        lines += [f"void {stem}_rows(const double *cells, size_t rows, {real} *predictions);"]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)
