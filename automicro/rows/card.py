"""Checks what is read of a card where a file enters: its keys hold values of their kinds, whoever wrote it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from automicro.errors import ArtifactError
from automicro.rows.moments import FORMATS
from automicro.rows.written import STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[Any], bool]

__all__ = ["check_card"]

DEEPEST = 100  # lists and objects inside of each other
LARGEST = 2.0**1022  # of two numbers whose difference must be finite
COLUMNS = ("numeric", "boolean", "category", "text", "series")
READINGS = ("plain", "level", "number", "moment", "clock", "duration")
PARTS = ("days", "year", "month", "weekday", "hour")
_NONE = type(None)


def check_card(card: Mapping[str, Any], columns: int) -> None:
    """Raise `ArtifactError` unless a card names the columns of its program and what is read of it is of its kind."""
    entries = card.get("columns")
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if len(names) != columns or not all(isinstance(name, str) for name in names):
        raise ArtifactError(
            f"the card must name the {columns} columns of its program, but does not; the file is damaged"
        )
    if _is_deep(card):
        raise ArtifactError(f"the card must be nested at most {DEEPEST} deep, but is deeper; the file is damaged")
    _check(card, CARD, "")
    for place, entry in enumerate(entries or ()):
        _check({"kind": None, **entry}, COLUMN, f"columns.{place}.")
        _check_reading(entry.get("reading") or {}, f"columns.{place}.reading.")
    readings = [(entry["name"], entry.get("reading") or {}) for entry in entries or ()]
    own = {reading.get("source") or name for name, reading in readings if reading.get("part") in (None, "", "days")}
    if lost := [name for name, reading in readings if (reading.get("source") or name) not in own]:
        raise ArtifactError(
            f"column {lost[0]!r} of the card must have its source there, but has not; the file is damaged"
        )


def _check(table: Mapping[str, Any], checks: Mapping[str, Check], where: str) -> None:
    for key, check in checks.items():
        if key in table and not check(table[key]):
            raise ArtifactError(
                f"{where}{key} of the card must not be {str(table[key])[:40]!r}; the file is damaged, or of a later version"
            )


def _check_reading(reading: Mapping[str, Any], where: str) -> None:
    _check(reading, READING, where)
    forms = STYLES if reading.get("kind") == "number" else tuple(FORMATS)
    _check(reading, {"form": _one_of("", *forms)}, where)
    if reading.get("kind") == "moment":
        _check({"part": None, **reading}, {"part": _one_of(*PARTS)}, where)
    if reading.get("part") == "days":
        _check({"origin": None, **reading}, {"origin": _is_day}, where)


def _is_day(value: Any) -> bool:
    try:
        dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_deep(card: Any) -> bool:
    level = [card]
    for _ in range(DEEPEST):
        held = (each.values() if isinstance(each, dict) else each for each in level)
        level = [value for values in held for value in values if isinstance(value, dict | list)]
    return bool(level)


def _one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _is(*kinds: type) -> Check:
    return lambda value: isinstance(value, kinds)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _all(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


_text, _texts = _is(str), _all(_is(str))
CARD: dict[str, Check] = {
    "task": _one_of("classification", "regression", "clustering"),
    "target": _is(str, _NONE),
    "labels": _or_none(_all(_is(str, int, float))),
    "metric": _text,
    "family": _text,
    "verdict": _text,
    "interpretability": _text,
    "sha256": _text,
    "replay": _is(str, _NONE),
    "score": _number,
    "confidence": _number,
    "size_bytes": _number,
    "seed": _number,
    "expected_score": _or_none(_number),
    "outlier_distance": _or_none(_number),
    "score_interval": _or_none(lambda value: _all(_number)(value) and len(value) == 2),
    **dict.fromkeys(
        ("function", "certificate", "explanation", "reference", "scores", "indices", "held_out", "directions"),
        _is(dict, _NONE),
    ),
    **dict.fromkeys(("parameters", "preparation", "versions"), _is(dict)),
}
COLUMN: dict[str, Check] = {
    "kind": _one_of(*COLUMNS),
    "minimum": _or_none(_number),
    "maximum": _or_none(_number),
    "offset": _or_none(_number),
    "reading": _is(dict, _NONE),
}
READING: dict[str, Check] = {
    "kind": _one_of(*READINGS),
    "source": _text,
    "part": _one_of("", *PARTS),
    "origin": _text,
    "words": _or_none(_texts),
    "values": _texts,
    "numbers": _all(_number),
    "levels": _texts,
}
