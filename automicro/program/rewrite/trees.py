"""Trees without splits that decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Tree
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from automicro.program.rewrite.domains import Domain

__all__ = ["CONSTANT", "Grove"]

CONSTANT, SEVERAL = -1, -2
RIGHT, LEFT, NEVER = range(3)  # where NaN goes; NEVER: there is none
State = tuple[float, float, bool]  # x lies in (low, high], or may be NaN


class Grove:
    """Trees that share their subtrees: equal ones have one number.

    In time: `add` every tree, then `tree` returns each.
    """

    def __init__(self, domains: Sequence[Domain]) -> None:
        self._domains = domains
        self._known: dict[Hashable, int] = {}
        self._nodes: list[
            tuple[int, float, int, int, int]
        ] = []  # feature, threshold, direction, left, right; or -1 and a leaf
        self._feature: list[int] = []

    def add(self, tree: Tree, leaf_of: NDArray[np.int64]) -> int:
        """Take up a tree, whose leaves are renumbered by `leaf_of`, and return its number."""
        stack: list[int] = []
        for node in reversed(self._reachable(tree)):
            if tree.feature[node[0]] < 0:
                stack.append(self._intern((-1, 0.0, 0, int(leaf_of[tree.leaf[node[0]]]), 0), CONSTANT))
                continue
            left, right = stack.pop(), stack.pop()
            stack.append(self._split(int(tree.feature[node[0]]), node[1], node[2], (left, right)))
        return stack[0]

    def _split(self, feature: int, threshold: float, direction: int, children: tuple[int, int]) -> int:
        left, right = children
        if left == right:
            return left
        below = {self._feature[left], self._feature[right]} - {CONSTANT}
        return self._intern((feature, threshold, direction, left, right), feature if below <= {feature} else SEVERAL)

    def _intern(self, node: tuple[int, float, int, int, int], feature: int) -> int:
        number = self._known.setdefault(node, len(self._nodes))
        if number == len(self._nodes):
            self._nodes.append(node)
            self._feature.append(feature)
        return number

    def _reachable(self, tree: Tree) -> list[tuple[int, float, int]]:
        """Return, in preorder, the nodes that rows can reach and that separate rows: node, threshold, direction."""
        right = right_children(tree.feature).tolist()
        feature, threshold, default = tree.feature.tolist(), tree.threshold.tolist(), tree.default_left.tolist()
        kept: list[tuple[int, float, int]] = []
        todo: list[tuple[int, dict[int, State]]] = [(0, {})]
        while todo:
            node, states = todo.pop()
            f = feature[node]
            if f < 0:
                kept.append((node, 0.0, NEVER))
                continue
            low, high, has_nan = states.get(f) or (*self._domains[f].interval, self._domains[f].has_nan)
            cut, to_left = self._domains[f].canonical(threshold[node]) + 0.0, default[node]
            goes_left = low < min(cut, high) or (has_nan and to_left)
            goes_right = max(cut, low) < high or (has_nan and not to_left)
            rest = {**states, f: (max(cut, low), high, has_nan and not to_left)}
            if goes_left and goes_right:
                kept.append((node, cut, (LEFT if to_left else RIGHT) if has_nan else NEVER))
                todo.append((right[node], rest))
            elif goes_right:
                todo.append((right[node], rest))
            if goes_left:
                todo.append((node + 1, {**states, f: (low, min(cut, high), has_nan and to_left)}))
        return kept

    def only_feature(self, number: int) -> int:
        """Return the only feature that a tree reads, `CONSTANT` if there is none, `SEVERAL` if there are more."""
        return self._feature[number]

    def only_leaf(self, number: int) -> int:
        """Return the leaf of a tree without splits."""
        return self._nodes[number][3]

    def _preorder(self, number: int) -> list[int]:
        order, todo = [], [number]
        while todo:
            order.append(todo.pop())
            feature, _, _, left, right = self._nodes[order[-1]]
            if feature >= 0:
                todo += [right, left]
        return order

    def direction(self, numbers: Sequence[int]) -> int:
        """Return where NaN may as well go where it never comes: left if it goes left wherever it does."""
        nodes = (self._nodes[node] for node in {node for number in numbers for node in self._preorder(number)})
        return LEFT if {node[2] for node in nodes if node[0] >= 0} - {NEVER} == {LEFT} else RIGHT

    def tree(self, number: int, output: int, otherwise: int = RIGHT) -> Tree:
        """Return a tree; where NaN never comes, it is said to go where `otherwise` says."""
        rows = [self._nodes[n] for n in self._preorder(number)]
        is_split = np.array([row[0] >= 0 for row in rows], dtype=np.bool_)
        direction = np.array([otherwise if row[2] == NEVER else row[2] for row in rows])
        return Tree(
            np.array([row[0] for row in rows], dtype=np.int32),
            np.array([row[1] for row in rows], dtype=np.float32),
            is_split & (direction == LEFT),
            np.array([0 if row[0] >= 0 else row[3] for row in rows], dtype=np.int32),
            output,
        )
