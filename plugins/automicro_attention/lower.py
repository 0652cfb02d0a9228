"""Trained networks as program bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Lowered
from automicro.program import Activation, Affine, Attention, Chain, Scale, Tokens, Weights
from automicro.program.encodings import Fixed
from automicro.program.weights import round_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node
    from automicro_attention.train import Stage, Trained

__all__ = ["lowered"]

MOST_BITS = 24


def lowered(model: Trained, stage: Stage) -> Lowered:
    """Return one precision of a network as a program body.

    Factors that all features share are folded into the weights of tokens: they are powers of two.
    """
    layout, blocks = model.layout, stage.blocks
    owned = [j for token in layout.tokens for j in token]
    factors = np.zeros(model.features)
    factors[owned] = layout.factors[owned]
    alike = bool((factors[owned] == factors[owned[0]]).all())
    factor = float(factors[owned[0]]) if alike else 1.0
    steps: list[Node] = [] if alike else [Scale(_block(factors, 0.0))]
    weights = blocks["weights"] * factor
    rows = weights[0] if layout.shared else weights[layout.places >= 0]
    sizes = tuple(map(len, layout.tokens))
    made = _block(rows, stage.steps.get("weights", 0.0) * factor)
    positions = _block(blocks["positions"], stage.steps.get("positions", 0.0))
    steps.append(Tokens(tuple(owned), sizes, made, positions, layout.sparse))
    if model.activation != "none":
        steps.append(Activation("relu" if model.activation == "relu" else "tanh"))
    if "asked" in blocks:
        steps.append(Attention(_of(stage, "asked"), _of(stage, "mixing")))
    steps += [Attention(_of(stage, "queries")), _outputs(model, stage)]
    return Lowered(Chain(tuple(steps)), model.target.link)


def _outputs(model: Trained, stage: Stage) -> Affine:
    """Return the affine map from pooled tokens to scores, in the unit of the target."""
    unit, offset = model.target.unit, model.target.offset
    bias = stage.blocks["bias"] * unit + offset
    if not stage.steps:
        return Affine(_block(stage.blocks["outer"] * unit, 0.0), _block(bias, 0.0))
    outer, fine = stage.steps["outer"] * unit, stage.steps["bias"] * unit
    return Affine(_block(stage.blocks["outer"] * unit, outer), _block(np.rint(bias / fine) * fine, fine))


def _of(stage: Stage, name: str) -> Weights:
    return _block(stage.blocks[name], stage.steps.get(name, 0.0))


def _block(values: NDArray[np.float64], step: float) -> Weights:
    """Return a block of multiples of a step, or of float32 if that is 0 or they are too many steps apart."""
    if step and np.isfinite(values).all():
        codes = np.rint(values / step)
        low = int(codes.min())
        bits = int(codes.max() - low).bit_length()
        if bits <= MOST_BITS:
            return round_to(values, Fixed(bits, step, low))
    return Weights.of(values)
