"""The training loop: all rows as one tensor, large batches, Adam, and a price on every bit of the codes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from automicro_mlp.rates import Prices

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from automicro_mlp.network import Network
    from automicro_mlp.targets import Target

__all__ = ["Phase", "Rows", "loss_of", "optimise"]

PRICED_EVERY = 50  # steps between two looks at how often codes occur
WARM = 0.05  # of a phase's steps, in which the learning rate rises
LEAST_BATCH, LARGEST_BATCH, BATCHES = 32, 512, 24


@dataclass(frozen=True, eq=False)
class Rows:
    """Scaled features (rows, inputs), targets (rows, outputs) and weights (rows,), and what kind of target it is."""

    X: Tensor
    values: Tensor
    weights: Tensor
    target: Target

    @property
    def batch(self) -> int:
        """How many rows make a batch."""
        return min(len(self.X), max(LEAST_BATCH, min(LARGEST_BATCH, len(self.X) // BATCHES)))


@dataclass(frozen=True)
class Phase:
    """Some steps: the learning rate rises to `peak`, or starts there, and falls to `end` in a half wave; `price` is loss a bit."""

    steps: int
    peak: float
    end: float = 0.0
    is_warmed: bool = True
    price: float = 0.0
    noise: float = 0.0

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        warm = WARM * self.steps if self.is_warmed else 0.0
        if step < warm:
            return self.peak * (step + 1) / warm
        done = (step - warm) / max(1.0, self.steps - warm)
        return self.end + (self.peak - self.end) * 0.5 * (1 + math.cos(math.pi * done))


def loss_of(rows: Rows, scores: Tensor, places: Tensor) -> Tensor:
    """Return the weighted mean loss of some rows."""
    values = rows.values[places]
    if rows.target.link == "softmax":
        losses = -(values * functional.log_softmax(scores, dim=1)).sum(dim=1)
    elif rows.target.link == "sigmoid":
        losses = functional.binary_cross_entropy_with_logits(scores, values, reduction="none")[:, 0]
    elif rows.target.is_absolute:
        losses = functional.smooth_l1_loss(scores, values, reduction="none", beta=0.1)[:, 0]
    else:
        losses = functional.mse_loss(scores, values, reduction="none")[:, 0]
    return (rows.weights[places] * losses).mean()


def optimise(network: Network, rows: Rows, phase: Phase, random: torch.Generator) -> None:
    """Train a network for a phase."""
    optimiser = torch.optim.Adam(_groups(network), lr=phase.peak, betas=(0.9, 0.99))
    scales = [group["lr"] for group in optimiser.param_groups]
    draw = _drawer(len(rows.X), rows.batch, random)
    prices: Prices | None = None
    for step in range(phase.steps):
        rate = phase.rate(step)
        for group, scale in zip(optimiser.param_groups, scales, strict=True):
            group["lr"] = rate * scale
        places = draw()
        X = rows.X[places][:, network.inputs] if len(network.inputs) < rows.X.shape[1] else rows.X[places]
        if phase.noise:
            X = X + phase.noise * torch.randn(X.shape, generator=random)
        loss = loss_of(rows, network(X), places)
        if phase.price:
            if prices is None or step % PRICED_EVERY == 0:
                prices = Prices(network)
            loss = loss + phase.price * prices.bits(network)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        for layer in network.layers:
            layer.clamp()


def _groups(network: Network) -> list[dict[str, object]]:
    """Return the parameters, those counted in steps with learning rates that move what they represent as fast as floats."""
    groups: list[dict[str, object]] = []
    for layer in network.layers:
        unit = float(layer.log_factors.detach().exp().mean()) if layer.is_rounded else 1.0
        groups.append({"params": [layer.codes, layer.bias], "lr": 1 / unit})
        if layer.is_rounded:
            groups.append({"params": [layer.log_factors], "lr": 1.0})
    return groups


def _drawer(rows: int, batch: int, random: torch.Generator) -> Callable[[], Tensor]:
    """Return a function that deals out shuffled rows batch after batch."""
    order, at = torch.randperm(rows, generator=random), 0

    def draw() -> Tensor:
        nonlocal order, at
        if at + batch > rows:
            order, at = torch.randperm(rows, generator=random), 0
        at += batch
        return order[at - batch : at]

    return draw
