"""What the columns of a training table are: numbers, dates and levels as people write them, decided over whole columns."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import value_kind, where_missing
from automicro.data.read.suspects import index_columns, suspects
from automicro.errors import DataError
from automicro.rows.frames import RawColumn
from automicro.rows.moments import clock_hours, moment_format
from automicro.rows.readings import PLAIN, Reading
from automicro.rows.words import CERTAIN, DOUBTFUL, FREQUENT, bare, is_beside_numbers, listed
from automicro.rows.written import leading_zero, number_style, parsed_number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


__all__ = ["Missing", "Read", "missing_of", "read_as_given", "read_columns"]

MOSTLY = 0.5  # of the known cells: numbers beside which other texts are named
PARTS = ("year", "month", "weekday", "hour")
PAIRS = ({"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"on", "off"}, {"ja", "nein"})


@dataclass(frozen=True)
class Missing:
    """Words, or None for the default ones, and numbers that count as missing."""

    words: tuple[str, ...] | None = None
    numbers: tuple[float, ...] = ()


def missing_of(given: Sequence[str | float] | None) -> Missing:
    """Return the words and numbers of a list; raise `DataError` if it is none."""
    if given is None:
        return Missing()
    if isinstance(given, str) or not all(isinstance(one, str | int | float | np.number) for one in given):
        raise DataError(f"missing must be a list of words and numbers that count as missing, but got {given!r}")
    numbers = tuple(float(one) for one in given if not isinstance(one, str))
    return Missing(tuple(one.strip() for one in given if isinstance(one, str)), numbers)


@dataclass
class Read:
    """Columns as they are read, those that moments add at the end, what the user should know, and which columns no model may read."""

    columns: list[RawColumn] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    suspicions: list[str] = field(default_factory=list)
    excluded_columns: tuple[int, ...] = ()

    def note(self, kind: str, text: str) -> None:
        """Add one column to the note of its kind."""
        self.notes.setdefault(kind, []).append(text)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence for each kind of note."""
        return (*(_SENTENCES[kind].format(listed(words)) for kind, words in self.notes.items()), *self.suspicions)


_SENTENCES = {
    "read": "read from text or dates: {}",
    "values": "frequent words that may mean missing are read as levels: {}; missing=[...] names what counts as missing",
    "blanks": "levels that differ only in blanks at their ends, or in the case of yes and no, are read as one: {}",
    "case": "levels that differ only in case or blanks are read as different ones: {}; write them alike if they mean the same",
    "comma": "read as levels, since the comma of their numbers may separate thousands or decimals: {}; turn them into numbers",
    "days": "read as levels, since the first number of their dates may be the day or the month: {}; write them year-month-day",
    "beside": "read as levels, since they hold other texts beside numbers: {}; missing=[...] names those that count as missing",
    "ordered": "the order of these categories is not used: {}; turn them into numbers (cat.codes in pandas) if it matters",
    "zeros": "read as levels, since some of their numbers begin with a zero: {}; write them without it if their size matters",
    "codes": "whole numbers as text are read as levels: {}; turn them into numbers if their size matters",
}


def read_columns(raw: Sequence[RawColumn], text: Collection[str] | None, missing: Missing) -> Read:
    """Decide how columns are read and read them so.

    Parameters
    ----------
    raw : sequence of RawColumn
    text : collection of str or None
        Names of columns that are text: their cells stay as they are, but for the words for missing.
    missing : Missing

    Raises
    ------
    DataError
        If two columns would have one name.
    """
    read = Read()
    for column in raw:
        reading = _reading(column, column.name in (text or ()), missing, read)
        read.readings.append(reading)
        read.columns.append(replace(column, values=reading.read(column.values, column.name)))
    read.excluded_columns = index_columns(raw)
    plain = [column for column, reading in zip(raw, read.readings, strict=True) if reading.kind == "plain"]
    nameless = [raw[place] for place in read.excluded_columns]
    read.suspicions = suspects([column for column in plain if column not in nameless], nameless, missing.numbers)
    _add_parts(read, raw)
    return read


