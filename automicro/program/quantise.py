"""Programs with fewer bits per number: a ladder of precisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.encodings import round_mantissa, round_to
from automicro.program.fitting import fit_fixed, fit_minifloat
from automicro.program.nodes import Affine, Chain, Forest, Lookup, Numeric, StepTables, Sum
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder, Node, Program

__all__ = ["PRECISIONS", "Precision", "quantise", "round_down"]


@dataclass(frozen=True)
class Precision:
    """How many bits the numbers of a program keep.

    Parameters
    ----------
    name : str
    weights : int
        Mantissa bits of the weights of affine maps, 0 to 23; a bias, a fill and a look-up value keep three more.
    values : int
        Bits of leaves and table values, on a grid between the smallest and the largest; 24 or more leave them as they are.
    cuts : int
        Mantissa bits of thresholds and cuts, 0 to 23, taken of the spread of a feature's cuts where that is smaller than the cuts.
    """

    name: str
    weights: int
    values: int
    cuts: int


PRECISIONS = (
    Precision("float32", 23, 24, 23),
    Precision("float16", 10, 16, 10),
    Precision("10-bit", 7, 10, 9),
    Precision("8-bit", 5, 8, 8),
    Precision("7-bit", 4, 7, 7),
    Precision("6-bit", 3, 6, 6),
    Precision("5-bit", 2, 5, 5),
    Precision("4-bit", 1, 4, 4),
    Precision("3-bit", 1, 3, 3),
    Precision("2-bit", 0, 2, 2),
)


def quantise(program: Program, precision: Precision) -> Program:
    """Return the program with every block whose encoding is left open rounded to `precision`.

    Blocks with an encoding stay as they are; thresholds are rounded where the leaves of their forest have no encoding.
    """
    decoders = tuple(_decoder(decoder, precision) for decoder in program.decoders)
    return replace(program, decoders=decoders, body=_node(program.body, precision))


def _decoder(decoder: Decoder, precision: Precision) -> Decoder:
    mantissa = min(precision.weights + 3, 23)
    if isinstance(decoder, Numeric) and decoder.fill is not None:
        return replace(decoder, fill=float(round_mantissa(np.float64(decoder.fill), mantissa)))
    if isinstance(decoder, Lookup) and decoder.values.encoding is None:
        default = float(round_mantissa(np.float64(decoder.default), mantissa))
        return replace(decoder, values=_short(decoder.values, mantissa), default=default)
    return decoder


def _node(node: Node, precision: Precision) -> Node:
    if isinstance(node, Affine):
        bias = _short(node.bias, min(precision.weights + 3, 23))
        return Affine(_short(node.weights, precision.weights), bias)
    if isinstance(node, StepTables):
        return _tables(node, precision)
    if isinstance(node, Forest):
        return _forest(node, precision)
    if isinstance(node, Chain | Sum):
        return type(node)(tuple(_node(part, precision) for part in node.nodes))
    return node


def _short(weights: Weights, mantissa_bits: int) -> Weights:
    if weights.encoding is not None or mantissa_bits >= 23 or not weights.values.size:
        return weights
    return round_to(weights.values, fit_minifloat(weights.values, mantissa_bits, exponent_bits=8))


def _gridded(weights: Weights, bits: int) -> Weights:
    if weights.encoding is not None or bits >= 24 or not weights.values.size:
        return weights
    return round_to(weights.values, fit_fixed(weights.values, bits))


def _tables(node: StepTables, precision: Precision) -> StepTables:
    cuts = node.cuts
    if cuts.encoding is None and cuts.values.size:
        owners = np.repeat(node.features, np.asarray(node.pieces) - 1)
        cuts = Weights(_cut_rounding(owners, cuts.values, precision.cuts))
    return replace(
        node,
        cuts=cuts,
        values=_gridded(node.values, precision.values),
        bias=_short(node.bias, min(precision.weights + 3, 23)),
        missing=None if node.missing is None else _gridded(node.missing, precision.values),
    )


def _forest(node: Forest, precision: Precision) -> Forest:
    trees = node.trees
    if node.leaves.encoding is None and trees:
        owners = np.concatenate([tree.feature for tree in trees])
        thresholds = _cut_rounding(owners, np.concatenate([tree.threshold for tree in trees]), precision.cuts)
        ends = np.cumsum([len(tree.feature) for tree in trees])[:-1]
        trees = tuple(replace(t, threshold=part) for t, part in zip(trees, np.split(thresholds, ends), strict=True))
    bias = _short(node.bias, min(precision.weights + 3, 23))
    return replace(node, trees=trees, leaves=_gridded(node.leaves, precision.values), bias=bias)


def _cut_rounding(owners: NDArray[np.int_], cuts: NDArray[np.float32], mantissa_bits: int) -> NDArray[np.float32]:
    """Return cuts rounded down, each feature's on a grid of its own."""
    rounded = cuts.copy()
    for owner in np.unique(owners[owners >= 0]):
        mine = owners == owner
        rounded[mine] = round_down(cuts[mine], mantissa_bits)
    return rounded


def round_down(cuts: NDArray[np.float32], mantissa_bits: int) -> NDArray[np.float32]:
    """Return the cuts of one feature, each rounded down to a step that is a power of two.

    The step is 2**-mantissa_bits of the cut's own size or, where that is less, of the spread of all cuts.
    """
    if mantissa_bits >= 23:
        return cuts
    exact = cuts.astype(np.float64)
    size = np.abs(exact)
    spread = exact.max() - exact.min()
    if spread > 0:
        size = np.minimum(size, spread)
    exponent = np.frexp(np.maximum(size, np.finfo(np.float32).tiny))[1] - 1 - mantissa_bits
    down = np.ldexp(np.floor(np.ldexp(exact, -exponent)), exponent)
    largest = float(np.finfo(np.float32).max)
    return np.clip(down, -largest, largest).astype(np.float32)
