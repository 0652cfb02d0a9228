"""Distances to points, and the nearest of them."""

from __future__ import annotations

__all__ = ["distances", "nearest"]


def distances(x: list[float], count: int, points: list[float], relevances: list[float]) -> list[float]:
    """Return squared distances to points; a relevance of 0 reads nothing."""
    result = []
    for point in range(count):
        total = 0.0
        for place in range(len(x)):
            relevance = relevances[point * len(x) + place]
            if relevance:
                apart = x[place] - points[point * len(x) + place]
                total += relevance * (apart * apart)
        result.append(total)
    return result


def nearest(
    x: list[float], owners: list[int], count: int, bias: list[float] | None, otherwise: float | None
) -> list[float]:
    """Return the largest of bias minus value of each owner, and what the last output always is, if there is one."""
    result = [float("-inf")] * count
    for place in range(len(owners)):
        value = (0.0 if bias is None else bias[place]) - x[place]
        if value > result[owners[place]] or value != value:  # noqa: PLR0124 - NaN differs from itself
            result[owners[place]] = value
    return result if otherwise is None else result + [otherwise]  # noqa: RUF005 - MicroPython has no stars inside of lists
