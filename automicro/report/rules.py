"""A forest as indented rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.words.numbers import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automicro.program import Forest, Tree
    from automicro.words.features import FeatureText

__all__ = ["forest_summary", "tree_lines"]


def tree_lines(tree: Tree, features: Sequence[FeatureText], outcome: Callable[[int], str], limit: int) -> list[str]:
    """Return a tree as nested if and else, at most `limit` lines.

    Parameters
    ----------
    tree : Tree
        Its nodes stand in preorder, so one pass over them writes the rules.
    features : sequence of FeatureText
    outcome : callable
        What the leaf with this row of the forest's leaves says.
    limit : int
    """
    lines: list[str] = []
    depth, opening = 0, ""
    pending: list[int] = []  # depths of the splits whose right side is still to come
    for node in range(len(tree.feature)):
        if len(lines) >= limit:
            return [*lines, f"... {count(len(tree.feature) - node, 'more node')}"]
        indent = "  " * depth
        if tree.feature[node] < 0:
            lines.append(f"{indent}{opening}{outcome(int(tree.leaf[node]))}")
            if pending:
                depth = pending.pop()
                opening = "else: "
            continue
        if opening == "else: ":
            lines.append(f"{indent}else:")
            depth += 1
            indent = "  " * depth
        elif opening:
            lines.append(f"{indent}{opening.rstrip()}")
            depth += 1
            indent = "  " * depth
        pending.append(depth)
        opening = f"if {_condition(tree, node, features)}: "
    return lines


def _condition(tree: Tree, node: int, features: Sequence[FeatureText]) -> str:
    feature = features[int(tree.feature[node])]
    missing = " or missing" if feature.may_be_missing and tree.default_left[node] else ""
    return feature.at_most(float(tree.threshold[node])) + missing


def forest_summary(forest: Forest, features: Sequence[FeatureText]) -> str:
    """Return how many trees and leaves there are, and what they read."""
    leaves = sum(int((tree.feature < 0).sum()) for tree in forest.trees)
    read = sorted({int(feature) for tree in forest.trees for feature in tree.feature if feature >= 0})
    named = ", ".join(features[feature].name for feature in read[:8])
    more = f" and {len(read) - 8:,} more" if len(read) > 8 else ""
    parts = f"{count(len(forest.trees), 'tree')} with {count(leaves, 'leaf', 'leaves')} in all"
    return f"{parts}, reading {named}{more}" if read else parts
