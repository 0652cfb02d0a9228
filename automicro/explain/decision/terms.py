"""What single columns, steps and trees add to a score: exact where the program is a sum, telescoping differences where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Affine, Chain, Forest, Scale, StepTables, Sum
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from automicro.program import Node
    from automicro.program.nodes import Tree

    Floats = NDArray[np.float64]

__all__ = ["Step", "Term", "additive_terms", "telescoped"]


@dataclass(frozen=True)
class Step:
    """One comparison on the way to a leaf: ``feature <= threshold`` holds, or it does not."""

    feature: int
    threshold: float
    holds: bool


@dataclass(frozen=True)
class Term:
    """A part of a score.

    Parameters
    ----------
    features : tuple of int
        The features that it reads.
    contribution : float
    steps : tuple of Step
        Comparisons that led to the leaf of a tree.
    """

    features: tuple[int, ...]
    contribution: float
    steps: tuple[Step, ...] = ()


def additive_terms(node: Node, features: Floats, of: Floats) -> tuple[float, list[Term]] | None:
    """Return the constant and the terms of a body that is a sum; None if it is not.

    Parameters
    ----------
    node : Node
    features : array of float64, (features,)
        Features of one row.
    of : array of float64, (outputs,)
        The scores are summed with these factors: 1 for one score, 1 and -1 for the difference of two.
    """
    if isinstance(node, Affine):
        return _affine(node, features, of)
    if isinstance(node, StepTables):
        return _tables(node, features, of)
    if isinstance(node, Forest):
        return _forest(node, features, of)
    if isinstance(node, Sum):
        parts = [additive_terms(part, features, of) for part in node.nodes]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return sum(constant for constant, _ in known), [term for _, terms in known for term in terms]
    return _chained(node, features, of) if isinstance(node, Chain) else None


def _chained(node: Chain, features: Floats, of: Floats) -> tuple[float, list[Term]] | None:
    """Look through factors of features before a sum, and through linear maps after it."""
    parts, constant = list(node.nodes), 0.0
    while len(parts) > 1 and isinstance(parts[0], Scale):
        factors = parts.pop(0).factors.values.astype(np.float64)  # type: ignore[union-attr]  # a Scale, as the loop checks
        features = np.where(factors != 0, features * factors, 0.0)
    while len(parts) > 1 and isinstance(parts[-1], Affine | Scale):
        last = parts.pop()
        if isinstance(last, Affine):
            constant += float(of @ last.bias.values.astype(np.float64))
            of = of @ last.weights.values.astype(np.float64)
        else:
            of = of * last.factors.values.astype(np.float64)  # type: ignore[union-attr]  # as above
    found = additive_terms(parts[0], features, of) if len(parts) == 1 else None
    return None if found is None else (constant + found[0], found[1])


def _affine(node: Affine, features: Floats, of: Floats) -> tuple[float, list[Term]]:
    weights = of @ node.weights.values.astype(np.float64)
    terms = [Term((int(j),), float(weights[j] * features[j])) for j in np.flatnonzero(node.weights.values.any(axis=0))]
    return float(of @ node.bias.values.astype(np.float64)), terms


def _tables(node: StepTables, features: Floats, of: Floats) -> tuple[float, list[Term]]:
    values, cuts = node.values.values.astype(np.float64), node.cuts.values
    ends = np.concatenate(([0], np.cumsum(node.pieces)))
    by_feature: dict[int, float] = {}
    for table, (start, stop) in enumerate(pairwise(ends.tolist())):
        x = features[node.features[table]]
        own = cuts[start - table : stop - table - 1]
        value = values[start] if np.isnan(x) else values[start + int(np.searchsorted(own, x, side="left"))]
        if np.isnan(x) and node.missing is not None:
            value = float(node.missing.values[table])
        feature = node.features[table]
        by_feature[feature] = by_feature.get(feature, 0.0) + float(of[node.outputs[table]] * value)
    terms = [Term((feature,), contribution) for feature, contribution in by_feature.items()]
    return float(of @ node.bias.values.astype(np.float64)), terms


def _forest(node: Forest, features: Floats, of: Floats) -> tuple[float, list[Term]]:
    leaves = node.leaves.values.astype(np.float64)
    terms = []
    for tree in node.trees:
        steps, leaf = _path(tree, features)
        value = of[tree.output] * leaves[leaf, 0] if leaves.shape[1] == 1 else of @ leaves[leaf]
        read = tuple(dict.fromkeys(step.feature for step in steps))
        terms.append(Term(read, float(value), steps))
    return float(of @ node.bias.values.astype(np.float64)), terms


def _path(tree: Tree, features: Floats) -> tuple[tuple[Step, ...], int]:
    right, node, steps = right_children(tree.feature), 0, []
    while tree.feature[node] >= 0:
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        x = features[feature]
        goes_left = bool(tree.default_left[node]) if np.isnan(x) else bool(x <= threshold)
        steps.append(Step(feature, threshold, goes_left))
        node = node + 1 if goes_left else int(right[node])
    return tuple(steps), int(tree.leaf[node])


def telescoped(
    score: Callable[[NDArray[np.bool_]], Floats], columns: Sequence[int], draws: int, seed: int
) -> tuple[float, dict[int, float]]:
    """Return the score with every column at its baseline, and Shapley values of the columns, estimated from random orders.

    In each order the columns of the row are put in one after the other, and each is credited with the change; so the parts add up
    exactly, whatever the number of orders (Castro, Gomez and Tejada, Computers and Operations Research 36, 2009).

    Parameters
    ----------
    score : callable
        From masks (variants, columns), True where the row's own value is taken, to scores (variants,).
    columns : sequence of int
    draws : int
        Orders.
    seed : int
    """
    count = len(columns)
    generator = np.random.default_rng(seed)
    orders = list(_orders(count, draws, generator))
    masks = np.zeros((len(orders), count + 1, count), dtype=np.bool_)
    for number, order in enumerate(orders):
        for place, column in enumerate(order):
            masks[number, place + 1 :, column] = True
    values = score(masks.reshape(len(orders) * (count + 1), count)).reshape(len(orders), count + 1)
    credit = np.zeros(count)
    for order, own in zip(orders, values, strict=True):
        credit[order] += np.diff(own)
    return float(values[0, 0]), dict(zip(columns, (credit / len(orders)).tolist(), strict=True))


def _orders(count: int, draws: int, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield random orders, each followed by its reverse, which evens out much of the chance."""
    for _ in range(max(1, draws // 2)):
        order = generator.permutation(count)
        yield order
        yield order[::-1]
