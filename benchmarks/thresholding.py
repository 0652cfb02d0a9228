"""Trains a torch model to a budget of non-zero weights by iterative hard thresholding, and counts what it takes to store.

The three phases of Bonsai (Kumar, Goyal, Varma, ICML 2017, section 3.2): dense training, then training with all but the
largest weights of every matrix set to zero again and again, then training of the weights that are left. Within the second
phase the number of weights kept falls to the budget in a geometric row: falling at once, as published, costs up to 50 points
of accuracy where few of many weights are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

THRESHOLD_EVERY = 15  # steps


class Budgeted(Protocol):
    """A model of named weight matrices that may keep `nonzeros[name]` weights each; matrices without an entry stay dense."""

    nonzeros: dict[str, int]

    def named_parameters(self) -> object: ...

    def loss(self, X: torch.Tensor, y: torch.Tensor, progress: float) -> torch.Tensor:
        """Return the training loss; `progress` runs from 0 to 1."""

    def classes(self, X: torch.Tensor) -> torch.Tensor:
        """Return the predicted classes."""


@dataclass(frozen=True)
class Schedule:
    """How long to train, on how many rows a step, with which first step length (it falls to zero along a cosine)."""

    epochs: int
    rows: int
    rate: float


def train(model: torch.nn.Module, X: torch.Tensor, y: torch.Tensor, schedule: Schedule) -> None:
    """Train in three phases of equal length; the model ends within its budget."""
    optimizer = torch.optim.Adam(model.parameters(), lr=schedule.rate)
    steps = schedule.epochs * -(-len(X) // schedule.rows)
    step = 0
    for _ in range(schedule.epochs):
        for rows in torch.randperm(len(X)).split(schedule.rows):
            progress = step / steps
            optimizer.param_groups[0]["lr"] = schedule.rate * (1e-3 + np.cos(progress * np.pi / 2) ** 2)
            optimizer.zero_grad()
            model.loss(X[rows], y[rows], progress).backward()
            if progress > 2 / 3:
                fixed_support(model)
            optimizer.step()
            step += 1
            if (steps / 3 < step and step % THRESHOLD_EVERY == 0) or step == steps:
                keep_largest(model, tightness=min(1.0, 5 * (progress - 1 / 3)))


@torch.no_grad()
def keep_largest(model: Budgeted, tightness: float) -> None:
    """Set the smallest weights of every matrix to zero; at tightness 1, all but the allowed number of largest ones."""
    for name, weights in model.named_parameters():
        allowed = model.nonzeros.get(name, weights.numel())
        count = max(allowed, round(weights.numel() * (allowed / weights.numel()) ** tightness))
        if count < weights.numel():
            dropped = weights.abs().flatten().argsort(descending=True, stable=True)[count:]
            weights.view(-1)[dropped] = 0.0


@torch.no_grad()
def fixed_support(model: Budgeted) -> None:
    """Take the gradient of weights that are zero away."""
    for name, weights in model.named_parameters():
        if name in model.nonzeros and weights.grad is not None:
            weights.grad[weights == 0] = 0.0


def stored_bytes(cells: int, nonzeros: int) -> int:
    """Return the bytes of a matrix as both papers count: float32 values, with a 4-byte index each where that is shorter."""
    return 4 * min(cells, 2 * nonzeros)


def affordable(cells: int, size_bytes: float) -> int:
    """Return how many non-zeros a matrix may have to be stored in that many bytes, by the papers' count."""
    return cells if size_bytes >= 4 * cells else int(size_bytes) // 8


def compact_bytes(cells: int, nonzeros: int, width: int) -> int:
    """Return the bytes of a matrix of `width`-byte values with one float32 scale; where they stand, at its entropy."""
    if nonzeros in (0, cells):
        return nonzeros * width + 4
    share = nonzeros / cells
    position_bits = -cells * (share * math.log2(share) + (1 - share) * math.log2(1 - share))
    return min(cells * width, nonzeros * width + math.ceil(position_bits / 8)) + 4


def model_bytes(model: torch.nn.Module, width: int | None = None) -> int:
    """Return the bytes of all matrices, as the papers count or compact with values of `width` bytes."""
    total = 0
    for _, weights in model.named_parameters():
        cells, nonzeros = weights.numel(), int((weights != 0).sum())
        total += stored_bytes(cells, nonzeros) if width is None else compact_bytes(cells, nonzeros, width)
    return total


@torch.no_grad()
def rounded(model: torch.nn.Module, width: int) -> None:
    """Round all weights to float16 (2 bytes), or to int8 (1 byte) with one scale a matrix."""
    for weights in model.parameters():
        if width == 2:
            weights.copy_(weights.half().float())
        else:
            scale = weights.abs().max() / 127
            weights.copy_(torch.round(weights / scale) * scale if scale > 0 else weights)
