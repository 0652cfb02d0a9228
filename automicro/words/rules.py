"""Trees as indented rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.words.numbers import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automicro.words.features import FeatureText

__all__ = ["condition", "forest_summary", "tree_lines"]

Nodes = list[dict[str, Any]]


def tree_lines(
    nodes: Nodes, inputs: Sequence[FeatureText], outcome: Callable[[list[float]], str], limit: int
) -> list[str]:
    """Return a tree as nested if, else if and else, at most `limit` lines.

    Parameters
    ----------
    nodes : list of dict
        In preorder, so that one pass over them writes the rules.
    inputs : sequence of FeatureText
    outcome : callable
        What a leaf that adds these numbers says.
    limit : int
    """
    lines: list[str] = []
    depth, opening = 0, ""
    pending: list[int] = []  # depths of the splits whose other side is still to come
    for place, node in enumerate(nodes):
        if len(lines) >= limit:
            return [*lines, f"... {count(len(nodes) - place, 'more node')}"]
        if "adds" in node:
            lines.append(f"{'  ' * depth}{opening}{outcome(node['adds'])}")
            if pending:
                depth = pending.pop()
                opening = "else: "
            continue
        if opening.endswith(": ") and opening != "else: ":
            lines.append(f"{'  ' * depth}{opening.rstrip()}")
            depth += 1
            opening = ""
        pending.append(depth)
        opening = f"{'else ' if opening else ''}if {condition(node, inputs)}: "
    return lines


def condition(node: dict[str, Any], inputs: Sequence[FeatureText]) -> str:
    """Return what must hold for the first side of a split."""
    entry = inputs[node["input"]]
    missing = " or missing" if entry.may_be_missing and node["or_missing"] else ""
    return f"{entry.at_most(node['at_most'])}{missing}"


def forest_summary(trees: Sequence[dict[str, Any]], inputs: Sequence[FeatureText]) -> str:
    """Return how many trees and leaves there are, and what they read."""
    leaves = sum("adds" in node for tree in trees for node in tree["nodes"])
    read = sorted({node["input"] for tree in trees for node in tree["nodes"] if "adds" not in node})
    named = ", ".join(inputs[place].name for place in read[:8])
    more = f" and {len(read) - 8:,} more" if len(read) > 8 else ""
    parts = f"{count(len(trees), 'tree')} with {count(leaves, 'leaf', 'leaves')} in all"
    return f"{parts}, reading {named}{more}" if read else parts
