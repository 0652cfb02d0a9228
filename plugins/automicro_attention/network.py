"""The network in torch: plain functions of a dictionary of tensors, each block rounded as it will ship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from automicro_attention.layout import Layout

__all__ = ["BIAS_FINER", "Rounding", "Rows", "Shape", "begin", "forward", "rounded", "short_steps", "steps_of"]

Tensors = dict[str, torch.Tensor]
BIAS_FINER = 4  # steps of a bias in one step of the weights beside it
FINE = 8  # steps of a position in one step of a scaled feature; finer by 2 to the power of the bits


@dataclass(frozen=True)
class Shape:
    """What a network is made of, beside its layout."""

    width: int
    heads: int
    asks: bool
    activation: str
    outputs: int


@dataclass(frozen=True)
class Rounding:
    """Bits of weights, 0 for none: whole multiples of a step, as many to either side of 0 as fit."""

    bits: int

    @property
    def most(self) -> int:
        """The largest multiple."""
        return max(1, (1 << max(self.bits - 1, 0)) - 1)

    @property
    def position_step(self) -> float:
        """The step of positions."""
        return 1.0 / (FINE << max(0, self.bits - 3))


def begin(layout: Layout, shape: Shape, seed: int) -> Tensors:
    """Return weights to start from."""
    draw = torch.Generator().manual_seed(seed)
    width, heads = shape.width, shape.heads

    def normal(*size: int, scale: float) -> torch.Tensor:
        return torch.randn(*size, generator=draw) * scale

    count, slots = len(layout.tokens), layout.slots
    made = {
        "weights": normal(1 if layout.shared else count, slots, width, scale=slots**-0.5),
        "positions": normal(count, width, scale=0.5),
        "queries": normal(heads, width, scale=width**-0.5),
        "outer": normal(shape.outputs, heads * width, scale=(heads * width) ** -0.5),
        "bias": torch.zeros(shape.outputs),
    }
    if shape.asks:
        made["asked"] = normal(heads, width, width, scale=1.0 / width)
        made["mixing"] = normal(width, heads * width, scale=0.5 * (heads * width) ** -0.5)
    return made


def steps_of(weights: Tensors, rounding: Rounding, *, sparse: bool) -> Tensors:
    """Return the logarithms to base 2 of the steps to begin rounding with (LSQ: Esser et al., ICLR 2020).

    Biases have none of their own, nor positions but those of words: they are what most of the file tells.
    """
    names = [name for name in weights if name not in (("bias",) if sparse else ("positions", "bias"))]
    return {name: torch.log2(2 * weights[name].abs().mean() / rounding.most**0.5 + 1e-9) for name in names}


def short_steps(steps: Tensors) -> Tensors:
    """Return steps of two significant binary digits; gradients pass through."""
    result = {}
    for name, log in steps.items():
        whole = torch.floor(log.detach())
        over = torch.exp2(log.detach() - whole)
        near = torch.where(over < 1.25, 1.0, torch.where(over < 1.75, 1.5, 2.0)) * torch.exp2(whole)
        step = torch.exp2(log)
        result[name] = step + (near - step).detach()
    return result


def rounded(weights: Tensors, steps: Tensors | None, rounding: Rounding, centres: torch.Tensor) -> Tensors:
    """Return weights as they ship, the centres of features moved into the positions; gradients pass through."""
    result = dict(weights)
    if steps is not None:
        short = short_steps(steps)
        for name, step in short.items():
            result[name] = _nearest((weights[name] / step).clamp(-rounding.most, rounding.most)) * step
        finer = short["outer"] / BIAS_FINER
        result["bias"] = _nearest(weights["bias"] / finer) * finer
    if steps is not None and "positions" in steps:
        return result  # words have no centres
    projections = result["weights"].expand(len(centres), -1, -1)
    positions = weights["positions"] - torch.einsum("tc,tce->te", centres, projections)
    if steps is not None:
        positions = _nearest(positions / rounding.position_step) * rounding.position_step
    result["positions"] = positions
    return result


def _nearest(x: torch.Tensor) -> torch.Tensor:
    return x + (torch.round(x) - x).detach()


@dataclass(frozen=True, eq=False)
class Rows:
    """Features of rows by token and slot, (rows, tokens, slots): those that are not there as 0, and which are there."""

    X: torch.Tensor
    there: torch.Tensor

    def taken(self, rows: torch.Tensor | slice) -> Rows:
        """Return some of the rows."""
        return Rows(self.X[rows], self.there[rows])


def forward(weights: Tensors, rows: Rows, activation: str, gates: torch.Tensor | None = None) -> torch.Tensor:
    """Return scores (rows, outputs); `gates` (rows, tokens), if given, multiply tokens."""
    X, there = rows.X, rows.there
    tokens = torch.einsum("ntc,tce->nte", X, weights["weights"].expand(X.shape[1], -1, -1)) + weights["positions"]
    if activation != "none":
        tokens = getattr(torch, activation)(tokens)
    if gates is not None:
        tokens = tokens * gates[:, :, None]
    absent = ~there.any(dim=2)
    if "asked" in weights:
        logits = torch.einsum("nse,hef,ntf->nhst", tokens, weights["asked"], tokens)
        attended = torch.einsum("nhst,nte->nshe", _softmax(logits, absent[:, None, None]), tokens)
        tokens = tokens + attended.flatten(2) @ weights["mixing"].T
    logits = torch.einsum("nte,he->nht", tokens, weights["queries"])
    pooled = torch.einsum("nht,nte->nhe", _softmax(logits, absent[:, None]), tokens)
    return pooled.flatten(1) @ weights["outer"].T + weights["bias"]


def _softmax(logits: torch.Tensor, absent: torch.Tensor) -> torch.Tensor:
    """Return weights over the last axis; all 0 where every token is absent."""
    masked = logits.masked_fill(absent, -1e30)
    return torch.softmax(masked, dim=-1).masked_fill(absent, 0.0)
