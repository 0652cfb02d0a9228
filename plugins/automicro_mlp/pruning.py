"""Which inputs and units matter: first-order importance, squared and summed over batches (Molchanov et al., 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from automicro_mlp.loop import loss_of
from automicro_mlp.size import thinned

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from automicro_mlp.loop import Rows
    from automicro_mlp.network import Network

__all__ = ["prune_inputs", "prune_units"]

BATCHES = 16


def _importances(network: Network, rows: Rows, random: torch.Generator) -> list[Tensor]:
    """Return how much the loss depends on every input and on every unit of each hidden layer."""
    widths = [len(network.inputs), *(len(layer.bias) for layer in network.layers[:-1])]
    totals = [torch.zeros(width) for width in widths]
    for _ in range(BATCHES):
        places = torch.randint(len(rows.X), (rows.batch,), generator=random)
        gates = [torch.ones(width, requires_grad=True) for width in widths]
        loss = loss_of(rows, network(rows.X[places][:, network.inputs], gates), places)
        for total, gradient in zip(totals, torch.autograd.grad(loss, gates), strict=True):
            total.add_(gradient**2)
    return totals


def prune_inputs(network: Network, rows: Rows, owners: NDArray[np.int64], count: int, random: torch.Generator) -> None:
    """Keep the inputs of the `count` most important owners; `owners` has the owner of each feature."""
    importance = _importances(network, rows, random)[0].numpy().astype(np.float64)
    mine = owners[network.inputs.numpy()]
    totals = np.bincount(mine, weights=importance, minlength=int(owners.max()) + 1)
    present = np.unique(mine)
    if count >= len(present):
        return
    kept = present[np.argsort(-totals[present], kind="stable")[:count]]
    network.keep_inputs(torch.from_numpy(np.flatnonzero(np.isin(mine, kept))))


def prune_units(network: Network, rows: Rows, random: torch.Generator) -> None:
    """Thin out each hidden layer; the most important units stay, in their order."""
    importances = _importances(network, rows, random)[1:]
    for number, importance in enumerate(importances):
        order = torch.argsort(importance, descending=True, stable=True)
        kept = torch.sort(order[: thinned(len(importance))]).values
        network.keep_units(number, kept)
