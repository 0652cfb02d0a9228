"""Programs with fewer bits per number: a ladder of precisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import cut_ranges, usage
from automicro.program.encodings import Float32
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import (
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Grams,
    Lookup,
    Nearest,
    Numeric,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Summary,
    Tokens,
)
from automicro.program.rewrite.decoding import decoders_of, features_of
from automicro.program.rewrite.encoding_fit import fit_fixed, fit_minifloat
from automicro.program.rewrite.features import map_cuts
from automicro.program.rewrite.simplify import simplify
from automicro.program.walk import children, rebuild, steps
from automicro.program.weights import Weights, round_to
from automicro.program.wire.prototypes import grid_exponents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder, Node, Program

__all__ = ["PRECISIONS", "Precision", "quantise", "round_down"]

EXACT = 23
FINER = 3  # mantissa bits that a bias, a fill and a look-up value keep more than weights


@dataclass(frozen=True)
class Precision:
    """How many bits the numbers of a program keep.

    Parameters
    ----------
    name : str
    weights : int
        Mantissa bits of factors, relevances and the weights of affine maps, 0 to 23; a bias, a fill and a look-up value keep three more.
    values : int
        Bits of leaves and table values, on a grid between the smallest and the largest, and of points in the feature in which they
        spread most; 24 or more leave them as they are.
    cuts : int
        Mantissa bits of thresholds and cuts, 0 to 23, taken of the spread of a feature's cuts where that is smaller than the cuts.
    """

    name: str
    weights: int
    values: int
    cuts: int


PRECISIONS = (
    Precision("float32", EXACT, 24, EXACT),
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
    """Return the program, in canonical form, with every block whose encoding is left open rounded to `precision`.

    Blocks with an encoding stay as they are. Cuts are rounded down if no node that has some comes with encoded values; those of
    features with few values (levels, look-ups) stay as they are. Missing values keep falling on the side where their fill fell.
    """
    features = features_of(program.decoders)
    rounder = _CutRounder.of(program.body, features, precision.cuts)
    body = map_cuts(program.body, rounder.change) if rounder.spreads else _rounded_behind(program.body, precision.cuts)
    decoders = [_decoder(feature, rounder.cuts.get(j), precision) for j, feature in enumerate(features)]
    if rounder.spreads:
        decoders = [rounder.moved(j, feature) for j, feature in enumerate(decoders)]
    return simplify(replace(program, decoders=decoders_of(decoders), body=_node(body, precision)))


@dataclass(frozen=True, eq=False)
class _CutRounder:
    """Rounds the cuts of features; `spreads` has those that are rounded, `cuts` all that are compared and not computed with."""

    bits: int
    spreads: dict[int, float]
    cuts: dict[int, NDArray[np.float32]]

    @classmethod
    def of(cls, body: Node, features: list[Decoder], bits: int) -> _CutRounder:
        found = usage(body)
        cuts = {j: own for j in found.compared if (own := found.cuts(j)) is not None}
        spreads = {
            j: max(own) - min(own)
            for j, own in found.compared.items()
            if own and j < len(features) and isinstance(features[j], Numeric | Grams | Summary)
        }
        return cls(bits, spreads if bits < EXACT and _is_open(body) else {}, cuts)

    def change(self, feature: int, cuts: NDArray[np.float32]) -> NDArray[np.float32]:
        return round_down(cuts, self.bits, self.spreads[feature]) if feature in self.spreads else cuts

    def moved(self, j: int, feature: Decoder) -> Decoder:
        """Return a feature whose fill moves with the cut that ends its piece."""
        if not isinstance(feature, Numeric) or feature.fill is None or j not in self.cuts or j not in self.spreads:
            return feature
        ends = np.append(self.change(j, self.cuts[j]), np.float32(FLOAT32_MAX))
        return replace(feature, fill=float(ends[np.searchsorted(self.cuts[j], np.float32(feature.fill), side="left")]))


def _rounded_behind(node: Node, bits: int) -> Node:
    """Return a body with rounded cuts where the last step of a chain compares what messages and pools give."""
    *before, last = steps(node)
    if not before or not all(isinstance(part, Propagate | Pool) for part in before):
        return node
    found = usage(last)
    features: list[Decoder] = [Numeric(j) for j in range(max(found.compared, default=-1) + 1)]
    return Chain((*before, map_cuts(last, _CutRounder.of(last, features, bits).change)))


def _is_open(node: Node) -> bool:
    """Whether no values that go with cuts have an encoding."""
    if isinstance(node, StepTables):
        return node.values.encoding is None and node.cuts.encoding is None
    if isinstance(node, Forest):
        return node.leaves.encoding is None
    return not isinstance(node, Chain) and all(map(_is_open, children(node)))


def _decoder(feature: Decoder, cuts: NDArray[np.float32] | None, precision: Precision) -> Decoder:
    """Return a decoder with rounded numbers, unless its feature is only compared: then they matter as they are."""
    mantissa = min(precision.weights + FINER, EXACT)
    if cuts is not None:
        return feature
    if isinstance(feature, Numeric) and feature.fill is not None:
        return replace(feature, fill=float(_short(Weights.of([feature.fill]), mantissa).values[0]))
    if isinstance(feature, Lookup) and feature.values.encoding is None:
        default = float(_short(Weights.of([feature.default]), mantissa).values[0])
        return replace(feature, values=_short(feature.values, mantissa), default=default)
    return feature


def _node(node: Node, precision: Precision) -> Node:
    if isinstance(node, Affine):
        return Affine(_short(node.weights, precision.weights), _short(node.bias, min(precision.weights + FINER, EXACT)))
    if isinstance(node, StepTables):
        return _tables(node, precision)
    if isinstance(node, Tokens):
        positions = _short(node.positions, min(precision.weights + FINER, EXACT))
        return replace(node, weights=_short(node.weights, precision.weights), positions=positions)
    if isinstance(node, Attention):
        mixing = None if node.mixing is None else _short(node.mixing, precision.weights)
        return Attention(_short(node.queries, precision.weights), mixing)
    if isinstance(node, Forest):
        return replace(
            node, leaves=_gridded(node.leaves, precision.values), bias=_with_grid(node.bias, node.leaves, precision)
        )
    if isinstance(node, Distances):
        return _distances(node, precision)
    if isinstance(node, Nearest):
        bias = None if node.bias is None else _short(node.bias, min(precision.weights + FINER, EXACT))
        return replace(node, bias=bias)
    if isinstance(node, Scale):
        return Scale(_short(node.factors, precision.weights))
    return rebuild(node, (_node(part, precision) for part in children(node)))


def _distances(node: Distances, precision: Precision) -> Distances:
    """Return distances with rounded relevances, and points on a grid that is as coarse in each feature as its relevance allows."""
    relevances, points = _short(node.relevances, precision.weights), node.points
    exact = points.values.astype(np.float64)
    exponents = grid_exponents(relevances.values)
    widest = float(np.ldexp(np.ptp(exact, axis=0), exponents).max(initial=0))
    if points.encoding is not None or precision.values >= 24 or not widest:
        return Distances(points, relevances)
    step = np.ldexp(1.0, int(np.ceil(np.log2(widest))) - precision.values - exponents)
    return Distances(round_to(np.rint(exact / step) * step, Float32()), relevances)


def _short(weights: Weights, mantissa_bits: int) -> Weights:
    if weights.encoding is not None or mantissa_bits >= EXACT or not weights.values.size:
        return weights
    return round_to(weights.values, fit_minifloat(weights.values, mantissa_bits, exponent_bits=8))


def _gridded(weights: Weights, bits: int) -> Weights:
    if weights.encoding is not None or bits >= 24 or not weights.values.size:
        return weights
    return round_to(weights.values, fit_fixed(weights.values, bits))


def _with_grid(bias: Weights, values: Weights, precision: Precision) -> Weights:
    """Return a bias rounded to the power of two at or below the step of the values' grid."""
    if bias.encoding is not None or precision.values >= 24 or not bias.values.any():
        return bias
    if values.encoding is not None or not values.values.any():
        return _short(bias, min(precision.weights + FINER, EXACT))
    step = 2.0 ** (np.frexp(fit_fixed(values.values, precision.values).scale)[1] - 1)
    rounded = np.rint(bias.values / step) * step
    largest = float(np.abs(rounded / step).max())
    return round_to(rounded, fit_fixed(rounded, 24)) if largest > 2**23 else Weights.of(rounded)


