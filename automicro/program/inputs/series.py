"""Statistics of windows of a series, for many series at once and for one in plain Python, with the same result bit for bit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Summary

__all__ = ["MOST_LEVEL", "STATISTICS", "Observed", "summary_column", "summary_row", "window_of", "window_words"]

MOST_LEVEL = 11
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class _Arithmetic:
    """What differs between Python's numbers and arrays of them."""

    root: Callable[[Any], Any]
    smaller: Callable[[Any, Any], Any]
    larger: Callable[[Any, Any], Any]


PLAIN = _Arithmetic(math.sqrt, min, max)
ARRAYS = _Arithmetic(np.sqrt, np.minimum, np.maximum)


def _mean(values: Sequence[Any], _: _Arithmetic) -> Any:
    total = 0.0
    for value in values:
        total = total + value
    return total / len(values)


def _spread(values: Sequence[Any], arithmetic: _Arithmetic) -> Any:
    mean, total = _mean(values, arithmetic), 0.0
    for value in values:
        total = total + (value - mean) * (value - mean)
    return arithmetic.root(total / len(values))


def _minimum(values: Sequence[Any], arithmetic: _Arithmetic) -> Any:
    result = values[0]
    for value in values:
        result = arithmetic.smaller(result, value)
    return result


def _maximum(values: Sequence[Any], arithmetic: _Arithmetic) -> Any:
    result = values[0]
    for value in values:
        result = arithmetic.larger(result, value)
    return result


def _slope(values: Sequence[Any], _: _Arithmetic) -> Any:
    """Return the rise a step of the straight line nearest in squares."""
    count, total = len(values), 0.0
    for step, value in enumerate(values):
        total = total + (2 * step - (count - 1)) * value
    return total * 6.0 / max(count * (count * count - 1), 1)


def _first(values: Sequence[Any], _: _Arithmetic) -> Any:
    return values[0]


def _last(values: Sequence[Any], _: _Arithmetic) -> Any:
    return values[-1]


def _change(values: Sequence[Any], _: _Arithmetic) -> Any:
    """Return the mean size of a step."""
    total = 0.0 * values[0]
    for before, after in pairwise(values):
        total = total + abs(after - before)
    return total / max(len(values) - 1, 1)


def _crossings(values: Sequence[Any], arithmetic: _Arithmetic) -> Any:
    """Return the share of steps from above the mean to not above it or back."""
    mean, total = _mean(values, arithmetic), 0.0 * values[0]
    for before, after in pairwise(values):
        total = total + ((before > mean) != (after > mean))
    return total / max(len(values) - 1, 1)


def _length(values: Sequence[Any], _: _Arithmetic) -> Any:
    return 0.0 * values[0] + len(values)


def _energy(size: int) -> Callable[[Sequence[Any], _Arithmetic], Any]:
    """Return the root mean square of the Haar details of whole blocks of some steps: half the difference of the halves' means."""

    def energy(values: Sequence[Any], arithmetic: _Arithmetic) -> Any:
        total, blocks = 0.0 * values[0], len(values) // size
        for start in range(0, blocks * size, size):
            detail = 0.0
            for step in range(size):
                value = values[start + step]
                detail = detail + value if step < size // 2 else detail - value
            total = total + (detail / size) * (detail / size)
        return arithmetic.root(total / max(blocks, 1))

    return energy


STATISTICS: dict[str, Callable[[Sequence[Any], _Arithmetic], Any]] = {
    "mean": _mean,
    "spread": _spread,
    "minimum": _minimum,
    "maximum": _maximum,
    "slope": _slope,
    "first": _first,
    "last": _last,
    "change": _change,
    "crossings": _crossings,
    "length": _length,
    **{f"energy {size}": _energy(size) for size in (2, 4, 8, 16, 32)},
}


PARTS = ("", "half", "quarter", "eighth")


def summary_words(decoder: Summary, name: str) -> str:
    """Return what a summary is called, given the name of its column.

    Examples
    --------
    >>> from automicro.program import Summary
    >>> summary_words(Summary(3, "mean", 2, 1), "channel 3")
    'mean of channel 3, quarter 2'
    """
    window = window_words(decoder)
    return f"{decoder.statistic} of {name}{', ' if window else ''}{window}"


def window_words(decoder: Summary) -> str:
    """Return what the window of a summary is called; nothing if it is the whole series."""
    if decoder.level == 0:
        return ""
    if decoder.level < len(PARTS):
        return f"{PARTS[decoder.level]} {decoder.window + 1}"
    return f"part {decoder.window + 1} of {1 << decoder.level}"


def window_of(decoder: Summary, count: int) -> slice:
    """Return which of `count` > 0 observed values a summary reads."""
    start = min((count * decoder.window) >> decoder.level, count - 1)
    return slice(start, max((count * (decoder.window + 1)) >> decoder.level, start + 1))


@dataclass(frozen=True, eq=False)
class Observed:
    """A column of series without what is missing: rows of equal length together."""

    rows: int
    groups: tuple[tuple[NDArray[np.int64], NDArray[np.float64]], ...]

    @classmethod
    def of(cls, series: NDArray[np.float32]) -> Observed:
        """Return the observed values of series (rows, steps)."""
        present = ~np.isnan(series)
        counts = present.sum(axis=1)
        clipped = np.clip(series, -LARGEST, LARGEST).astype(np.float64)
        groups = []
        for count in np.unique(counts[counts > 0]).tolist():
            rows = np.flatnonzero(counts == count)
            values = clipped[rows][present[rows]].reshape(len(rows), count)
            groups.append((rows, np.asfortranarray(values)))
        return cls(len(series), tuple(groups))


def summary_column(decoder: Summary, observed: Observed) -> NDArray[np.float32]:
    """Return the feature for every row."""
    result = np.zeros(observed.rows, dtype=np.float32)
    for rows, values in observed.groups:
        window = window_of(decoder, values.shape[1])
        made = STATISTICS[decoder.statistic](list(values[:, window].T), ARRAYS)
        result[rows] = (np.clip(made, -LARGEST, LARGEST) + 0.0).astype(np.float32)
    return result


def summary_row(decoder: Summary) -> Callable[[Sequence[float]], tuple[float]]:
    """Return the function from the observed values of one series to the feature."""
    statistic = STATISTICS[decoder.statistic]

    def feature(values: Sequence[float]) -> tuple[float]:
        if not values:
            return (0.0,)
        made = statistic(values[window_of(decoder, len(values))], PLAIN)
        return (float(np.float32(min(max(made, -LARGEST), LARGEST) + 0.0)),)

    return feature
