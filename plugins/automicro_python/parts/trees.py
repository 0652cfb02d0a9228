"""Step tables and forests."""

from __future__ import annotations

from typing import Any

__all__ = ["forest", "tables"]


def tables(x: list[float], places: list[Any], blocks: list[Any], missing: list[float] | None) -> list[float]:
    """Return bias plus the values of the pieces that features fall into.

    Places are the feature, the output and the number of pieces of each table; blocks are cuts, values and bias.
    """
    features, outputs, pieces = places
    cuts, values, bias = blocks
    result = list(bias)
    cut = start = 0
    for table in range(len(features)):
        value, last = x[features[table]], cut + pieces[table] - 1
        piece = 0
        while cut + piece < last and cuts[cut + piece] < value:
            piece += 1
        if value != value and missing is not None:  # noqa: PLR0124 - NaN differs from itself
            result[outputs[table]] += missing[table]
        else:
            result[outputs[table]] += values[start + piece]
        cut, start = last, start + pieces[table]
    return result


def reached(x: list[float], nodes: list[Any], root: int) -> int:
    """Return the row of leaves that a tree leads to.

    Nodes are features (-1 at a leaf), thresholds, right children, and which splits send a missing value to the left.
    """
    features, thresholds, nexts, left = nodes
    node = root
    while features[node] >= 0:
        value = x[features[node]]
        goes_left = bool(left[node]) if value != value and left is not None else value <= thresholds[node]  # noqa: PLR0124 - NaN
        node = node + 1 if goes_left else nexts[node]
    row: int = nexts[node]
    return row


def forest(x: list[float], nodes: list[Any], trees: list[Any], leaves: list[float], bias: list[float]) -> list[float]:
    """Return bias plus the leaf that is reached in every tree; trees are their roots, their outputs, and the width of leaves."""
    roots, outputs, width = trees
    result = list(bias)
    for tree in range(len(roots)):
        row = reached(x, nodes, roots[tree])
        if width == 1:
            result[outputs[tree]] += leaves[row]
        else:
            for output in range(width):
                result[output] += leaves[row * width + output]
    return result
