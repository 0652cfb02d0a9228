"""Numbers, dates, times of day and durations that may be written as text."""

from __future__ import annotations

import math
import re
from typing import Any

from automicro_python.parts.levels import fold, level

__all__ = ["clock", "duration", "missing", "moment", "part", "written"]

BESIDE = [
    "", "?", "#n/a", "nan", "-nan", "nat", "null", "<na>", "na", "n/a", "none", "n.a.", "n.a", "nil", "-", "--", "---", ".", "unknown",
    "unk", "missing", "not available", "(null)", "\\n", "#value!", "#div/0!", "#ref!", "#num!", "#name?",
]  # fmt: skip
CURRENCY = "[$\u20ac\u00a3\u00a5\u20b9]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD"
TIME = (
    r"(?:(?:[ T]|, )(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?(?: ?(?P<half>[AaPp][Mm]))?)?"
)
Y, D, M, B = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<name>[A-Za-z]{3,9})\.?"
FORMS = {
    "year-month-day": Y + "(?P<sep>[-/.])" + M + "(?P=sep)" + D + TIME + r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    "day.month.year": D + r"\." + M + r"\." + Y + TIME,
    "day/month/year": D + "(?P<sep>[-/])" + M + "(?P=sep)" + Y + TIME,
    "month/day/year": M + "(?P<sep>[-/])" + D + "(?P=sep)" + Y + TIME,
    "day month-name year": D + "[ -]" + B + "[ -]" + Y + TIME,
    "month-name day, year": B + " " + D + ",? " + Y + TIME,
    "month-name year": B + "[ -]" + Y,
    "year-month": Y + "[-/]" + M,
}
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"]
MONTHS += ["december"]
LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def missing(value: Any, words: list[str]) -> bool:
    """Return whether a cell among numbers or dates is missing."""
    if isinstance(value, str):
        return fold(value.strip()) in BESIDE or value.strip() in words
    return level(value) is None


def written(value: Any, words: list[str], thousands: str, decimal: str) -> float:
    """Return a number, which may be written as text with marks, a currency, a sign of percent or a unit."""
    if missing(value, words):
        return float("nan")
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]  # a number, checked where it is rounded
    mark, point = re.escape(thousands), re.escape(decimal)
    digits = r"(?:\d{1,3}(?:%s\d{3})+|\d+)(?:%s\d*)?|%s\d+" % (mark, point, point)  # noqa: UP031 - braces are of the pattern
    pattern = (
        r"(\()?\s*([+-])?\s*(" + CURRENCY + r")?\s*([+-])?\s*(" + digits + r")([eE][+-]?\d+)?(\s*(?:%|\u2030|" + CURRENCY
        + r")|\s+[^\W\d_]+)?\s*(\))?"
    )  # fmt: skip
    plain = value.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-").strip()
    found = re.fullmatch(pattern, plain)
    if not found or bool(found.group(1)) != bool(found.group(8)) or (found.group(2) and found.group(4)):
        raise TypeError("a number must be given, but got %r" % value)  # noqa: UP031 - MicroPython shows texts so, too
    signs = (found.group(2) or "") + (found.group(4) or "")
    if found.group(1) and signs:
        raise TypeError("a number must be given, but got %r" % value)  # noqa: UP031 - as above
    size = float(found.group(5).replace(thousands, "").replace(decimal, ".") + (found.group(6) or ""))
    return -size if "-" in signs or found.group(1) else size


def day_number(year: int, month: int, day: int) -> int:
    """Return the days from 1970 to a date of the Gregorian calendar."""
    before = year - 1
    leap = 1 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    inside = sum(LENGTHS[: month - 1]) + (leap if month > 2 else 0) + day
    return before * 365 + before // 4 - before // 100 + before // 400 + inside - 719163


def is_date(year: int, month: int, day: int) -> bool:
    """Return whether there is such a day."""
    if year < 1 or not 1 <= month <= 12:
        return False
    leap = 1 if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    return 1 <= day <= LENGTHS[month - 1] + leap


