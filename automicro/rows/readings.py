"""How the cells of a column are read: decided once over the training column, kept on the card, and applied to every later row."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.program.inputs.rows import column_kinds, level_text
from automicro.rows.moments import array_seconds, clock_hours, parsed_moment, part_of, seconds_of
from automicro.rows.words import is_beside_numbers, words_of
from automicro.rows.written import STYLES, parsed_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from automicro.program import Program

__all__ = ["PLAIN", "Reading", "as_entry", "names_and_readings", "readings_of_card", "texts_in_files"]


@dataclass(frozen=True)
class Reading:
    """How raw cells of a source column become what a program reads as one of its columns.

    Parameters
    ----------
    kind : {"plain", "level", "number", "moment", "clock", "duration"}
        Plain cells stay as they are. Levels are texts. A number, a moment (a date with or without a time of day), a clock (a time of day,
        in hours) and a duration (in days) are numbers.
    form : str
        Style of a number (see `automicro.rows.written.STYLES`) or format of a moment that is
        written as text; empty if neither was text.
    source : str
        Name of the source column of a moment.
    part : str
        Part of a moment: days since `origin`, year, month, weekday or hour.
    origin : str
        A day, such as "2016-01-22".
    words : tuple of str or None
        Texts that count as missing among levels; None: the default ones.
    values : tuple of str
        Words of the default ones that are levels in this column.
    numbers : tuple of float
        Numbers that count as missing.
    levels : tuple of str
        What is done to cells before they are levels: "strip" blanks; "fold" case; "decimal": whole numbers are written "1.0"; "parsed":
        texts that are numbers are written as these; "lower": booleans are written "true"; "codes": numbers are refused.
    """

    kind: str = "plain"
    form: str = ""
    source: str = ""
    part: str = ""
    origin: str = ""
    words: tuple[str, ...] | None = None
    values: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def is_added(self) -> bool:
        """Whether the column is added behind those that users pass: a part of a moment other than its days."""
        return self.part not in {"", "days"}

    @property
    def changes(self) -> bool:
        """Whether some cells do not stay as they are."""
        return self.kind != "plain" or bool(self.numbers)

    @property
    def bare_words(self) -> frozenset[str] | None:
        """Return the words for missing of levels that otherwise stay as they are; None if more is done to cells."""
        is_bare = self.kind == "level" and not self.levels and not self.numbers
        return words_of(self.words, self.values) if is_bare else None

    def read(self, cells: NDArray[Any], name: str) -> NDArray[Any]:
        """Return cells as `automicro.program.columns_of` reads them; the same array where nothing changes.

        Parameters
        ----------
        cells : array, (rows,)
        name : str
            Name of the column, for errors.

        Raises
        ------
        DataError
            If a cell does not fit what the training column held.
        """
        if self.kind == "level":
            return self._levels(cells, name)
        if self.kind != "plain":
            cells = self._measured(cells, name)
        return _without(cells, self.numbers) if self.numbers else cells

    def _levels(self, cells: NDArray[Any], name: str) -> NDArray[Any]:
        if cells.dtype.kind not in "OUT" and not self.levels:
            return cells
        words = words_of(self.words, self.values)
        if not self.levels:
            held = cells.tolist()
            found = {text for text in {cell for cell in held if type(cell) is str} if _is_word(text, words)}
            if not found:
                return cells
            result = cells.astype(object)
            result[[type(cell) is str and cell in found for cell in held]] = None
            return result
        known: dict[Any, Any] = {}
        result = np.empty(len(cells), dtype=object)
        for row, cell in enumerate(cells.tolist()):
            key = cell if type(cell) is str else (type(cell), cell)
            if key not in known:
                known[key] = self._level(cell, words, name)
            result[row] = known[key]
        return result

    def _level(self, cell: Any, words: frozenset[str], name: str) -> Any:
        if isinstance(cell, str):
            if _is_word(cell, words):
                return None
            text = cell.strip() if "strip" in self.levels else cell
            text = text.strip().casefold() if "fold" in self.levels else text
            number = _float(text) if "parsed" in self.levels else None
            return text if number is None else level_text(number)
        if isinstance(cell, bool | np.bool_):
            return str(bool(cell)).lower() if {"lower", "fold"} & set(self.levels) else cell
        if level_text(cell) is None:
            return None
        if "codes" in self.levels:
            raise DataError(
                f"column {name!r} must hold text, since its codes begin with zeros, but got the number {cell!r}: read "
                "the column as text, such as dtype=str in pandas"
            )
        number = _float(cell) if "decimal" in self.levels else None
        return cell if number is None else str(number)

    def _measured(self, cells: NDArray[Any], name: str) -> NDArray[np.float64]:
        """Return numbers, moments, clocks or durations as numbers, NaN where they are missing."""
        if self.kind == "number" and cells.dtype.kind in "fiub":
            return cells.astype(np.float64)
        if cells.dtype.kind in "mM" and (self.kind == "duration") == (cells.dtype.kind == "m"):
            result = array_seconds(cells)
        else:
            result = self._parsed(cells, name)
        if self.kind == "moment":
            return part_of(result, self.part, self.origin)
        return result / 86400.0 if self.kind == "duration" else result

    def _parsed(self, cells: NDArray[Any], name: str) -> NDArray[np.float64]:
        parse = self._parser()
        known: dict[Any, float] = {}
        result = np.empty(len(cells))
        for row, cell in enumerate(cells.tolist() if cells.dtype.kind != "M" else cells):
            value = known.get(cell) if type(cell) is str else None
            if value is None:
                value = self._number(cell, parse)
                if value is None:
                    raise DataError(f"column {name!r} must hold {self._held()}, but got {cell!r} in row {row}").in_row(
                        row
                    )
                if type(cell) is str:
                    known[cell] = value
            result[row] = value
        return result

    def _number(self, cell: Any, parse: Callable[[Any], float | None]) -> float | None:
        if isinstance(cell, str):
            absent = is_beside_numbers(cell) or cell.strip() in (self.words or ())
            return math.nan if absent else parse(cell)
        return math.nan if level_text(cell) is None else parse(cell)

    def _parser(self) -> Callable[[Any], float | None]:
        if self.kind == "number":
            style = self.form or STYLES[0]
            return lambda cell: _written(cell, style) if isinstance(cell, str) else _float(cell)
        if self.kind == "clock":
            return clock_hours
        form = self.form or "year-month-day"
        return lambda cell: parsed_moment(cell, form) if isinstance(cell, str) else seconds_of(cell)

    def _held(self) -> str:
        if self.kind == "number":
            return f"numbers, in text written like {self.form or STYLES[0]}"
        if self.kind == "moment":
            return f"dates, in text written {self.form or 'year-month-day'}"
        return "times of day, such as 18:30" if self.kind == "clock" else "durations"


PLAIN = Reading()
EXACT = 2**53  # whole numbers from here on have more digits than float64


def _is_word(cell: str, words: frozenset[str]) -> bool:
    return cell.strip() in words


def _written(text: str, style: str) -> float | None:
    found = parsed_number(text, style)
    return None if found is None else found[0]


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _without(cells: NDArray[Any], numbers: tuple[float, ...]) -> NDArray[Any]:
    """Return cells of which those that equal one of the numbers are missing."""
    if cells.dtype.kind in "fiu":
        found = np.isin(cells, numbers)
        if not found.any():
            return cells
        if cells.dtype.kind in "iu" and (cells.max() >= EXACT or cells.min() <= -EXACT):
            whole = cells.astype(object)
            whole[found] = None
            return whole
        return np.where(found, np.nan, cells.astype(np.float64))
    if cells.dtype.kind != "O":
        return cells
    gone = [row for row, cell in enumerate(cells.tolist()) if not isinstance(cell, str) and _float(cell) in numbers]
    if not gone:
        return cells
    result = cells.copy()
    result[gone] = None
    return result


def readings_of_card(card: Mapping[str, Any] | None) -> tuple[Reading, ...] | None:
    """Return how each column of a program is read; None without a card, or where all cells stay as they are."""
    entries = [] if card is None else card["columns"]
    made = tuple(_reading(entry.get("reading")) for entry in entries)
    return made if any(reading != PLAIN for reading in made) else None


def names_and_readings(card: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Reading, ...]]:
    """Return the names of the columns of a program, and how each is read."""
    entries = card["columns"]
    return tuple(entry["name"] for entry in entries), tuple(_reading(entry.get("reading")) for entry in entries)


def _reading(entry: Mapping[str, Any] | None) -> Reading:
    if not entry:
        return PLAIN
    known = {field.name for field in fields(Reading)}
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k in known}
    return Reading(**given)


def as_entry(reading: Reading) -> dict[str, Any] | None:
    """Return a reading as an entry of the card, without what is at its default; None where cells stay as they are."""
    plain = asdict(PLAIN)
    return {key: value for key, value in asdict(reading).items() if value != plain[key]} or None


def texts_in_files(program: Program, card: Mapping[str, Any] | None) -> tuple[str | int, ...]:
    """Return the source columns whose cells a program takes from a file as text, whatever they look like there.

    Without a card these are places of columns, and only of those that the program reads.
    """
    if card is None:
        return tuple(place for place, kind in column_kinds(program.decoders).items() if kind in {"category", "text"})
    found = [(entry["name"], entry["kind"], _reading(entry.get("reading"))) for entry in card["columns"]]
    return tuple(
        reading.source or name
        for name, kind, reading in found
        if not reading.is_added and (kind in {"category", "text"} or reading.kind != "plain")
    )