def read_as_given(raw: Sequence[RawColumn], names: Sequence[str], readings: Sequence[Reading]) -> Read:
    """Read columns as a card says; the readings of columns that it does not name are plain."""
    known = {
        reading.source or name: (name, reading)
        for name, reading in zip(names, readings, strict=True)
        if not reading.is_added
    }
    read = Read()
    for column in raw:
        name, reading = known.get(column.name, (column.name, PLAIN))
        read.readings.append(reading)
        read.columns.append(replace(column, name=name, values=reading.read(column.values, column.name)))
    given = {column.name: column for column in raw}
    for name, reading in zip(names, readings, strict=True):
        if reading.is_added and reading.source in given:
            read.columns.append(RawColumn(name, reading.read(given[reading.source].values, reading.source)))
            read.readings.append(reading)
    return read


def _reading(column: RawColumn, is_text: bool, missing: Missing, read: Read) -> Reading:
    kind = value_kind(column.values)
    if column.category:
        if column.levels is not None and len(column.levels) > 2:
            read.note("ordered", repr(column.name))
        parsed = ("parsed",) if kind in {"numeric", "boolean"} else ()
        return Reading("level", words=missing.words or (), levels=parsed)
    if kind == "dates":
        return _of_dates(column, read)
    if kind == "mixed" and all(_is_absent(v, missing) for v in column.values.tolist() if isinstance(v, str)):
        return Reading("number", words=missing.words, numbers=missing.numbers)
    if kind == "category":
        return _of_texts(column, missing, read, is_text=is_text)
    return Reading(numbers=missing.numbers) if missing.numbers and kind == "numeric" else PLAIN


def _is_absent(text: str, missing: Missing) -> bool:
    return is_beside_numbers(text) or text.strip() in (missing.words or ())


def _of_dates(column: RawColumn, read: Read) -> Reading:
    """Return the reading of date and time objects; of mixed ones PLAIN, which no table takes."""
    if column.values.dtype.kind in "mM":
        kind = "moment" if column.values.dtype.kind == "M" else "duration"
    else:
        types = {type(v) for v in column.values.tolist() if not where_missing(np.array([v], dtype=object))[0]}
        kinds = {_kind_of_date(one) for one in types}
        kind = kinds.pop() if len(kinds) == 1 else ""
    if not kind:
        return PLAIN
    if kind != "moment":
        read.note("read", f"{column.name!r} ({'hours since midnight' if kind == 'clock' else 'days of a duration'})")
        return Reading(kind)
    return _moment(column, "")


def _kind_of_date(one: type) -> str:
    if issubclass(one, dt.time):
        return "clock"
    return "duration" if issubclass(one, dt.timedelta | np.timedelta64) else "moment"


def _moment(column: RawColumn, form: str) -> Reading:
    """Return the reading of the days since the first day of a column."""
    start = Reading("moment", form, column.name, "days", "1970-01-01")
    days = start.read(column.values, column.name)
    known = days[~np.isnan(days)]
    first = np.datetime64(int(np.floor(known.min())) if len(known) else 0, "D")
    return replace(start, origin=str(first))


def _add_parts(read: Read, raw: Sequence[RawColumn]) -> None:
    """Name the days of moments, and add their other parts where these vary."""
    for place, (column, reading) in enumerate(zip(raw, list(read.readings), strict=True)):
        if reading.part != "days":
            continue
        taken = {one.name for one in read.columns}
        read.columns[place] = replace(read.columns[place], name=_free(f"{column.name}.days", taken))
        words = [f"days since {reading.origin}"]
        for part in PARTS:
            own = replace(reading, part=part)
            values = own.read(column.values, column.name)
            if len(np.unique(values[~np.isnan(values)])) > 1:
                read.columns.append(RawColumn(_free(f"{column.name}.{part}", taken), values))
                read.readings.append(own)
                words.append(part)
        written = f" written {reading.form}" if reading.form else ""
        read.note("read", f"{column.name!r} (dates{written}: {', '.join(words)})")


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _of_texts(column: RawColumn, missing: Missing, read: Read, *, is_text: bool) -> Reading:
    """Return the reading of a column of texts: numbers, dates or levels."""
    counts = {value: count for value, count in Counter(column.values.tolist()).items() if isinstance(value, str)}
    if not is_text:
        known = [word for word in counts if not _is_absent(word, missing)]
        measured = _measured(column, known, counts, missing, read)
        if measured is not None:
            return measured
    share = {word.strip(): count for word, count in counts.items()}
    rows = len(column.values)
    values: tuple[str, ...] = ()
    if missing.words is None:
        values = tuple(sorted(w for w in DOUBTFUL if share.get(w, 0) >= max(2, FREQUENT * rows)))
    if values:
        frequent = ", ".join(f"{word!r} in {share[word] / rows:.0%} of rows" for word in values)
        read.note("values", f"{column.name!r} ({frequent})")
    words = CERTAIN | DOUBTFUL if missing.words is None else set(missing.words) | {""}
    levels = [level for level in counts if level.strip() not in words - set(values)]
    flags = () if is_text else _flags(column.name, levels, read)
    return Reading("level", words=missing.words, values=values, levels=flags)


