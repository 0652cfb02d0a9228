"""Rows that reach the leaves of trees: what a tree adds on few rows shows on none that are drawn column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Forest, decode
from automicro.program.nodes import feature_count
from automicro.program.trees import right_children
from automicro.program.walk import terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from automicro.program import Column, Program, Tree

__all__ = ["leaf_rows"]

MOST_LEAVES = 300

Conditions = list[tuple[int, float, bool]]


def leaf_rows(program: Program, values: Mapping[int, Column], rng: np.random.Generator) -> Iterator[dict[int, int]]:
    """Yield for leaves of trees which of its values each column must have to get there; nothing for leaves that none of them reach.

    Parameters
    ----------
    program : Program
    values : mapping of int to Column
        Values that columns may have, by their place.
    rng : Generator
    """
    owner = np.repeat([d.column for d in program.decoders], [feature_count(d) for d in program.decoders])
    decoded = {column: _decoded(program, column, own) for column, own in values.items()}
    trees = [tree for node in terms(program.body) if isinstance(node, Forest) for tree in node.trees]
    leaves = [conditions for tree in trees for conditions in _leaves(tree)]
    for leaf in rng.permutation(len(leaves))[:MOST_LEAVES].tolist():
        fits = {int(owner[f]): np.ones(len(decoded[int(owner[f])]), dtype=np.bool_) for f, _, _ in leaves[leaf]}
        for feature, threshold, holds in leaves[leaf]:
            column = int(owner[feature])
            x = decoded[column][:, int(np.count_nonzero(owner[:feature] == column))]
            fits[column] &= x <= threshold if holds else x > threshold
        chosen = {column: np.flatnonzero(fit) for column, fit in fits.items()}
        if all(map(len, chosen.values())):
            yield {column: int(rng.choice(places)) for column, places in chosen.items()}


def _decoded(program: Program, column: int, values: Column) -> NDArray[np.float32]:
    own = [decoder for decoder in program.decoders if decoder.column == column]
    return decode(own, [values if place == column else None for place in range(program.columns)])


def _leaves(tree: Tree) -> Iterator[Conditions]:
    """Yield the conditions on the way to each leaf."""
    right = right_children(tree.feature)
    todo: list[tuple[int, Conditions]] = [(0, [])]
    while todo:
        node, before = todo.pop()
        if tree.feature[node] < 0:
            yield before
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        todo.append((node + 1, [*before, (feature, threshold, True)]))
        todo.append((int(right[node]), [*before, (feature, threshold, False)]))
