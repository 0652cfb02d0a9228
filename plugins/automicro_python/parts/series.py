"""Series as statistics of their windows."""

from __future__ import annotations

import math
from typing import Any

from automicro_python.parts.numbers import number, single

__all__ = ["observed", "summary"]


def observed(steps: Any) -> list[float]:
    """Return the numbers of a series that are there."""
    numbers = [number(each, 0.0) for each in (steps or [])]
    return [each for each in numbers if each == each]  # noqa: PLR0124 - NaN differs from itself


def mean_of(values: list[float]) -> float:
    """Return the mean."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def energy(values: list[float], size: int) -> float:
    """Return the root mean square of half the differences of the means of the halves of whole blocks."""
    total, blocks = 0.0, len(values) // size
    for start in range(0, blocks * size, size):
        detail = 0.0
        for step in range(size):
            value = values[start + step]
            detail = detail + value if step < size // 2 else detail - value
        total += (detail / size) * (detail / size)
    return math.sqrt(total / max(blocks, 1))


def steps_of(values: list[float], crossing: bool) -> float:
    """Return the mean size of a step, or the share of steps across the mean."""
    mean, total = mean_of(values), 0.0
    for place in range(1, len(values)):
        before, after = values[place - 1], values[place]
        total += ((before > mean) != (after > mean)) if crossing else abs(after - before)
    return total / max(len(values) - 1, 1)


def slope_of(values: list[float]) -> float:
    """Return the rise a step of the straight line nearest in squares."""
    count, total = len(values), 0.0
    for step in range(count):
        total += (2 * step - (count - 1)) * values[step]
    return total * 6.0 / max(count * (count * count - 1), 1)


def spread_of(values: list[float]) -> float:
    """Return the standard deviation."""
    mean, total = mean_of(values), 0.0
    for value in values:
        total += (value - mean) * (value - mean)
    return math.sqrt(total / len(values))


def statistic_of(values: list[float], statistic: str) -> float:
    """Return a statistic of some numbers."""
    if statistic in ("first", "last"):
        return values[0 if statistic == "first" else -1]
    if statistic in ("minimum", "maximum"):
        return min(values) if statistic == "minimum" else max(values)
    if statistic in ("change", "crossings"):
        return steps_of(values, statistic == "crossings")
    if statistic[:6] == "energy":
        return energy(values, int(statistic[7:]))
    if statistic == "length":
        return float(len(values))
    return {"mean": mean_of, "spread": spread_of, "slope": slope_of}[statistic](values)


def summary(values: list[float], statistic: str, halvings: int, window: int) -> float:
    """Return a statistic of a window of a series, 0 where nothing of it is there."""
    count = len(values)
    if not count:
        return 0.0
    start = min((count * window) >> halvings, count - 1)
    stop = max((count * (window + 1)) >> halvings, start + 1)
    return single(statistic_of(values[start:stop], statistic) + 0.0)
