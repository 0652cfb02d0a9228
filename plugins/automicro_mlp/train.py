"""From prepared rows to networks of falling size: float, then rounded, then at rising prices of a bit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from automicro.plugin import Declined
from automicro_mlp.inputs import scaling_of
from automicro_mlp.loop import Phase, Rows, optimise
from automicro_mlp.lower import Stack, Trained
from automicro_mlp.network import Network
from automicro_mlp.pruning import prune_inputs, prune_units
from automicro_mlp.size import POINTS, least_bytes
from automicro_mlp.start import begin
from automicro_mlp.targets import target_of
from automicro_mlp.teachers import taught

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro_mlp.setting import Setting

__all__ = ["train"]

RISE = 2.5  # of the price of a bit from one point to the next
PEAK = 0.15  # learning rate, divided by the root of the widest layer's units
FLOAT_SHARE = 0.3
AGAIN = 0.25  # of the first training's steps for every further point


def train(data: TrainingData, setting: Setting) -> Trained:
    """Return a path of networks.

    Raises
    ------
    Declined
        If no feature varies.
    """
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(data.seed)
    scaling, target = scaling_of(data), target_of(data)
    usable = np.flatnonzero(scaling.factors)
    if not len(usable):
        raise Declined("a network needs a column that varies")
    X = torch.from_numpy(scaling.apply(data.X))
    rows = Rows(X, torch.from_numpy(target.values), torch.from_numpy(target.weights), target)
    if setting.teacher != "none" and data.soft_targets is None:
        rows = taught(rows, random)
    grain = 0.5 if target.link == "softmax" else 0.125
    widths = (len(usable), *setting.widths, target.values.shape[1])
    network = Network.drawn(widths, setting.grids(widths[0], widths[-1]), grain, random)
    network.inputs = torch.from_numpy(usable)
    started = begin(network, data, scaling)
    _select(network, rows, data, setting, random)
    path = tuple(_path(network, rows, setting, random))
    return Trained(data.X.shape[1], scaling, target, grain, least_bytes(setting, widths[-1]), path, started)


def _select(network: Network, rows: Rows, data: TrainingData, setting: Setting, random: torch.Generator) -> None:
    """Train in float, and drop inputs in between until as many are left as may be read."""
    steps = round(setting.steps * FLOAT_SHARE)
    limits, peak = _limits(network, data, setting), _peak(setting)
    parts = [round(steps / (len(limits) + 1))] * (len(limits) + 1)
    for number, part in enumerate(parts):
        optimise(network, rows, Phase(part, peak, peak, is_warmed=number == 0, noise=setting.noise), random)
        if number < len(limits):
            owners, count = limits[number]
            prune_inputs(network, rows, owners, count, random)


def _limits(network: Network, data: TrainingData, setting: Setting) -> list[tuple[NDArray[np.int64], int]]:
    """Return whose features are, and of how many owners they may be, in falling numbers."""
    features = np.arange(data.X.shape[1])
    columns = np.array([feature.column for feature in data.features], dtype=np.int64)
    present = len(network.inputs)
    limits = []
    wanted = setting.inputs
    if wanted is not None and wanted < present:
        limits += [(features, round(math.sqrt(wanted * present))), (features, wanted)]
    if data.max_columns is not None and data.max_columns < (there := len(np.unique(columns[network.inputs.numpy()]))):
        limits += [(columns, round(math.sqrt(data.max_columns * there))), (columns, data.max_columns)]
    return limits


def _path(network: Network, rows: Rows, setting: Setting, random: torch.Generator) -> list[Stack]:
    peak = _peak(setting)
    network.round(by_channel=setting.scales == "channel")
    price = setting.rate * math.log(2) / len(rows.X)
    first = Phase(round(setting.steps * (1 - FLOAT_SHARE)), peak, is_warmed=False, price=price, noise=setting.noise)
    optimise(network, rows, first, random)
    stacks = [_stack(network)]
    for _ in range(POINTS - 1):
        price *= RISE
        prune_units(network, rows, random)
        optimise(network, rows, Phase(round(AGAIN * setting.steps), peak / 2, price=price, noise=setting.noise), random)
        stacks.append(_stack(network))
    return stacks


def _peak(setting: Setting) -> float:
    return PEAK / math.sqrt(max(setting.widths))


def _stack(network: Network) -> Stack:
    """Return the rounded network as whole numbers."""
    codes, biases, factors = [], [], []
    for layer in network.layers:
        codes.append(layer.codes.detach().round().numpy().astype(np.float64) + 0.0)
        biases.append((layer.bias.detach() / layer.grain).round().numpy().astype(np.float64) * layer.grain + 0.0)
        own = layer.factors().detach().numpy().astype(np.float64)
        factors.append(np.broadcast_to(own, len(layer.bias)).copy())
    return Stack(network.inputs.numpy().astype(np.int64), tuple(codes), tuple(biases), tuple(factors))
