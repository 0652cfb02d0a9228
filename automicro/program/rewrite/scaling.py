"""Scaled features that are only compared: the scaling moves into the cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.nodes import Forest, StepTables
from automicro.program.rewrite.features import map_cuts, renumber
from automicro.program.usage import usage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Affine, Node

__all__ = ["without_scaling"]

LARGEST = 0x7F7FFFFF  # the pattern of the largest finite float32; the next one is infinity


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
