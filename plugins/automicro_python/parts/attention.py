"""Tokens, and heads that weigh them."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["mixed", "pooled", "tokens"]

GONE = float("nan")


def tokens(
    x: list[float],
    features: list[int],
    sizes: list[int],
    weights: list[float],
    positions: list[float],
    flags: list[Any],
) -> list[float]:
    """Return tokens, one after the other, NaN where one is absent; flags are whether weights are shared, and zeros absent."""
    shared, sparse = flags
    width = len(positions) // len(sizes)
    result, first = [], 0
    for token in range(len(sizes)):
        made, there = list(positions[token * width : (token + 1) * width]), False
        for slot in range(sizes[token]):
            value = x[features[first + slot]]
            if value != value or (sparse and value == 0):  # noqa: PLR0124 - NaN differs from itself
                continue
            there = True
            row = (slot if shared else first + slot) * width
            for k in range(width):
                made[k] += value * weights[row + k]
        result.extend(made if there else [GONE] * width)
        first += sizes[token]
    return result


def token_list(x: list[float], width: int) -> list[list[float] | None]:
    """Return tokens, nothing for those that are absent."""
    made: list[list[float] | None] = []
    for start in range(0, len(x), width):
        token = list(x[start : start + width])
        made.append(token if all(each - each == 0 for each in token) else None)
    return made


def weighed(query: list[float], known: list[list[float] | None]) -> list[float]:
    """Return the sum of tokens, weighed by the softmax of how well they answer a query."""
    width = len(query)
    logits = [sum_of(query, token) for token in known if token is not None]
    result = [0.0] * width
    if not logits:
        return result
    largest = max(logits)
    shares = [math.exp(each - largest) for each in logits]
    total = 0.0
    for share in shares:
        total += share
    place = 0
    for token in known:
        if token is not None:
            for k in range(width):
                result[k] += shares[place] / total * token[k]
            place += 1
    return result


def sum_of(one: list[float], other: list[float]) -> float:
    """Return the sum of products."""
    total = 0.0
    for k in range(len(one)):
        total += one[k] * other[k]
    return total


def pooled(x: list[float], width: int, queries: list[float]) -> list[float]:
    """Return weighed sums of tokens, one for each query."""
    known, result = token_list(x, width), []
    for start in range(0, len(queries), width):
        result.extend(weighed(list(queries[start : start + width]), known))
    return result


def mixed(x: list[float], width: int, queries: list[float], mixing: list[float]) -> list[float]:
    """Return tokens to which the weighed sums are added that they ask for, by a matrix (width, heads * width)."""
    known, result = token_list(x, width), []
    heads = len(queries) // (width * width)
    for token in known:
        if token is None:
            result.extend([GONE] * width)
            continue
        joined: list[float] = []
        for head in range(heads):
            query = [0.0] * width
            for k in range(width):
                for j in range(width):
                    query[j] += token[k] * queries[(head * width + k) * width + j]
            joined.extend(weighed(query, known))
        made = list(token)
        for k in range(len(joined)):
            for j in range(width):
                made[j] += joined[k] * mixing[j * len(joined) + k]
        result.extend(made)
    return result
