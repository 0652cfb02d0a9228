"""Scaling: of features that are only compared it moves into the cuts, beside open weights into these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Affine, Chain, Forest, Scale, StepTables
from automicro.program.rewrite.features import map_cuts, renumber
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Node

__all__ = ["folded_scale", "narrowed", "without_scaling"]

LARGEST = 0x7F7FFFFF  # the pattern of the largest finite float32; the next one is infinity


def folded_scale(first: Node, second: Node) -> Node | None:
    """Return one node for a scale beside a scale or an affine map, unless that would take weights off the grid of their encoding."""
    if isinstance(first, Scale) and isinstance(second, Scale):
        if first.factors.encoding is None or second.factors.encoding is None:
            return Scale(Weights.of(_float32(first.factors.values.astype(np.float64) * second.factors.values)))
    elif isinstance(first, Scale) and isinstance(second, Affine) and second.weights.encoding is None:
        return Affine(_times(second.weights, first.factors), second.bias)
    elif isinstance(first, Affine) and isinstance(second, Scale) and first.weights.encoding is None:
        factors = Weights(second.factors.values[:, None])
        bias = _times(Weights(first.bias.values[:, None]), factors).values[:, 0]
        return Affine(_times(first.weights, factors), Weights.of(bias))
    return None


def _times(weights: Weights, factors: Weights) -> Weights:
    return Weights.of(_float32(weights.values.astype(np.float64) * factors.values))


def _float32(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, -FLOAT32_MAX, FLOAT32_MAX)


def narrowed(steps: Sequence[Node]) -> Chain:
    """Return a chain whose first scale has a factor of 0 for what the next node does not read."""
    chain = Chain(tuple(steps))
    if not isinstance(scale := chain.nodes[0], Scale) or len(steps) == 1:
        return chain
    rest = narrowed(steps[1:])
    found = usage(rest)
    if found.positional:
        return chain
    factors = np.zeros_like(scale.factors.values)
    read = sorted(found.features)
    factors[read] = scale.factors.values[read]
    return Chain((Scale(Weights(factors, scale.factors.encoding)), *rest.nodes))


def without_scaling(scaling: Affine, node: Node) -> Node | None:
    """Return step tables or a forest over what `scaling` reads, exactly; None if a feature is not one input times a positive number."""
    if not isinstance(node, StepTables | Forest):
        return None
    weights = scaling.weights.values.astype(np.float64)
    bias = scaling.bias.values.astype(np.float64)
    used = sorted(usage(node).features)
    if not all(np.count_nonzero(weights[f]) == 1 and weights[f].max() > 0 for f in used):
        return None
    source = {f: int(np.argmax(weights[f])) for f in used}

    def change(feature: int, cuts: NDArray[np.float32]) -> NDArray[np.float32]:
        slope, offset = weights[feature, source[feature]], bias[feature]
        return np.array([_before(float(cut), slope, offset) for cut in cuts], dtype=np.float32)

    moved = renumber(map_cuts(node, change), source, weights.shape[1])
    return moved if all(np.isfinite(list(cuts)).all() for cuts in usage(moved).compared.values()) else None


def _before(cut: float, slope: float, offset: float) -> np.float32:
    """Return the largest float32 x with offset + slope * x <= cut, minus infinity if there is none."""
    low, high = -LARGEST - 1, LARGEST  # as ordered whole numbers: the sought one lies in low..high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if offset + slope * _float(middle) <= cut else (low, middle - 1)
    return np.float32(_float(low))


def _float(order: int) -> float:
    """Return the float32 at a place in the order of all float32; 0 is at 0."""
    value = float(np.uint32(abs(order)).view(np.float32))
    return value if order >= 0 else -value
