"""Teachers: wide float networks trained on the same rows, whose mean prediction a small network learns (Hinton et al., 2015)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from automicro_mlp.loop import Phase, Rows, optimise
from automicro_mlp.network import Network
from automicro_mlp.setting import GRIDS

if TYPE_CHECKING:
    from torch import Tensor

    from automicro.program import Link

__all__ = ["taught"]

WIDTHS = (256, 256)
TEACHERS = 2
EPOCHS = 30
PEAK = 2e-3
NOISE = 0.2
SHARE = 0.8  # of a target that is the teacher's


def taught(rows: Rows, random: torch.Generator) -> Rows:
    """Return rows whose targets are mixed with what teachers trained on them say."""
    widths = (rows.X.shape[1], *WIDTHS, rows.values.shape[1])
    said = torch.zeros_like(rows.values)
    for _ in range(TEACHERS):
        network = Network.drawn(widths, [GRIDS["8-bit"]] * (len(widths) - 1), 1.0, random)
        optimise(network, rows, Phase(EPOCHS * -(-len(rows.X) // rows.batch), PEAK, noise=NOISE), random)
        with torch.no_grad():
            said += _predicted(network(rows.X), rows.target.link) / TEACHERS
    return replace(rows, values=SHARE * said + (1 - SHARE) * rows.values)


def _predicted(scores: Tensor, link: Link) -> Tensor:
    if link == "softmax":
        return scores.softmax(dim=1)
    return torch.sigmoid(scores) if link == "sigmoid" else scores
