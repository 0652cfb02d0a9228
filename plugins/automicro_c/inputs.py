"""The struct of named raw values, and the features that decoders make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from automicro.export import comment, identifiers
from automicro.plugin import Declined
from automicro.program import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.program.nodes import Statistic, feature_count
from automicro_c.blocks import block
from automicro_c.unit import literal
from automicro_c.vector import FLOAT_MAX, Vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.plugin import Deployed, Input
    from automicro.program import Decoder
    from automicro_c.unit import Unit

__all__ = ["Struct", "features", "features_known", "struct_of", "whole_features"]

# fmt: off
WORDS = frozenset([  # of C and of C++
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch",
    "char", "class", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
    "continue", "co_await", "co_return", "co_yield", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto",
    "if", "inline", "int", "int8_t", "int16_t", "int32_t", "int64_t", "long", "mutable", "namespace", "new",
    "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private", "protected", "public",
    "register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof", "static",
    "static_assert", "static_cast", "struct", "switch", "template", "this", "thread_local", "throw", "true",
    "try", "typedef", "typeid", "typename", "typeof", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "union",
    "unix", "linux", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
    "NULL", "EOF",
])
# fmt: on
STATISTICS = get_args(Statistic)  # their places are the kinds of the run time
OTHER, MISSING, FIRST = 0, 1, 2  # codes of levels


@dataclass(frozen=True)
class Struct:
    """The struct of raw values.

    Parameters
    ----------
    text : str
        Its declaration, with the names of levels.
    fields : dict of int to str
        Name of the member of each column.
    codes : dict of int to dict of str or None to int
        Code of each level of the columns that hold levels.
    kinds : dict of int to str
        What each column holds, as in `Input`.
    absent : dict of int to tuple of float
        Numbers that count as missing, of the columns that have some.
    notes : tuple of str
        What a caller must know of raw values.
    """

    text: str
    fields: dict[int, str]
    codes: dict[int, dict[str | None, int]]
    kinds: dict[int, str]
    absent: dict[int, tuple[float, ...]]
    notes: tuple[str, ...]


def struct_of(deployed: Deployed, number: str = "float") -> Struct:
    """Return the struct of the columns that a program reads, numbers of a type."""
    names = identifiers([each.name for each in deployed.inputs], WORDS)
    fields = {each.column: name for each, name in zip(deployed.inputs, names, strict=True)}
    codes = {each.column: _codes(each) for each in deployed.inputs if each.kind == "category"}
    wide = {d.column for d in deployed.program.decoders if isinstance(d, Numeric) and d.offset}
    enums = [line for each in deployed.inputs for line in _enum(deployed.name, each, fields, codes)]
    members = [line for each in deployed.inputs for line in _member(each, fields[each.column], wide, number)]
    body = "\n".join(members or ["    char none; /* the model reads no column */"])
    absent = {
        each.column: each.reading.numbers
        for each in deployed.inputs
        if each.reading.numbers and each.kind != "category"
    }
    notes = tuple(f"{fields[each.column]} is {words}" for each in deployed.inputs if (words := _read(each)))
    text = "\n".join([*enums, "typedef struct {", body, f"}} {deployed.name}_input;"])
    return Struct(text, fields, codes, {each.column: each.kind for each in deployed.inputs}, absent, notes)


def _read(given: Input) -> str:
    """Return what a value is of the raw cell that `predict` takes, where it is another."""
    reading = given.reading
    if reading.kind == "moment" and reading.part == "days":
        return f"days since {reading.origin}, with their fraction"
    words = {
        "moment": f"the {reading.part} of a moment",
        "clock": "a time of day in hours",
        "duration": "a duration in days",
    }
    return words.get(reading.kind, "")


def _codes(given: Input) -> dict[str | None, int]:
    named = [level for level in given.levels if level is not None]
    return {None: MISSING, **{level: FIRST + place for place, level in enumerate(named)}}


def _enum(stem: str, given: Input, fields: dict[int, str], codes: dict[int, dict[str | None, int]]) -> Iterator[str]:
    if given.kind != "category":
        return
    own = codes[given.column]
    levels = [level for level in own if level is not None]
    words = identifiers([level or "empty" for level in levels], {"OTHER", "MISSING"})
    head = f"{stem}_{fields[given.column]}".upper()
    yield f"enum {{ /* levels of {comment(given.name)} */"
    yield f"    {head}_OTHER = {OTHER},"
    for level, word in zip(levels, identifiers([word.upper() for word in words], {"OTHER", "MISSING"}), strict=True):
        yield f"    {head}_{word} = {own[level]}, /* {comment(level)} */"
    yield f"    {head}_MISSING = {MISSING}"
    yield "};"


def _member(given: Input, name: str, wide: set[int], number: str) -> Iterator[str]:
    said = comment(given.name)
    if given.kind == "category":
        size = 8 if len(given.levels) < 250 else 16
        yield f"    uint{size}_t {name}; /* {said}: a level from above */"
    elif given.kind == "text":
        yield f"    const char *{name}; /* {said}: UTF-8, NULL where missing */"
        yield f"    uint32_t {name}_bytes;"
    elif given.kind == "series":
        yield f"    const float *{name}; /* {said}: samples, the oldest first; NAN where missing */"
        yield f"    uint32_t {name}_samples;"
    else:
        if number != "float":
            yield f"    {number} {name}; /* {said} */"
            return
        ctype = "double" if given.column in wide else "float"
        read = _read(given)
        told = (
            "0 or 1, NAN where missing" if given.kind == "boolean" else f"{read}{', ' if read else ''}NAN where missing"
        )
        yield f"    {ctype} {name}; /* {said}: {told} */"


def features_known(decoders: Sequence[Decoder]) -> Vector:
    """Return what is known of the array of features."""
    bounds = np.concatenate([_bounds(decoder) for decoder in decoders] or [np.zeros(0)])
    absent = np.concatenate([_absent(decoder) for decoder in decoders] or [np.zeros(0, dtype=np.bool_)])
    return Vector("x", bounds, absent)


def features(unit: Unit, deployed: Deployed, struct: Struct) -> tuple[list[str], Vector]:
    """Return the statements that fill the array of features from the struct `row`, and the array."""
    decoders = deployed.program.decoders
    x = replace(features_known(decoders), raw=any(isinstance(decoder, Numeric) for decoder in decoders))
    if not struct.absent and _is_direct(deployed):
        fills = [each.fill for each in decoders if isinstance(each, Numeric) and each.fill is not None]
        if fills:
            x = replace(x, fill=block(unit, "fills", np.array(fills, dtype=np.float32), compared="float"))
        return ["const float *x = (const float *)row;"], x
    writers: list[str] = []
    place = 0
    for decoder in decoders:
        writers += _written(unit, decoder, struct, place)
        place += feature_count(decoder)
    return [f"float x[{max(place, 1)}];", *writers], x


def whole_features(deployed: Deployed, struct: Struct, inputs: str) -> tuple[list[str], Vector]:
    """Return the statements that fill the array of features from a struct of whole numbers that are never missing, and the array."""
    decoders, ctype = deployed.program.decoders, f"{inputs}_t"
    largest = 255.0 if inputs == "uint8" else 32768.0
    x = Vector("x", np.full(len(decoders), largest), np.zeros(len(decoders), dtype=np.bool_), ctype)
    if decoders and [each.column for each in decoders] == [each.column for each in deployed.inputs]:
        return [f"const {ctype} *x = (const {ctype} *)row;"], x
    cells = [f"x[{place}] = row->{struct.fields[each.column]};" for place, each in enumerate(decoders)]
    return [f"{ctype} x[{max(len(cells), 1)}];", *cells], x


def _is_direct(deployed: Deployed) -> bool:
    """Whether the struct is the array of features, but for missing values that all are filled, or none."""
    decoders = deployed.program.decoders
    plain = all(isinstance(d, Numeric) and not d.offset for d in decoders)
    filled = {isinstance(d, Numeric) and d.fill is not None for d in decoders}
    return len(filled) == 1 and plain and [d.column for d in decoders] == [each.column for each in deployed.inputs]


def _bounds(decoder: Decoder) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if isinstance(decoder, Lookup):
        return np.array([max(abs(decoder.default), *map(abs, decoder.values.values.tolist()))], dtype=np.float64)
    if isinstance(decoder, Numeric | Summary):
        return np.array([FLOAT_MAX])
    if isinstance(decoder, Grams):
        return np.full(len(decoder.buckets), 2.0**32 if decoder.counted else 1.0)
    return np.ones(feature_count(decoder))


def _absent(decoder: Decoder) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.full(feature_count(decoder), isinstance(decoder, Numeric) and decoder.fill is None)


def _written(unit: Unit, decoder: Decoder, struct: Struct, place: int) -> list[str]:
    cell = f"row->{struct.fields[decoder.column]}"
    gone = [literal(number, "float") for number in struct.absent.get(decoder.column, ())]
    if isinstance(decoder, Numeric):
        lines = _numeric(decoder, cell, place)
        lost = [f"if ({cell} == {number}) x[{place}] = {unit.part('missing')}();" for number in gone]
        return [lines[0], *lost, *lines[1:]]
    if isinstance(decoder, Missing):
        lost = [f" || {cell} == {number}" for number in gone]
        return [f"x[{place}] = {_is_missing(unit, struct.kinds[decoder.column], cell)}{''.join(lost)} ? 1.0f : 0.0f;"]
    codes = struct.codes.get(decoder.column, {})
    if isinstance(decoder, OneHot):
        return _one_hot([codes[level] for level in decoder.levels], cell, place)
    if isinstance(decoder, Lookup):
        return _look_up(unit, decoder, codes, cell, place)
    if isinstance(decoder, Summary):
        kind, samples = STATISTICS.index(decoder.statistic), f"{cell}, {cell}_samples"
        return [f"x[{place}] = {unit.part('summary')}({samples}, {decoder.level}, {decoder.window}, {kind});"]
    raise Declined("needs columns of numbers, categories or series, but the model reads texts")


def _numeric(decoder: Numeric, cell: str, place: int) -> list[str]:
    if decoder.offset:
        cell = f"(float)({cell} - {literal(decoder.offset, 'double')})"
    lines = [f"x[{place}] = {cell};"]
    if decoder.fill is not None:
        lines.append(f"if (x[{place}] != x[{place}]) x[{place}] = {literal(decoder.fill, 'float')};")
    return lines


def _is_missing(unit: Unit, kind: str, cell: str) -> str:
    if kind == "series":
        unit.part("summary")
        return f"{unit.stem}_observed({cell}, {cell}_samples) == 0"
    return {"category": f"{cell} == {MISSING}", "text": f"!{cell}"}.get(kind, f"{cell} != {cell}")


def _one_hot(codes: Sequence[int], cell: str, place: int) -> list[str]:
    if len(codes) > 2 and list(codes) == list(range(codes[0], codes[0] + len(codes))):
        lines = [f"for (k = 0; k < {len(codes)}; k++)", f"    x[{place} + k] = {cell} == k + {codes[0]} ? 1.0f : 0.0f;"]
        return ["{", "    unsigned k;", *("    " + line for line in lines), "}"]
    return [f"x[{place + k}] = {cell} == {code} ? 1.0f : 0.0f;" for k, code in enumerate(codes)]


def _look_up(unit: Unit, decoder: Lookup, codes: dict[str | None, int], cell: str, place: int) -> list[str]:
    values = [np.float32(decoder.default)] * (max([MISSING, *codes.values()]) + 1)
    for level, value in zip(decoder.levels, decoder.values.values, strict=True):
        values[codes[level]] = value
    table = unit.table("values", "float", [float(value) for value in values])
    return [f"x[{place}] = {table}[{cell} < {len(values)} ? {cell} : 0];"]