def _measured(
    column: RawColumn, known: list[str], counts: Mapping[str, int], missing: Missing, read: Read
) -> Reading | None:
    """Return the reading of a column of texts that are numbers, dates or times of day; None if they are levels."""
    style, is_number = number_style(known)
    if style is not None:
        absent = _beside(counts)
        read.note("read", f"{column.name!r} (numbers such as {known[0].strip()!r}{absent})")
        return Reading("number", style, words=missing.words, numbers=missing.numbers)
    form, is_date = moment_format(known)
    if form is not None:
        return replace(_moment(column, form), words=missing.words)
    if known and all(clock_hours(text) is not None for text in known):
        read.note("read", f"{column.name!r} (hours since midnight)")
        return Reading("clock", words=missing.words)
    name = repr(column.name)
    if is_date:
        read.note("days", name)
    elif is_number and any("," in text for text in known):
        read.note("comma", f"{name} such as {known[0]!r}")
    elif is_number and len(known) > 2:
        read.note("codes", name)
    elif (code := leading_zero(known)) is not None:
        read.note("zeros", f"{name} such as {code!r}")
    elif not is_number and len(known) > 2:
        _note_others(name, known, counts, read)
    return None


def _beside(counts: Mapping[str, int]) -> str:
    """Name the texts beside numbers that are read as missing, other than the words that always are."""
    absent = [word for word in counts if is_beside_numbers(word) and word.strip() not in CERTAIN | DOUBTFUL]
    return f", {', '.join(map(repr, absent[:3]))} as missing" if absent else ""


def _note_others(name: str, known: list[str], counts: Mapping[str, int], read: Read) -> None:
    """Name the texts beside numbers, if most cells are numbers."""
    numbers = {text for text in known if parsed_number(text, "1,234.5") or parsed_number(text, "1.234,5")}
    codes = any(re.fullmatch(r"0\d+", text.strip()) for text in known)
    total = sum(counts[text] for text in known)
    if codes or len(numbers) < 2 or sum(counts[text] for text in numbers) <= MOSTLY * total:
        return
    others = [repr(text) for text in known if text not in numbers]
    if len(others) < len(numbers):
        read.note("beside", f"{name} ({listed(others[:3])})" if others else name)


def _flags(name: str, levels: list[str], read: Read) -> tuple[str, ...]:
    """Return what is done to cells before they are levels, and note levels that differ by blanks or case only."""
    flags: list[str] = []
    stripped = {level.strip() for level in levels}
    folded = {level.casefold() for level in stripped}
    if any(level != level.strip() for level in levels):
        flags.append("strip")
    if len(folded) < len(stripped) and folded in PAIRS:
        flags.append("fold")
    merged = folded if "fold" in flags else stripped
    if len(merged) < len(levels):
        read.note("blanks", f"{name!r} ({_alike(levels, str.strip if 'fold' not in flags else bare)})")
    elif len(set(map(bare, stripped))) < len(stripped):
        read.note("case", f"{name!r} ({_alike(list(stripped), bare)})")
    if any(re.fullmatch(r"-?\d+\.0", level) for level in stripped) and not any(
        re.fullmatch(r"-?\d+", level) for level in stripped
    ):
        flags.append("decimal")
    if any(re.fullmatch(r"0\d+", level) for level in stripped):
        flags.append("codes")
    if {"true", "false"} & stripped:
        flags.append("lower")
    return tuple(flags)


def _alike(levels: list[str], form: Any) -> str:
    """Return two levels that become one."""
    seen: dict[str, str] = {}
    for level in sorted(levels):
        if (other := seen.setdefault(form(level), level)) != level:
            return f"{other!r} and {level!r}"
    return ""
