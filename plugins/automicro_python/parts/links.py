"""From scores to what is predicted."""

from __future__ import annotations

import math

from automicro_python.parts.activations import power, squashed

__all__ = ["best", "exponential", "limited", "logistic", "softmax"]


def logistic(scores: list[float]) -> list[float]:
    """Return the probabilities of two classes."""
    p = squashed(scores[0])
    return [1.0 - p, p]


def softmax(scores: list[float]) -> list[float]:
    """Return the probabilities of classes."""
    largest = max(scores)
    shares = [math.exp(each - largest) for each in scores]
    total = 0.0
    for share in shares:
        total += share
    return [share / total for share in shares]


def exponential(scores: list[float]) -> list[float]:
    """Return exponentials."""
    return [power(each) for each in scores]


def limited(values: list[float], low: float, high: float) -> list[float]:
    """Return values that are no less than the one and no more than the other limit."""
    return [low if each < low else min(each, high) for each in values]


def best(values: list[float]) -> int:
    """Return the place of the first largest value."""
    place = 0
    for each in range(1, len(values)):
        if values[each] > values[place]:
            place = each
    return place
