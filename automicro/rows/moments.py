"""Dates, times of day and durations: as text or as objects, and the numbers that they become."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

__all__ = [
    "FORMATS",
    "array_seconds",
    "clock_hours",
    "moment_format",
    "moments_of",
    "parsed_moment",
    "part_of",
    "seconds_of",
    "times_in",
]

DAY = 86400.0
UNIX_DAY = dt.date(1970, 1, 1).toordinal()
MONTHS = {
    name: number
    for number, full in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
    for name in (full, full[:3])
} | {"sept": 9}
TIME = (
    r"(?:(?:[ T]|, )(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?(?: ?(?P<half>[AaPp][Mm]))?)?"
)
ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
Y, D, M, B = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<name>[A-Za-z]{3,9})\.?"
_PATTERNS = {
    "year-month-day": rf"{Y}(?P<sep>[-/.]){M}(?P=sep){D}{TIME}{ZONE}",
    "day.month.year": rf"{D}\.{M}\.{Y}{TIME}",
    "day/month/year": rf"{D}(?P<sep>[-/]){M}(?P=sep){Y}{TIME}",
    "month/day/year": rf"{M}(?P<sep>[-/]){D}(?P=sep){Y}{TIME}",
    "day month-name year": rf"{D}[ -]{B}[ -]{Y}{TIME}",
    "month-name day, year": rf"{B} {D},? {Y}{TIME}",
    "month-name year": rf"{B}[ -]{Y}",
    "year-month": rf"{Y}[-/]{M}",
}
LAST_HOUR, LAST_MINUTE, NOON = 23, 59, 12
FORMATS = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?")


def parsed_moment(text: str, form: str) -> float | None:
    """Return the seconds since 1970 of a date that is written in a format, in UTC if it names a zone; None if it is none."""
    found = FORMATS[form].fullmatch(text.strip())
    if found is None:
        return None
    part = found.groupdict()
    month = MONTHS.get(part["name"].casefold()) if "name" in part else int(part["month"])
    if month is None:
        return None
    try:
        day = dt.date(int(part["year"]), month, int(part.get("day") or 1)).toordinal() - UNIX_DAY
    except ValueError:
        return None
    clock = _clock(part)
    return None if clock is None else day * DAY + clock - _zone(part.get("zone"))


def _clock(part: dict[str, Any]) -> float | None:
    """Return the seconds since midnight."""
    if part.get("hour") is None:
        return 0.0
    hour, half = int(part["hour"]), (part.get("half") or "").casefold()
    if half:
        if not 1 <= hour <= NOON:
            return None
        hour = hour % NOON + NOON * (half == "pm")
    minute, second = int(part["minute"]), float(part["second"] or 0.0)
    return None if hour > LAST_HOUR or minute > LAST_MINUTE or second >= 61 else 3600.0 * hour + 60.0 * minute + second


def _zone(zone: str | None) -> float:
    if zone is None or zone == "Z":
        return 0.0
    digits = zone[1:].replace(":", "")
    return (3600.0 * int(digits[:2]) + 60.0 * int(digits[2:])) * (-1.0 if zone[0] == "-" else 1.0)


def moment_format(texts: Collection[str]) -> tuple[str | None, bool]:
    """Return the one format in which all texts are dates, and whether they are dates at all.

    "03/04/2016" may begin with its day or its month: the format is None unless some text of the column decides it.
    """
    if not texts:
        return None, False
    fits = [form for form in FORMATS if all(parsed_moment(text, form) is not None for text in texts)]
    if len(fits) == 1:
        return fits[0], True
    if fits and all(parsed_moment(t, form) == parsed_moment(t, fits[0]) for form in fits for t in texts):
        return fits[0], True  # such as 05/05/2016 alone
    return None, bool(fits)


def moments_of(values: NDArray[Any], role: str) -> NDArray[np.float64] | None:
    """Return texts that are dates, all in one format, as seconds since 1970; None if they are none.

    Raises
    ------
    DataError
        If it is not certain which number is the day and which the month.
    """
    texts = {str(value) for value in values.tolist()}
    form, is_date = moment_format(texts)
    if form is None and is_date:
        raise DataError(
            f"{role} must be written so that day and month are certain, but every date may begin with either: "
            "write year-month-day"
        )
    if form is None:
        return None
    known = {text: parsed_moment(text, form) for text in texts}
    return np.array([known[str(value)] for value in values.tolist()], dtype=np.float64)


def clock_hours(cell: object) -> float | None:
    """Return the hours since midnight of a time of day, as text or as an object; None if it is none."""
    if isinstance(cell, dt.time):
        return cell.hour + cell.minute / 60 + (cell.second + cell.microsecond / 1e6) / 3600
    found = CLOCK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    seconds = None if found is None else _clock(found.groupdict())
    return None if seconds is None else seconds / 3600


def seconds_of(cell: object) -> float | None:
    """Return the seconds since 1970 of a date, with its time if it has one, or the seconds of a duration; None if it is neither."""
    if isinstance(cell, np.datetime64 | np.timedelta64):
        return math.nan if np.isnat(cell) else float(_microseconds(np.array([cell]))[0]) / 1e6
    if isinstance(cell, dt.timedelta):
        return cell.total_seconds()
    if isinstance(cell, dt.datetime):
        aware = cell if cell.tzinfo is not None else cell.replace(tzinfo=dt.UTC)
        return aware.timestamp()
    return (cell.toordinal() - UNIX_DAY) * DAY if isinstance(cell, dt.date) else None


def _microseconds(values: NDArray[Any]) -> NDArray[np.float64]:
    kind = "datetime64[us]" if values.dtype.kind == "M" else "timedelta64[us]"
    whole = values.astype(kind)
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64).astype(np.float64))


def array_seconds(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the seconds of an array of datetime64 or timedelta64, NaN for NaT."""
    return _microseconds(values) / 1e6


def part_of(seconds: NDArray[np.float64], part: str, origin: str) -> NDArray[np.float64]:
    """Return a part of moments, (rows,): days since the day `origin`, year, month 1 to 12, weekday 0 (Monday) to 6, or hour 0 to 23."""
    if part == "days":
        return seconds / DAY - float(dt.date.fromisoformat(origin).toordinal() - UNIX_DAY)
    days = np.floor(seconds / DAY)
    if part == "weekday":
        return np.mod(days + 3.0, 7.0)
    if part == "hour":
        return np.floor((seconds - days * DAY) / 3600.0)
    result = np.full(len(seconds), np.nan)
    known = ~np.isnan(days)
    dates = days[known].astype(np.int64).astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    result[known] = months // 12 + 1970 if part == "year" else months % 12 + 1
    return result


def times_in(values: NDArray[Any], role: str) -> NDArray[Any]:
    """Return times that sort: texts as the numbers, dates or times of day that they are, all else as it is.

    Raises
    ------
    DataError
        If texts are none of these, since their letters would be sorted.
    """
    if values.dtype.kind not in "OUT" or not all(isinstance(value, str) for value in values.tolist()):
        return values
    texts = dict.fromkeys(values.tolist())
    for parse in (_plain_number, clock_hours):
        if all(parse(text) is not None for text in texts):
            return np.array([parse(text) for text in values.tolist()], dtype=np.float64)
    moments = moments_of(values, role)
    if moments is None:
        odd = next(iter(texts))
        raise DataError(
            f"{role} must hold numbers or dates, all written in one format such as 2016-01-22, but holds texts such as "
            f"{odd!r}: turn them into dates"
        )
    return moments


def _plain_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
