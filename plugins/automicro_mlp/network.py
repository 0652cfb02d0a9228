"""The network in torch: layers whose weights are whole codes times a step for each unit, rounded in the forward pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from automicro_mlp.setting import Grid

__all__ = ["Layer", "Network"]


def _straight(exact: Tensor, rounded: Tensor) -> Tensor:
    """Return rounded values whose gradient is that of the exact ones (straight-through, Bengio et al., 2013)."""
    return exact + (rounded - exact).detach()


@dataclass(eq=False)
class Layer:
    """outputs = factors * (codes @ inputs + bias): codes (outputs, inputs), bias and logarithms of factors (outputs,) or (1,).

    As long as nothing is rounded the codes are float weights and the factors 1. Rounded codes are whole numbers of the grid, biases
    multiples of `grain` and factors have two mantissa bits.
    """

    codes: Tensor
    bias: Tensor
    log_factors: Tensor
    grid: Grid
    grain: float
    is_rounded: bool = False

    def __call__(self, x: Tensor, *, is_last: bool) -> Tensor:
        """Return outputs, which pass relu unless the layer is the last."""
        if not self.is_rounded:
            z = functional.linear(x, self.codes, self.bias)
            return z if is_last else torch.relu(z)
        codes = _straight(self.codes, self.codes.round())
        bias = _straight(self.bias, (self.bias / self.grain).round() * self.grain)
        z = functional.linear(x, codes, bias)
        return self.factors() * (z if is_last else torch.relu(z))

    def factors(self) -> Tensor:
        """Return the rounded factors."""
        exact = self.log_factors.exp()
        mantissa, exponent = torch.frexp(exact.detach())
        return _straight(exact, torch.ldexp((mantissa * 8).round() / 8, exponent))

    def round(self, *, by_channel: bool) -> None:
        """Begin to round: the step of each unit, or of the layer, follows from the spread of its weights."""
        weights = self.codes.detach()
        spread = weights.std(dim=1, correction=0) if by_channel else weights.std(correction=0).reshape(1)
        largest = float(spread.max()) or 1.0
        step = spread.clamp(min=largest / 64) * self.grid.step
        self.log_factors = step.log().requires_grad_()
        factors = self.factors().detach()
        self.codes = (weights / factors[:, None]).clamp(self.grid.low, self.grid.high).requires_grad_()
        self.bias = (self.bias.detach() / factors).requires_grad_()
        self.is_rounded = True

    def keep(self, outputs: Tensor | None, inputs: Tensor | None) -> None:
        """Drop outputs and inputs that are not listed."""
        codes, bias, log_factors = self.codes.detach(), self.bias.detach(), self.log_factors.detach()
        if inputs is not None:
            codes = codes[:, inputs]
        if outputs is not None:
            codes, bias = codes[outputs], bias[outputs]
            log_factors = log_factors[outputs] if len(log_factors) > 1 else log_factors
        self.codes, self.bias = codes.clone().requires_grad_(), bias.clone().requires_grad_()
        self.log_factors = log_factors.clone().requires_grad_(self.is_rounded)

    def clamp(self) -> None:
        """Put codes that training has moved off the grid back to its ends."""
        if self.is_rounded:
            with torch.no_grad():
                self.codes.clamp_(self.grid.low, self.grid.high)


class Network:
    """A stack of layers; `inputs` are the features that it reads."""

    def __init__(self, layers: Sequence[Layer], inputs: Tensor) -> None:
        self.layers = list(layers)
        self.inputs = inputs

    @classmethod
    def drawn(cls, widths: Sequence[int], grids: Sequence[Grid], grain: float, random: torch.Generator) -> Network:
        """Return a network with weights drawn as He et al. (2015) do; `grain` is that of the last bias."""
        layers = []
        for number, (inputs, outputs) in enumerate(pairwise(widths)):
            weights = torch.randn(outputs, inputs, generator=random) * math.sqrt(2 / inputs)
            own = grain if number == len(widths) - 2 else 1.0
            bias = torch.zeros(outputs, requires_grad=True)
            layers.append(Layer(weights.requires_grad_(), bias, torch.zeros(outputs), grids[number], own))
        return cls(layers, torch.arange(widths[0]))

    def __call__(self, x: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        """Return scores; `gates` multiply the inputs and the outputs of every hidden layer."""
        for number, layer in enumerate(self.layers):
            x = layer(x * gates[number] if gates else x, is_last=number == len(self.layers) - 1)
        return x

    def round(self, *, by_channel: bool) -> None:
        """Begin to round every layer."""
        for layer in self.layers:
            layer.round(by_channel=by_channel)

    def keep_inputs(self, kept: Tensor) -> None:
        """Drop inputs that are not listed, by their place."""
        self.inputs = self.inputs[kept]
        self.layers[0].keep(None, kept)

    def keep_units(self, number: int, kept: Tensor) -> None:
        """Drop units of a hidden layer that are not listed."""
        self.layers[number].keep(kept, None)
        self.layers[number + 1].keep(None, kept)
