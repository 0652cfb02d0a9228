"""Programs computed with whole numbers alone, for parts without floating point.

An input v stands for v * scale. Thresholds are rounded down to multiples of the scale, which changes no comparison. Weights, leaves and
table values become multiples of a unit, and a bias one of the unit of scores. Sums of these are exact: a score is the returned whole
number times the unit of scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined
from automicro.program import Affine, Forest, Numeric, StepTables, Tree, Weights
from automicro.program.encodings import Fixed, Sparse
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro.program import Node

__all__ = ["LIMITS", "Integers", "integers"]

LIMITS = {"uint8": (0, 255), "int16": (-32768, 32767)}
MOST = 2.0**30  # of a sum
BIAS_DIGITS = 8  # binary digits that a bias keeps below the grid of values
FINEST = 20  # binary digits that multiples keep of the largest value


@dataclass(frozen=True)
class Integers:
    """A body over whole numbers, and what one of its scores is worth."""

    body: Node
    unit: float


def integers(deployed: Deployed, inputs: str, scale: float) -> Integers:
    """Return the body of a program over inputs that are whole multiples of a scale.

    Raises
    ------
    Declined
        If whole numbers cannot compute it.
    """
    program = deployed.program
    if not isinstance(program.body, Affine | Forest | StepTables):
        raise Declined("needs one linear map, one forest or one sum of tables to compute with integers")
    if not all(isinstance(each, Numeric) and not each.offset for each in program.decoders):
        raise Declined("needs columns of numbers without an offset to compute with integers")
    if program.labels is None and (program.link == "exp" or program.limits is not None):
        raise Declined("computes neither exponentials nor limits with integers")
    low, high = LIMITS[inputs]
    if isinstance(program.body, Affine):
        return _affine(program.body, max(-low, high), scale)
    if isinstance(program.body, Forest):
        return _forest(program.body, (low, high), scale)
    return _tables(program.body, (low, high), scale)


def _affine(node: Affine, largest: int, scale: float) -> Integers:
    weights, bias = node.weights.values.astype(np.float64), node.bias.values.astype(np.float64)
    reach = float((np.abs(weights).sum(axis=1) * largest + np.abs(bias) / scale).max(initial=0.0))
    grid, unit = _units(node.weights if weights.any() else node.bias, reach)
    body = Affine(_multiples(weights, grid, unit), _multiples(bias, unit * scale, unit * scale))
    return Integers(body, unit * scale)


def _forest(node: Forest, ends: tuple[int, int], scale: float) -> Integers:
    leaves, bias = node.leaves.values.astype(np.float64), node.bias.values.astype(np.float64)
    reach = float(np.abs(leaves).max(initial=0.0) * len(node.trees) + np.abs(bias).max(initial=0.0))
    grid, unit = _units(node.leaves if leaves.any() else node.bias, reach)
    trees = tuple(_pruned(replace(tree, threshold=_cuts(tree.threshold, ends, scale)), ends) for tree in node.trees)
    return Integers(Forest(trees, _multiples(leaves, grid, unit), _multiples(bias, unit, unit)), unit)


def _tables(node: StepTables, ends: tuple[int, int], scale: float) -> Integers:
    values, bias = node.values.values.astype(np.float64), node.bias.values.astype(np.float64)
    reach = float(np.abs(values).max(initial=0.0) * len(node.pieces) + np.abs(bias).max(initial=0.0))
    grid, unit = _units(node.values if values.any() else node.bias, reach)
    cuts, pieces, kept, start = [], [], [], 0
    for table, count in enumerate(node.pieces):
        own = _cuts(node.cuts.values[start - table : start - table + count - 1], ends, scale)
        first, last = int((own < ends[0]).sum()), int((own < ends[1]).sum())
        cuts.append(own[first:last])
        kept.append(values[start + first : start + last + 1])
        pieces.append(last - first + 1)
        start += count
    body = StepTables(
        node.features,
        node.outputs,
        tuple(pieces),
        Weights.of(np.concatenate([np.zeros(0), *cuts])),
        _multiples(np.concatenate([np.zeros(0), *kept]), grid, unit),
        _multiples(bias, unit, unit),
    )
    return Integers(body, unit)


def _pruned(tree: Tree, ends: tuple[int, int]) -> Tree:
    """Return a tree without comparisons that all inputs pass, or none."""
    right = right_children(tree.feature)
    kept, todo = [], [0]
    while todo:
        i = todo.pop()
        if tree.feature[i] < 0:
            kept.append(i)
        elif tree.threshold[i] < ends[0]:
            todo.append(int(right[i]))
        elif tree.threshold[i] >= ends[1]:
            todo.append(i + 1)
        else:
            kept.append(i)
            todo += [int(right[i]), i + 1]
    return Tree(tree.feature[kept], tree.threshold[kept], tree.default_left[kept], tree.leaf[kept], tree.output)


def _units(values: Weights, reach: float) -> tuple[float, float]:
    """Return the grid that values are on, or a coarser one where sums would be too large, and the unit of a bias, which is finer."""
    exact = values.values.astype(np.float64)
    inner = values.encoding.inner if isinstance(values.encoding, Sparse) else values.encoding
    most = float(np.abs(exact).max(initial=0.0))
    unit = float(np.float32(inner.scale)) if isinstance(inner, Fixed) else _dyadic(exact)
    while most / unit >= 2.0**FINEST or reach / unit > MOST:
        unit *= 2.0
    finer = int(np.floor(np.log2(max(MOST * unit / reach, 1.0)))) if reach else 0
    return unit, unit / 2.0 ** min(finer, BIAS_DIGITS)


def _dyadic(exact: np.ndarray) -> float:
    """Return the largest power of two of which all values are multiples, to `FINEST` digits of the largest."""
    other = exact[exact != 0]
    if not len(other):
        return 1.0
    power = int(np.frexp(np.abs(other).max())[1])
    finest = power - FINEST
    while power > finest and (np.ldexp(other, -power) % 1).any():
        power -= 1
    return 2.0**power


def _multiples(values: np.ndarray, grid: float, unit: float) -> Weights:
    """Return values rounded to a grid, in units."""
    return Weights.of(np.rint(values / grid) * (grid / unit))


def _cuts(cuts: np.ndarray, ends: tuple[int, int], scale: float) -> np.ndarray:
    """Return thresholds as whole numbers: ``v * scale <= cut`` is ``v <= floor(cut / scale)``."""
    return np.clip(np.floor(cuts.astype(np.float64) / scale), ends[0] - 1, ends[1]).astype(np.float32)
