"""From nodes and topology to networks of falling size: trained in float, then on one grid after the other."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch_geometric warns of optional packages and of torch's own deprecations
    import torch

    from automicro_gnn.network import Graphs, Model

from automicro.plugin import Declined, sample_weights
from automicro_gnn.lower import Map, Network, Target
from automicro_gnn.setting import GRIDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.program import Topology
    from automicro_gnn.setting import Setting

__all__ = ["train"]

PEAK, FIRST, FINE = 0.02, 0.01, 0.004  # learning rates in float, on the first grid, and on those that follow
FLOAT, AGAIN = 0.4, 0.3  # of the steps on the first grid: those before in float, and those on every grid that follows
FEW = 64  # inputs up to which each is multiplied by its own power of two
HUBER = 1.0  # standard deviations of the target beyond which errors count in proportion


def train(data: TrainingData, setting: Setting) -> list[Network]:
    """Return one network for every grid, finest first.

    Raises
    ------
    Declined
        If no feature varies.
    """
    torch.set_num_threads(1)
    topology = data.topology
    assert topology is not None  # noqa: S101 - the family serves graphs
    random = torch.Generator().manual_seed(data.seed)
    inputs, graphs = _inputs(data.X, topology, setting)
    attributes = 0 if topology.attributes is None else topology.attributes.shape[1]
    pooled = data.places is None
    model = Model(
        setting, setting.shapes(data.X.shape[1], data.outputs, attributes, pooled=pooled), pooled=pooled, random=random
    )
    fit = _Fit(model, graphs, data)
    fit.run(round(FLOAT * setting.steps), PEAK)
    fit.take_in_others()
    networks: list[Network] = []
    for grid in GRIDS[setting.grids]:
        model.set_grid(grid)
        if networks:
            fit.run(round(AGAIN * setting.steps), FINE)
        else:
            fit.run(setting.steps, FIRST)
        networks.append(Network(setting, attributes, pooled, inputs, _maps(model), fit.target))
    return networks


def _inputs(X: NDArray[np.float32], topology: Topology, setting: Setting) -> tuple[NDArray[np.float64], Graphs]:
    """Return powers of two that bring features to a spread near 1, all by the same one where there are many, and graphs so scaled."""
    spread = X.std(axis=0, dtype=np.float64)
    if not spread.any():
        raise Declined("messages need a feature that varies")
    if len(spread) > FEW:  # what is rare stays small, so that it has a large weight or none
        aggregated = Graphs.of(X, topology, setting)
        spread = np.full(len(spread), aggregated.first.std(dim=0).mean().item())
    factors = np.exp2(-np.round(np.log2(np.where(spread > 0, spread, 1.0))))
    return factors, Graphs.of(X * factors.astype(np.float32), topology, setting)


def _maps(model: Model) -> tuple[Map, ...]:
    made = []
    for part in model.maps:
        codes, bias = part.codes()
        arrays = (codes, bias, part.factors()[:, 0])
        made.append(Map(*(array.detach().numpy().astype(np.float64) + 0.0 for array in arrays)))
    return tuple(made)


class _Fit:
    """The training of one model: full batches, Adam, a cosine of learning rates."""

    def __init__(self, model: Model, graphs: Graphs, data: TrainingData) -> None:
        self._model, self._graphs = model, graphs
        self._places = None if data.places is None else torch.from_numpy(np.asarray(data.places, dtype=np.int64))
        weights = sample_weights(data, alike=False)
        self._weights = torch.from_numpy((weights / weights.mean()).astype(np.float32))
        self.target, values = _target(data)
        self._values = torch.from_numpy(values)
        self._decay = model.setting.decay

    def take_in_others(self) -> None:
        """Learn from now on from nodes without a known target too: from what the network says of them now."""
        if self._places is None or self.target.link == "identity":
            return
        is_unknown = torch.ones(self._graphs.first.shape[0], dtype=torch.bool)
        is_unknown[self._places] = False
        others = is_unknown.nonzero()[:, 0]
        with torch.no_grad():
            scores = self._model(self._graphs)[others]
        said = scores.softmax(dim=1) if self.target.link == "softmax" else torch.sigmoid(scores[:, 0])
        self._places = torch.cat([self._places, others])
        self._values = torch.cat([self._values, said])
        self._weights = torch.cat([self._weights, torch.ones(len(others))])

    def run(self, steps: int, peak: float) -> None:
        """Take so many steps."""
        optimiser = torch.optim.Adam(self._model.parameters(), lr=peak)
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = peak * 0.5 * (1 + math.cos(math.pi * step / steps))
            optimiser.zero_grad()
            scores = self._model(self._graphs)
            loss = self._loss(scores if self._places is None else scores[self._places])
            (loss + self._decay * self._penalty()).backward()
            optimiser.step()

    def _loss(self, scores: torch.Tensor) -> torch.Tensor:
        if self.target.link == "softmax":
            each = torch.nn.functional.cross_entropy(scores, self._values, reduction="none")
        elif self.target.link == "sigmoid":
            each = torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], self._values, reduction="none")
        else:
            each = torch.nn.functional.huber_loss(scores[:, 0], self._values, reduction="none", delta=HUBER)
        return (each * self._weights).mean()

    def _penalty(self) -> torch.Tensor:
        return torch.stack([(part.weight**2).sum() for part in self._model.maps]).sum()


def _target(data: TrainingData) -> tuple[Target, NDArray[np.float32]]:
    if data.task == "regression":
        mean, scale = float(data.y.mean()), float(data.y.std()) or 1.0
        scale = float(np.exp2(np.round(np.log2(scale) * 4) / 4).astype(np.float32))
        return Target("identity", scale, mean), ((data.y - mean) / scale).astype(np.float32)
    if data.classes == 2:
        return Target("sigmoid"), data.y.astype(np.float32)
    return Target("softmax"), np.eye(data.classes, dtype=np.float32)[data.y.astype(np.int64)]