def day_seconds(part: dict[str, Any]) -> float | None:
    """Return the seconds since midnight, nothing if there is no such time."""
    if part.get("hour") is None:
        return 0.0
    hour, half = int(part["hour"]), (part.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    minute, second = int(part["minute"]), float(part["second"] or 0.0)
    return None if hour > 23 or minute > 59 or second >= 61 else 3600.0 * hour + 60.0 * minute + second


def zone_seconds(zone: str | None) -> float:
    """Return how far a zone is ahead of UTC."""
    if zone is None or zone == "Z":
        return 0.0
    digits = zone[1:].replace(":", "")
    return (3600.0 * int(digits[:2]) + 60.0 * int(digits[2:])) * (-1.0 if zone[0] == "-" else 1.0)


def month_of(part: dict[str, Any]) -> int:
    """Return the number of a month, 0 if there is none of its name."""
    if part.get("name") is None:
        return int(part["month"])
    name = part["name"].lower()
    names = [*MONTHS, *[each[:3] for each in MONTHS], "sept"]
    return (names.index(name) % 12 + 1 if name != "sept" else 9) if name in names else 0


def moment(value: Any, words: list[str], form: str) -> float:
    """Return the seconds since 1970 of a date as text or as an object of the module datetime, NaN if it is missing."""
    if missing(value, words):
        return float("nan")
    if not isinstance(value, str):
        return object_seconds(value)
    found = re.fullmatch(FORMS[form], value.strip())
    part = found.groupdict() if found else {}
    month = month_of(part) if found else 0
    clock_seconds = day_seconds(part)
    if not found or clock_seconds is None or not is_date(int(part["year"]), month, int(part.get("day") or 1)):
        raise TypeError("a date must be given, but got %r" % value)  # noqa: UP031 - as above
    days = day_number(int(part["year"]), month, int(part.get("day") or 1))
    return days * 86400.0 + clock_seconds - zone_seconds(part.get("zone"))


def object_seconds(value: Any) -> float:
    """Return the seconds since 1970 of an object with a date."""
    if not hasattr(value, "toordinal"):
        raise TypeError("a date must be given, but got %r" % (value,))  # noqa: UP031 - as above
    days: float = (value.toordinal() - 719163) * 86400.0
    if not hasattr(value, "hour"):
        return days
    ahead = value.utcoffset()
    inside: float = value.hour * 3600.0 + value.minute * 60.0 + value.second + value.microsecond / 1e6
    zone: float = ahead.total_seconds() if ahead else 0.0
    return days + inside - zone


def part(seconds: float, wanted: str, origin: str) -> float:
    """Return a part of a moment: days since a day, year, month, weekday or hour."""
    if seconds != seconds:  # noqa: PLR0124 - NaN differs from itself
        return seconds
    if wanted == "days":
        return seconds / 86400.0 - day_number(int(origin[:4]), int(origin[5:7]), int(origin[8:10]))
    days = math.floor(seconds / 86400.0)
    if wanted == "weekday":
        return float((days + 3) % 7)
    if wanted == "hour":
        return float(math.floor((seconds - days * 86400.0) / 3600.0))
    year = 1970 + days // (366 if days > 0 else 365)
    while day_number(year + 1, 1, 1) <= days:
        year += 1
    if wanted == "year":
        return float(year)
    month = 1
    while month < 12 and day_number(year, month + 1, 1) <= days:
        month += 1
    return float(month)


def clock(value: Any, words: list[str]) -> float:
    """Return the hours since midnight of a time of day, NaN if it is missing."""
    if missing(value, words):
        return float("nan")
    if not isinstance(value, str):
        if not hasattr(value, "hour"):
            raise TypeError("a time of day must be given, but got %r" % (value,))  # noqa: UP031 - as above
        inside: float = value.hour + value.minute / 60 + (value.second + value.microsecond / 1e6) / 3600
        return inside
    found = re.fullmatch(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?", value.strip())
    seconds = day_seconds(found.groupdict()) if found else None
    if seconds is None:
        raise TypeError("a time of day must be given, but got %r" % value)  # noqa: UP031 - as above
    return seconds / 3600


def duration(value: Any, words: list[str]) -> float:
    """Return the days of a duration, an object with `total_seconds`; NaN if it is missing."""
    if missing(value, words):
        return float("nan")
    if not hasattr(value, "total_seconds"):
        raise TypeError("a duration must be given, but got %r" % (value,))  # noqa: UP031 - as above
    seconds: float = value.total_seconds()
    return seconds / 86400.0
