"""Affine maps, products and sums."""

from __future__ import annotations

__all__ = ["add", "affine", "scale"]


def affine(x: list[float], weights: list[float], bias: list[float]) -> list[float]:
    """Return bias plus weights times values; a weight of 0 reads nothing."""
    result = []
    for output in range(len(bias)):
        total = bias[output]
        for place in range(len(x)):
            weight = weights[output * len(x) + place]
            if weight:
                total += weight * x[place]
        result.append(total)
    return result


def scale(x: list[float], factors: list[float]) -> list[float]:
    """Return values times factors; a factor of 0 reads nothing."""
    return [factors[place] * x[place] if factors[place] else 0.0 for place in range(len(x))]


def add(one: list[float], other: list[float]) -> list[float]:
    """Return sums."""
    return [one[place] + other[place] for place in range(len(one))]
