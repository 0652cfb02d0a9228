"""The network in torch: maps that are rounded while they are trained, messages by torch_geometric, pools."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch_geometric.nn import SimpleConv, global_add_pool, global_max_pool, global_mean_pool

from automicro.program.evaluate.message_passing import propagated, shares
from automicro_gnn.lower import GRAIN
from automicro_gnn.setting import POOLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Propagate, Topology
    from automicro_gnn.setting import Grid, Setting

__all__ = ["Graphs", "Model"]

MANTISSA = 8  # steps of a factor within a power of two
POOLED = {"sum": global_add_pool, "mean": global_mean_pool, "max": global_max_pool}
TINY = 1e-12


class _Message:
    """Messages of one kind along the edges of known graphs, with the weights of the program."""

    def __init__(self, node: Propagate, topology: Topology) -> None:
        own, weights = shares(node, topology)
        self._own = None if own is None else torch.from_numpy(own.astype(np.float32))[:, None]
        self._edges = torch.from_numpy(topology.edges)
        self._weights = None if weights is None else torch.from_numpy(weights.astype(np.float32))
        self._conv = SimpleConv(aggr="sum")

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        aggregated = self._conv(x, self._edges, self._weights)
        return aggregated if self._own is None else aggregated + self._own * x


@dataclass(frozen=True, eq=False)
class Graphs:
    """Graphs made ready: what the first layer reads, messages of the layers behind it, and the graph of every node."""

    first: torch.Tensor
    messages: tuple[_Message | None, ...]
    graph: torch.Tensor
    count: int

    @classmethod
    def of(cls, X: NDArray[np.float32], topology: Topology, setting: Setting) -> Graphs:
        """Return nodes with features `X`; messages of features are computed by the program's own arithmetic."""
        attributes = 0 if topology.attributes is None else topology.attributes.shape[1]
        nodes = setting.messages(attributes)
        aggregated = [X if node is None else propagated(node, X, topology) for node in nodes]
        first = torch.from_numpy(np.ascontiguousarray(np.concatenate(aggregated, axis=1), dtype=np.float32))
        messages = tuple(None if node is None else _Message(node, topology) for node in nodes)
        graph = np.repeat(np.arange(topology.graphs), np.diff(topology.starts))
        return cls(first, messages, torch.from_numpy(graph), topology.graphs)


class _Rounded:
    """A linear map; on a grid its weights are whole numbers times a factor a unit, and gradients pass as if they were not."""

    def __init__(self, units: int, inputs: int, random: torch.Generator) -> None:
        bound = math.sqrt(6.0 / (units + inputs))
        drawn = (2 * torch.rand(units, inputs, generator=random) - 1) * bound
        self.weight, self.bias = drawn.requires_grad_(), torch.zeros(units).requires_grad_()
        self.grid: Grid | None = None

    def factors(self) -> torch.Tensor:
        """Return the step of every unit, (units, 1), with few mantissa bits."""
        assert self.grid is not None  # noqa: S101 - called on a grid only
        steps = self.grid.width * self.weight.detach().abs().mean(dim=1, keepdim=True).clamp(min=TINY)
        power = torch.exp2(torch.floor(torch.log2(steps)))
        return power * torch.round(steps / power * MANTISSA) / MANTISSA

    def codes(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weights and biases in steps, rounded."""
        assert self.grid is not None  # noqa: S101 - called on a grid only
        factors = self.factors()
        most = float(self.grid.most)
        bias = torch.round(self.bias.detach() / factors[:, 0] / GRAIN) * GRAIN
        return torch.round(self.weight.detach() / factors).clamp(-most, most), bias

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the map of x, (rows, units)."""
        if self.grid is None:
            return torch.nn.functional.linear(x, self.weight, self.bias)
        codes, bias = self.codes()
        factors = self.factors()
        weight = self.weight + (codes * factors - self.weight).detach()
        return torch.nn.functional.linear(x, weight, self.bias + (bias * factors[:, 0] - self.bias).detach())


class Model:
    """All maps in the order of `Setting.shapes`."""

    def __init__(
        self, setting: Setting, shapes: list[tuple[int, int]], *, pooled: bool, random: torch.Generator
    ) -> None:
        self.setting, self.pooled = setting, pooled
        self.maps = [_Rounded(units, inputs, random) for units, inputs in shapes]

    def parameters(self) -> list[torch.Tensor]:
        """Return what is trained."""
        return [tensor for part in self.maps for tensor in (part.weight, part.bias)]

    def set_grid(self, grid: Grid) -> None:
        """Round all maps to a grid from now on."""
        for part in self.maps:
            part.grid = grid

    def __call__(self, graphs: Graphs) -> torch.Tensor:
        """Return scores of every node, or of every graph if they are pooled."""
        x, maps = graphs.first, list(self.maps)
        for layer in range(self.setting.layers):
            x = torch.relu(maps.pop(0)(_aggregated(x, graphs) if layer else x))
            if self.setting.kind == "gin":
                x = torch.relu(maps.pop(0)(x))
        if self.pooled:
            parts = [POOLED[kind](x, graphs.graph, graphs.count) for kind in POOLS[self.setting.pool]]
            x = torch.cat(parts, dim=1)
        elif self.setting.layers:
            x = _aggregated(x, graphs)
        scores: torch.Tensor = maps.pop(0)(x)
        return scores


def _aggregated(x: torch.Tensor, graphs: Graphs) -> torch.Tensor:
    """Return what a layer reads: what nodes have themselves, and their messages, side by side."""
    return torch.cat([x if message is None else message(x) for message in graphs.messages], dim=1)
