"""Raw cells as float32 numbers."""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["absent", "cell", "filled", "number", "single", "without"]

LARGEST = 3.4028234663852886e38


def cell(row: dict[str, Any], name: str) -> Any:
    """Return the raw value of a column."""
    if name not in row:
        raise TypeError("column %r must be given" % name)  # noqa: UP031 - MicroPython shows texts so, too
    return row[name]


def single(x: float) -> float:
    """Return a number rounded to float32; beyond its largest it is that."""
    if x != x:  # noqa: PLR0124 - NaN differs from itself
        return x
    nearest: float = struct.unpack("<f", struct.pack("<f", min(max(x, -LARGEST), LARGEST)))[0]
    return nearest


def number(value: Any, offset: float) -> float:
    """Return a cell of numbers less an offset, rounded to float32; NaN if it is missing."""
    if value is None:
        return float("nan")
    if isinstance(value, (str, bytes)):
        raise TypeError("numbers must be given, or None, but got %r" % (value,))  # noqa: UP031 - as above
    try:
        if offset and isinstance(value, int) and offset == int(offset):
            return single(float(value - int(offset)))
        return single(float(value) - offset)
    except OverflowError:
        return LARGEST if value > 0 else -LARGEST


def filled(x: float, fill: float) -> float:
    """Return a number, or what counts where it is missing."""
    return x if x == x else fill  # noqa: PLR0124 - as above


def absent(x: Any) -> float:
    """Return 1 where a cell is missing, else 0."""
    if isinstance(x, list):
        return 0.0 if x else 1.0
    return 1.0 if x is None or x != x else 0.0  # noqa: PLR0124 - as above


def without(value: Any, numbers: list[float]) -> Any:
    """Return a cell; nothing if it is one of the numbers that mean missing."""
    if value is None or isinstance(value, (str, bytes)):
        return value
    try:
        return None if float(value) in numbers else value
    except (TypeError, ValueError, OverflowError):
        return value
