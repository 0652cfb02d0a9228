"""Elementwise functions."""

from __future__ import annotations

import math

__all__ = ["decay", "power", "relu", "sigmoid", "squashed", "tanh"]


def power(x: float) -> float:
    """Return e to the power of x, infinity where that is beyond float64."""
    try:
        return math.exp(x)
    except OverflowError:
        return float("inf")


def squashed(x: float) -> float:
    """Return the logistic function."""
    small = math.exp(-abs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


def relu(x: list[float]) -> list[float]:
    """Return values, 0 for those below."""
    return [0.0 if each <= 0 else each for each in x]


def tanh(x: list[float]) -> list[float]:
    """Return hyperbolic tangents."""
    return [math.tanh(each) for each in x]


def sigmoid(x: list[float]) -> list[float]:
    """Return logistic functions."""
    return [squashed(each) for each in x]


def decay(x: list[float]) -> list[float]:
    """Return exponentials of the negative values."""
    return [power(-each) for each in x]
