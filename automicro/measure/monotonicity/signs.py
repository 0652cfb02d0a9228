"""The direction of every output of a node in one column, inferred from signs: what goes up only by steps that keep or turn an order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Activation, Affine, Chain, Forest, Nearest, Scale, StepTables, Sum
from automicro.program.analyse.structure import features_read
from automicro.program.walk import outputs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from automicro.program import Node

__all__ = ["MIXED", "Sign", "joint", "signs", "times"]

Sign = int  # of an output: 0 does not depend on the column, 1 never falls, -1 never rises, MIXED may do both
MIXED = 2


def joint(parts: Iterable[Sign]) -> Sign:
    """Return the sign of a sum."""
    found = {part for part in parts if part}
    return MIXED if MIXED in found or len(found) > 1 else found.pop() if found else 0


def signs(node: Node, inputs: Sequence[Sign]) -> list[Sign]:
    """Return the sign of every output of a node whose inputs have these signs.

    Rounding keeps an order, and so does each step here as it is computed, but for tanh, sigmoid and exp, which are as good as the
    library's. What cannot be inferred from signs is MIXED.
    """
    if isinstance(node, Chain):
        given = list(inputs)
        for part in node.nodes:
            given = signs(part, given)
        return given
    if isinstance(node, Sum):
        return [joint(outputs) for outputs in zip(*(signs(part, inputs) for part in node.nodes), strict=True)]
    if isinstance(node, Affine):
        return [
            joint(times(int(np.sign(w)), inputs[f]) for f, w in enumerate(row)) for row in node.weights.values.tolist()
        ]
    if isinstance(node, Scale):
        factors = np.sign(node.factors.values).astype(int).tolist()
        return [times(factor, sign) for factor, sign in zip(factors, inputs, strict=True)]
    if isinstance(node, Activation):
        return [times(-1 if node.kind == "decay" else 1, sign) for sign in inputs]
    if isinstance(node, StepTables):
        return _of_tables(node, inputs)
    if isinstance(node, Nearest):
        owned: list[list[Sign]] = [[] for _ in range(node.outputs)]
        for owner, sign in zip(node.owners, inputs, strict=True):
            owned[owner].append(times(-1, sign))
        return [joint(each) for each in owned]
    return _of_others(node, inputs)


def times(one: Sign, other: Sign) -> Sign:
    """Return the sign of a product with a constant, or of a composition."""
    return 0 if not one or not other else MIXED if MIXED in (one, other) else one * other


def _of_tables(node: StepTables, inputs: Sequence[Sign]) -> list[Sign]:
    parts: list[list[Sign]] = [[] for _ in node.bias.values]
    ends = np.concatenate(([0], np.cumsum(node.pieces)))
    values = node.values.values
    gone = values[ends[:-1]] if node.missing is None else node.missing.values
    for t, (feature, output, (start, stop)) in enumerate(
        zip(node.features, node.outputs, pairwise(ends.tolist()), strict=True)
    ):
        sign = joint(np.sign(np.diff(values[start:stop])).astype(int).tolist())
        if inputs[feature] == MIXED and gone[t] != values[start]:  # it may be missing
            sign = MIXED
        parts[output].append(times(sign, inputs[feature]))
    return [joint(each) for each in parts]


def _of_others(node: Node, inputs: Sequence[Sign]) -> list[Sign]:
    """Return 0 for all outputs where nothing that is read has a sign, else MIXED: trees on what was computed, distances, attention."""
    read = features_read(node) or set(range(len(inputs)))
    if isinstance(node, Forest):
        read = features_read(node)
    sign = MIXED if any(inputs[feature] for feature in read) else 0
    return [sign] * outputs_of(node, len(inputs))