def _tables(node: StepTables, precision: Precision) -> StepTables:
    """Return tables with rounded values; pieces between cuts that have become equal are left out."""
    kept = np.ones(len(node.values.values), dtype=np.bool_)
    start = 0
    for begin, end in cut_ranges(node):
        cuts = node.cuts.values[begin:end]
        kept[start + 1 : start + len(cuts)] = np.diff(cuts) > 0
        start += len(cuts) + 1
    ends = np.cumsum(node.pieces)
    pieces = np.diff(np.concatenate(([0], np.cumsum(kept)[ends - 1])))
    owns_cut = np.ones(len(kept), dtype=np.bool_)
    owns_cut[ends - 1] = False
    return replace(
        node,
        pieces=tuple(pieces.tolist()),
        cuts=Weights(node.cuts.values[kept[owns_cut]], node.cuts.encoding),
        values=_gridded(Weights(node.values.values[kept], node.values.encoding), precision.values),
        bias=_with_grid(node.bias, node.values, precision),
        missing=None if node.missing is None else _gridded(node.missing, precision.values),
    )


def round_down(cuts: NDArray[np.float32], mantissa_bits: int, spread: float) -> NDArray[np.float32]:
    """Return cuts of one feature, each rounded down to a multiple of a power of two.

    That is 2**-mantissa_bits of the cut's own size or, where that is less, of `spread` (of all the feature's cuts), 0 standing for one cut.
    """
    exact = cuts.astype(np.float64)
    size = np.abs(exact) if spread <= 0 else np.minimum(np.abs(exact), spread)
    exponent = np.frexp(np.maximum(size, np.finfo(np.float32).tiny))[1] - 1 - mantissa_bits
    down = np.ldexp(np.floor(np.ldexp(exact, -exponent)), exponent)
    rounded: NDArray[np.float32] = np.clip(down, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)
    return rounded
