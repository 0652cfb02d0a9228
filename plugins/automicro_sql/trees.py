"""Forests as sums of choices, with ranks in place of thresholds where that is shorter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.export import double_text, threshold_text
from automicro.plugin import Declined
from automicro.program.trees import depths
from automicro_sql.choices import Choice, steps
from automicro_sql.dialects import number, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Forest, Tree
    from automicro_sql.query import Column, Query

__all__ = ["forest_codes"]

DEEPEST = 200  # splits above a leaf
MOST_WHOLE = 2**31  # of whole numbers
TOGETHER = 5  # trees of one expression
RANKED = 16  # characters of a threshold's place in a rank, beside its digits
Condition = tuple[str, str]


def forest_codes(query: Query, node: Forest, xs: Sequence[Column], most_error: float) -> list[list[str]]:
    """Return the terms of each output; leaves are whole numbers of a small unit where all together may be wrong by `most_error`."""
    if any(depths(tree.feature).max() > DEEPEST for tree in node.trees):
        raise Declined(f"needs trees of at most {DEEPEST} splits above a leaf, but the model has a deeper one")
    conditions = _conditions(query, node, xs)
    outputs, width = len(node.bias.values), node.leaves.values.shape[1]
    unit = _unit(node, most_error)
    sums: list[list[str]] = [[] for _ in range(outputs)]
    for tree in node.trees:
        for column in range(width):
            leaves = node.leaves.values[:, column].astype(np.float64)
            texts = _leaf_texts(query, leaves, unit)
            code = query.dialect.chosen(_tree(tree, conditions, texts))
            sums[tree.output if width == 1 else column].append(code)
    sums = _grouped(query, sums)
    start = [query.dialect.value(number(float(each))) for each in node.bias.values]
    if unit is None:
        return [[first, *terms] for first, terms in zip(start, sums, strict=True)]
    factor, zero = query.dialect.value(number(unit)), query.dialect.value("0")
    return [
        [first, f"{factor}*({zero}{''.join(map(signed, terms))})"] for first, terms in zip(start, sums, strict=True)
    ]


def _grouped(query: Query, sums: list[list[str]]) -> list[list[str]]:
    """Return the names of columns with sums of a few trees each, as databases are slow to plan long expressions."""
    if max(map(len, sums)) <= TOGETHER:
        return sums
    groups = [
        ["\n".join([terms[i], *map(signed, terms[i + 1 : i + TOGETHER])]) for i in range(0, len(terms), TOGETHER)]
        for terms in sums
    ]
    names = iter(query.add([code for each in groups for code in each]))
    return [[next(names) for _ in each] for each in groups]


def _unit(node: Forest, most_error: float) -> float | None:
    """Return the unit of leaves that are written as whole numbers; None if they are written as they are."""
    width, outputs = node.leaves.values.shape[1], len(node.bias.values)
    most = max(np.bincount([tree.output for tree in node.trees], minlength=outputs)) if width == 1 else len(node.trees)
    if not most or not most_error:
        return None
    unit = float(f"{2 * most_error / float(most):.2g}")
    return unit if np.abs(node.leaves.values).max() / unit * TOGETHER < MOST_WHOLE else None


def _leaf_texts(query: Query, leaves: NDArray[np.float64], unit: float | None) -> list[str]:
    if unit is None:
        return [query.dialect.value(number(each)) for each in leaves.tolist()]
    return [str(round(each / unit)) for each in leaves.tolist()]


def _tree(tree: Tree, conditions: Callable[[int, float, bool], Condition], leaves: Sequence[str]) -> Choice | str:
    stack: list[Choice | str] = []
    for i in range(len(tree.feature) - 1, -1, -1):
        if tree.feature[i] < 0:
            stack.append(leaves[tree.leaf[i]])
            continue
        left, right = stack.pop(), stack.pop()
        absent_left = bool(tree.default_left[i])
        condition, opposite = conditions(int(tree.feature[i]), float(tree.threshold[i]), absent_left)
        yes, no = (right, left) if absent_left else (left, right)
        stack.append(Choice.between(condition, yes, no, opposite or None))
    return stack[0]


def _conditions(query: Query, node: Forest, xs: Sequence[Column]) -> Callable[[int, float, bool], Condition]:
    """Return what makes of a feature, a threshold and the side of missing values the condition of a choice, and its opposite."""
    ranks = _ranks(query, node, xs) if query.dialect.ranks else {}

    def made(feature: int, cut: float, absent_left: bool) -> Condition:
        x = xs[feature]
        if feature in ranks:
            name, place = ranks[feature]
            below, above = f"{name}<{place[cut] + 1}", f"{name}>{place[cut]}"
        else:
            text = threshold_text(cut) if x.is_single else query.dialect.value(double_text(cut))
            below, above = f"{x.name}<={text}", f"{x.name}>{text}"
        first, second = (above, below) if absent_left else (below, above)
        return first, "" if x.is_nullable else second

    return made


def _ranks(query: Query, node: Forest, xs: Sequence[Column]) -> Mapping[int, tuple[str, dict[float, int]]]:
    """Return for features whose thresholds are used often a column with the number of thresholds below, and the places of thresholds."""
    used: dict[int, list[float]] = {}
    for tree in node.trees:
        for feature, cut in zip(tree.feature.tolist(), tree.threshold.tolist(), strict=True):
            if feature >= 0 and xs[feature].is_single:
                used.setdefault(feature, []).append(cut)
    chosen: dict[int, dict[float, int]] = {}
    codes = []
    for feature, cuts in used.items():
        texts = {cut: threshold_text(cut) for cut in sorted(set(cuts))}
        saved = sum(len(texts[cut]) + 1 - len(str(len(texts))) for cut in cuts)
        if saved > sum(len(text) + RANKED for text in texts.values()):
            x = xs[feature]
            ranked = steps(x.name, [*texts.values()], [*map(str, range(len(texts) + 1))])
            code = query.dialect.chosen(ranked)
            codes.append(query.dialect.chosen_of(f"{x.name} IS NULL", "NULL", code) if x.is_nullable else code)
            chosen[feature] = {cut: place for place, cut in enumerate(texts)}
    names = query.add(codes) if codes else []
    return {feature: (name, places) for (feature, places), name in zip(chosen.items(), names, strict=True)}
