"""Columns that a model should perhaps not learn from as they are: row numbers, identifiers, and numbers that mean missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from automicro.data.read.column import numeric_values, value_kind
from automicro.rows.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.rows.frames import RawColumn

__all__ = ["index_columns", "suspects"]

NAMELESS = re.compile(r"(Unnamed: \d+)?")
IDENTIFIED = re.compile(r"(^|.*[_\s.-])(id|key|uuid|guid|idx|index|rownames?|row)$|^(id|row)[_\s.-].*$", re.IGNORECASE)
CAMEL = re.compile(r".*[a-z](ID|Id)")
FEWEST = 20  # rows below which no column is suspected
CODES = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 99999999.0)
REPEATED = 0.005  # of the rows
FEW_VALUES = 10


def index_columns(columns: Sequence[RawColumn]) -> tuple[int, ...]:
    """Return the places of nameless columns of different whole numbers: the index that was written with a table."""
    return tuple(
        place
        for place, column in enumerate(columns)
        if NAMELESS.fullmatch(column.name) and len(columns) > 1 and _numbers_rows(column)
    )


def _numbers_rows(column: RawColumn) -> bool:
    """Whether a column holds different whole numbers, none missing."""
    values = _numbers(column)
    if values is None or len(values) < 2:
        return False
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)


def _numbers(column: RawColumn) -> NDArray[np.float64] | None:
    is_number = column.values.dtype.kind in "iuf" or (
        column.values.dtype.kind == "O" and value_kind(column.values) == "numeric"
    )
    return numeric_values(column.values) if is_number and not column.category else None


def suspects(columns: Sequence[RawColumn], nameless: Sequence[RawColumn], missing: Sequence[float] = ()) -> list[str]:
    """Return one sentence for each kind of suspicion about columns of numbers.

    Parameters
    ----------
    columns : sequence of RawColumn
        Columns of numbers as they are given.
    nameless : sequence of RawColumn
        Columns that are an index, which no model reads.
    missing : sequence of float
        Numbers that are known to mean missing.
    """
    notes = []
    if nameless:
        shown = listed([repr(column.name) for column in nameless])
        notes.append(f"columns without a name that number the rows, as a written index does, are not used: {shown}")
    large = [column for column in columns if len(column.values) >= FEWEST]
    numbering = [repr(column.name) for column in large if _is_identifier(column)]
    if numbering:
        notes.append(
            f"columns that number or identify the rows: {listed(numbering)}; leave them out (data.drop) unless new rows continue them"
        )
    codes_of = [(column, _code(column)) for column in large]
    found = [(repr(c.name), *code) for c, code in codes_of if code is not None and code[0] not in missing]
    if found:
        shown = listed([f"{name} ({value:g} in {share:.1%} of rows)" for name, value, share in found])
        codes = ", ".join(sorted({f"{value:g}" for _, value, _ in found}))
        notes.append(f"numbers far from all others may mean missing: {shown}; missing=[{codes}] makes them missing")
    return notes


def _is_identifier(column: RawColumn) -> bool:
    if not _numbers_rows(column):
        return False
    steps = np.diff(numeric_values(column.values))
    counts_rows = bool((steps == 1.0).all())
    return counts_rows or bool(IDENTIFIED.fullmatch(column.name) or CAMEL.fullmatch(column.name))


def _code(column: RawColumn) -> tuple[float, float] | None:
    """Return the number that may mean missing, and its share of the rows: repeated, outermost, and far from all others."""
    values = _numbers(column)
    if values is None:
        return None
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    for code in (float(known.min()), float(known.max())):
        count = int((known == code).sum())
        if code in CODES and count >= max(3, REPEATED * len(values)) and _is_apart(code, known[known != code]):
            return code, count / len(values)
    return None


def _is_apart(code: float, rest: NDArray[np.float64]) -> bool:
    if len(rest) < FEW_VALUES or len(np.unique(rest)) < FEW_VALUES:
        return False
    low, high = float(rest.min()), float(rest.max())
    if code == -1.0:
        return low >= 0.0 and float(np.median(rest)) >= FEW_VALUES
    span = float(np.subtract(*np.quantile(rest, [0.95, 0.05])))
    return (low - code if code < low else code - high) > max(span, 1e-9)
