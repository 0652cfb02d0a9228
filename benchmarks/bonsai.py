"""Bonsai: one shallow tree with a predictor in every node, on a sparse, learned projection.

Written from Kumar, Goyal, Varma: "Resource-efficient Machine Learning in 2 KB RAM for the Internet of Things", ICML 2017. The
scores are the sum, over the nodes k that a row passes, of (W_k Z x) * tanh(sigma V_k Z x); a row goes left at node k if
theta_k Z x > 0. In training the step is a tanh that gets sharper (section 3.2).
"""

from __future__ import annotations

import numpy as np
import torch
from thresholding import affordable, stored_bytes

SIGMA = 1.0
SHARPEST = 30.0  # of the branching tanh, at the end of training
PENALTIES = {"projection": 1e-5, "values": 1e-4, "gates": 1e-4, "branches": 1e-4}


class Bonsai(torch.nn.Module):
    """A projection Z (d, columns + 1), W and V (nodes, classes, d) and theta (inner nodes, d) of a full tree."""

    def __init__(self, columns: int, classes: int, dimensions: int, depth: int) -> None:
        super().__init__()
        self.nonzeros: dict[str, int] = {}
        self.depth = depth
        inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
        self.projection = torch.nn.Parameter(torch.randn(dimensions, columns + 1) / np.sqrt(columns + 1))
        self.values = torch.nn.Parameter(0.3 * torch.randn(nodes, classes, dimensions))
        self.gates = torch.nn.Parameter(0.3 * torch.randn(nodes, classes, dimensions))
        self.branches = torch.nn.Parameter(0.3 * torch.randn(inner, dimensions))

    def forward(self, X: torch.Tensor, sharpness: float) -> torch.Tensor:
        """Return the scores; an infinite sharpness takes one way only, as in prediction."""
        projected = torch.cat([X, torch.ones(len(X), 1)], dim=1) @ self.projection.T
        turns = projected @ self.branches.T
        turns = torch.sign(turns) if np.isinf(sharpness) else torch.tanh(sharpness * turns)
        passed = [torch.ones(len(X))]
        for node in range(len(self.branches)):
            passed += [passed[node] * (1 + turns[:, node]) / 2, passed[node] * (1 - turns[:, node]) / 2]
        nodes, classes, dimensions = self.values.shape
        straight = projected @ self.values.view(-1, dimensions).T
        gates = torch.tanh(SIGMA * projected @ self.gates.view(-1, dimensions).T)
        return ((straight * gates).view(-1, nodes, classes) * torch.stack(passed, dim=1)[:, :, None]).sum(1)

    def loss(self, X: torch.Tensor, y: torch.Tensor, progress: float) -> torch.Tensor:
        """Return cross entropy with a small penalty on the squares of the weights."""
        penalty = sum(PENALTIES[name] * (weights**2).sum() for name, weights in self.named_parameters())
        sharpness = SHARPEST**progress
        return torch.nn.functional.cross_entropy(self(X, sharpness), y) + penalty / 2

    def classes(self, X: torch.Tensor) -> torch.Tensor:
        return self(X, np.inf).argmax(1)


def within(size_bytes: int, X: np.ndarray, y: np.ndarray, setting: dict[str, float]) -> Bonsai:
    """Return a model, untrained, whose W and V have as many non-zeros as the bytes allow by the papers' count.

    setting: `depth`, `dimensions`, and `projection`, the share of the bytes for Z (1 for a dense Z, whatever it takes).
    """
    model = Bonsai(X.shape[1], int(y.max()) + 1, int(setting["dimensions"]), int(setting["depth"]))
    cells = model.projection.numel()
    kept = cells if setting["projection"] == 1 else affordable(cells, setting["projection"] * size_bytes)
    left = size_bytes - stored_bytes(cells, kept) - 4 * model.branches.numel()
    held = affordable(model.values.numel(), left / 2)
    model.nonzeros = {"projection": kept, "values": held, "gates": held}
    return model
