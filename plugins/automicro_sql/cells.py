"""Raw columns of a table as features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.export import double_text
from automicro.plugin import Declined
from automicro.program.nodes import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.rows.words import words_of
from automicro_sql.choices import Choice
from automicro_sql.dialects import literal, name, number, signed
from automicro_sql.query import Column

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro.plugin.target import Input
    from automicro.program import Decoder
    from automicro_sql.query import Query

__all__ = ["features_of"]

BLANKS = " \t\n\r\v\f"
SERVED = {"strip", "lower", "codes"}  # what is done to levels


def features_of(query: Query, deployed: Deployed) -> list[Column]:
    """Return the features of a program, after their columns were added to the query; raise `Declined` for other than cells of tables."""
    decoders = deployed.program.decoders
    cells = {each.column: _cell(query, each, decoders) for each in deployed.inputs}
    codes, features = [], []
    for decoder in decoders:
        cell = cells[decoder.column]
        if isinstance(decoder, Numeric):
            codes.append([cell] if decoder.fill is None else [f"coalesce({cell},{number(decoder.fill)})"])
            features.append([decoder.fill is None])
        else:
            codes.append(_level_features(query, decoder, cell))
            features.append([False] * len(codes[-1]))
    needed = [code for group in codes for code in group]
    plain = set(cells.values())
    added = dict(zip(extra := [code for code in needed if code not in plain], query.add(extra), strict=True))
    nullable = [each for group in features for each in group]
    return [Column(added.get(code, code), True, each) for code, each in zip(needed, nullable, strict=True)]


def _cell(query: Query, column: Input, decoders: tuple[Decoder, ...]) -> str:
    """Return the name of a column of float32 numbers or of levels, NULL where one is missing."""
    dialect, source = query.dialect, f"t.{name(column.source)}"
    if column.kind in ("text", "series"):
        raise Declined(
            f"needs a table of numbers and categories, but the model reads {column.kind} in {column.name[:60]!r}"
        )
    if column.reading.kind not in ("plain", "level"):
        raise Declined(
            f"needs numbers as such, but the model reads {column.name[:60]!r} as a {column.reading.kind} written as text"
        )
    of_column = [each for each in decoders if each.column == column.column]
    if column.kind == "category":
        return query.add([_level(query, column, source, of_column)], layer=0)[0]
    raw = dialect.cell(source, is_boolean=column.kind == "boolean")
    if column.reading.numbers:
        listed = ",".join(map(double_text, column.reading.numbers))
        raw = dialect.chosen_of(f"{raw} IN ({listed})", "NULL", raw)
    offset = next((each.offset for each in of_column if isinstance(each, Numeric)), 0.0)
    raw = f"{raw}{signed(double_text(-offset))}" if offset else raw
    first = query.add([raw], layer=0)[0]
    names = [query.fresh_cell() for _ in range(3)]
    query.put(dialect.rounding(first, names), 1)
    return names[-1]


def _level(query: Query, column: Input, source: str, decoders: list[Decoder]) -> str:
    reading, text = column.reading, f"CAST({source} AS {query.dialect.text})"
    if unknown := set(reading.levels) - SERVED:
        raise Declined(
            f"needs levels as such, but the model changes those of {column.name[:60]!r}: {', '.join(sorted(unknown))}"
        )
    if reading.numbers:
        raise Declined(f"needs missing values as NULL, but some of {column.name[:60]!r} are numbers among levels")
    if reading.kind != "level":
        return text
    marks = literal(BLANKS)
    bare = f"trim({text},{marks})"
    words = words_of(reading.words, reading.values)
    read = bare if "strip" in reading.levels else text
    sees_missing = None in column.levels or any(isinstance(each, Missing) for each in decoders)
    if not sees_missing and not any(level is not None and level.strip() in words for level in column.levels):
        return read
    return query.dialect.chosen_of(f"{bare} IN ({','.join(map(literal, sorted(words)))})", "NULL", read)


def _level_features(query: Query, decoder: Decoder, cell: str) -> list[str]:
    """Return the code of the features of a decoder other than of numbers."""
    dialect = query.dialect
    one, zero = dialect.value("1"), dialect.value("0")
    match decoder:
        case Missing():
            return [dialect.chosen_of(f"{cell} IS NULL", one, zero)]
        case OneHot():
            return [dialect.chosen_of(_is(cell, level), one, zero) for level in decoder.levels]
        case Lookup():
            tree: Choice | str = dialect.value(number(decoder.default))
            for level, value in reversed([*zip(decoder.levels, decoder.values.values, strict=True)]):
                tree = Choice.of(_is(cell, level), dialect.value(number(float(value))), tree)
            return [dialect.chosen(tree)]
        case Grams() | Summary() | _:
            raise Declined("needs a table of numbers and categories, but the model reads texts or series")


def _is(cell: str, level: str | None) -> str:
    return f"{cell} IS NULL" if level is None else f"{cell}={literal(level)}"
