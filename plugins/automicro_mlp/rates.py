"""What the codes of a network cost: bits of an adaptive coder, made differentiable by drawing lines between whole codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from automicro_mlp.network import Network

__all__ = ["Prices"]

UNSEEN = 0.3  # of a code, as the coder's own start has it


class Prices:
    """The bits of every code of every layer, by how often codes occur now (entropy penalty: Wiedemann et al., 2019; Oktay et al., 2020)."""

    def __init__(self, network: Network) -> None:
        self._tables = [_prices(layer.codes.detach().round()) for layer in network.layers]

    def bits(self, network: Network) -> Tensor:
        """Return the bits of all codes; between whole codes, in proportion."""
        total = torch.zeros(())
        for layer, (reach, bits) in zip(network.layers, self._tables, strict=True):
            exact = layer.codes.clamp(-reach + 1e-3, reach - 1e-3)
            below = torch.floor(exact.detach())
            at = (below + reach).long()
            total = total + (bits[at] + (bits[at + 1] - bits[at]) * (exact - below)).sum()
        return total


def _prices(codes: Tensor) -> tuple[int, Tensor]:
    """Return the largest code that has a price, and the prices of -largest..largest: even, and rising from 0 on."""
    reach = int(codes.abs().max()) + 2
    counts = torch.bincount((codes + reach).long().reshape(-1), minlength=2 * reach + 1).float()
    counts = (counts + counts.flip(0)) / 2 + UNSEEN
    rising = torch.cummax(-(counts / counts.sum()).log2()[reach:], 0).values
    return reach, torch.cat([rising.flip(0)[:-1], rising])
