"""Raw cells as levels and texts."""

from __future__ import annotations

from typing import Any

__all__ = ["fold", "level", "leveled", "lookup", "same", "worded"]


def level(value: Any) -> str | None:
    """Return the text of a cell; nothing if it is missing."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, int)):
        return str(value)
    if value != value:  # noqa: PLR0124 - NaN differs from itself
        return None
    if isinstance(value, float) and value - value == 0 and value == int(value):
        return str(int(value))
    return str(value)


def same(text: str | None, wanted: str | None) -> float:
    """Return 1 for the wanted level, else 0."""
    return 1.0 if text == wanted else 0.0


def lookup(text: str | None, levels: list[str | None], values: list[float], default: float) -> float:
    """Return the value of a level."""
    return values[levels.index(text)] if text in levels else default


def fold(text: str) -> str:
    """Return a text without case."""
    return text.casefold() if hasattr(text, "casefold") else text.lower()


def worded(value: Any, words: list[str]) -> Any:
    """Return a cell; nothing if it is a word for missing."""
    return None if isinstance(value, str) and value.strip() in words else value


def leveled(value: Any, words: list[str], flags: list[str]) -> Any:
    """Return a cell as the levels of training were written."""
    if isinstance(value, str):
        if value.strip() in words:
            return None
        text = value.strip() if "strip" in flags else value
        text = fold(text.strip()) if "fold" in flags else text
        if "parsed" in flags:
            try:
                return level(float(text))
            except ValueError:
                return text
        return text
    if isinstance(value, bool):
        return str(value).lower() if "lower" in flags or "fold" in flags else value
    if level(value) is None:
        return None
    if "codes" in flags:
        raise TypeError("text must be given, but got the number %r" % (value,))  # noqa: UP031 - MicroPython shows texts so, too
    return str(float(value)) if "decimal" in flags else value
