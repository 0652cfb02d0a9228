"""Raw cells and features of a program as calls of run-time parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.export.numbers import double_text
from automicro.program.nodes import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.rows.moments import FORMATS
from automicro.rows.words import words_of
from automicro.rows.written import STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.export.script import Script
    from automicro.plugin.target import Input
    from automicro.program import Decoder
    from automicro.rows.readings import Reading

__all__ = ["cell_code", "feature_code"]

CELL = "cell"  # the part that takes a raw value by its name


def cell_code(script: Script, column: Input, decoders: Iterable[Decoder]) -> str:
    """Return the code that reads a column for its decoders: a float32 number or NaN, a text or nothing, or the numbers of a series."""
    measured = [each.offset for each in decoders if isinstance(each, Numeric)]
    raw = script.call(CELL, "row", script.language.text(column.source))
    read = _read(script, column.reading, raw)
    if column.kind == "series":
        return script.call("observed", read)
    if column.kind in ("category", "text") or not measured:
        return script.call("level", read)
    return script.call("number", read, double_text(measured[0]))


def _read(script: Script, reading: Reading, raw: str) -> str:
    """Return the code that makes what a program reads of a raw cell, as `automicro.rows.readings` does."""
    if reading.kind == "level":
        words = script.texts(sorted(words_of(reading.words, reading.values)))
        if not reading.levels:
            return script.call("worded", raw, words)
        return script.call("leveled", raw, words, script.texts(reading.levels))
    if reading.kind != "plain":
        raw = _measured(script, reading, raw)
    return script.call("without", raw, script.language.numbers(reading.numbers)) if reading.numbers else raw


def _measured(script: Script, reading: Reading, raw: str) -> str:
    language, words = script.language, script.texts(reading.words or ())
    if reading.kind == "number":
        style = reading.form or STYLES[0]
        return script.call("written", raw, words, language.text(style[1]), language.text(style[5]))
    if reading.kind == "clock":
        return script.call("clock", raw, words)
    if reading.kind == "duration":
        return script.call("duration", raw, words)
    form = reading.form or next(iter(FORMATS))
    seconds = script.call("moment", raw, words, language.text(form))
    return script.call("part", seconds, language.text(reading.part), language.text(reading.origin))


def feature_code(script: Script, decoder: Decoder, cell: str) -> tuple[tuple[str, ...], bool]:
    """Return the code of the features of a decoder, and whether it is that of a list."""
    match decoder:
        case Numeric():
            filled = decoder.fill is not None
            return ((script.call("filled", cell, double_text(decoder.fill or 0.0)) if filled else cell),), False
        case Missing():
            return (script.call("absent", cell),), False
        case OneHot():
            return tuple(script.call("same", cell, script.language.maybe(level)) for level in decoder.levels), False
        case Lookup():
            values = script.floats(decoder.values.values)
            default = double_text(decoder.default)
            return (script.call("lookup", cell, script.texts(decoder.levels), values, default),), False
        case Grams():
            return (_grams(script, decoder, cell),), True
        case Summary():
            window = (str(decoder.level), str(decoder.window))
            return (script.call("summary", cell, script.language.text(decoder.statistic), *window),), False


def _grams(script: Script, decoder: Grams, cell: str) -> str:
    language, sizes = script.language, range(decoder.low, decoder.high + 1)
    units = script.group(language.boolean(decoder.unit == "word"), script.integers(sizes), str(decoder.prefix))
    flags = (language.boolean(decoder.counted), language.boolean(decoder.scaled))
    return script.call("grams", cell, units, script.integers(decoder.buckets), str(decoder.bits), *flags)
