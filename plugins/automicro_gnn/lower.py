"""Trained networks as program bodies: whole numbers, a factor for each unit, and messages between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Activation, Affine, Chain, Lowered, Pool, Scale, Sum, Weights
from automicro.program.encodings import Fixed, Float32
from automicro_gnn.setting import POOLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node, Propagate
    from automicro.program.nodes import Link
    from automicro_gnn.setting import Setting

__all__ = ["Map", "Network", "Target", "lowered"]

GRAIN = 0.25  # of which biases are multiples, in steps of their unit's weights


@dataclass(frozen=True, eq=False)
class Map:
    """factors * (codes @ inputs + bias): `codes` (units, inputs) are whole numbers, `bias` (units,) multiples of `GRAIN`."""

    codes: NDArray[np.float64]
    bias: NDArray[np.float64]
    factors: NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """How scores become predictions: the link, and for regression the scale and the mean of the target."""

    link: Link
    scale: float = 1.0
    mean: float = 0.0


@dataclass(frozen=True, eq=False)
class Network:
    """A network on one grid; `inputs` (features,) are powers of two that features are multiplied by."""

    setting: Setting
    attributes: int
    pooled: bool
    inputs: NDArray[np.float64]
    maps: tuple[Map, ...]
    target: Target


def lowered(network: Network) -> Lowered:
    """Return a network as a body over its features."""
    setting, maps = network.setting, list(network.maps)
    messages = setting.messages(network.attributes)
    factor = float(network.inputs[0])
    steps: list[Node] = []
    if (network.inputs == factor).all():
        maps[0] = Map(maps[0].codes, maps[0].bias / factor, maps[0].factors * factor)
    else:
        steps.append(Scale(_exact(network.inputs)))
    for _ in range(setting.layers):
        steps += [*_layer(maps.pop(0), messages), Activation("relu")]
        if setting.kind == "gin":
            steps += [*_layer(maps.pop(0), (None,)), Activation("relu")]
    last, target = maps.pop(), network.target
    if network.pooled:
        kinds, width = POOLS[setting.pool], last.codes.shape[1] // len(POOLS[setting.pool])
        items = [(kind, unit) for kind in kinds for unit in range(width)]
        steps.append(Pool(tuple(kind for kind, _ in items), tuple(unit for _, unit in items)))
        messages = (None,)
    factors = last.factors * target.scale
    bias = last.bias + np.rint(target.mean / factors / GRAIN) * GRAIN
    steps += _layer(Map(last.codes, bias, factors), messages)
    return Lowered(Chain(tuple(steps)), target.link)


def _layer(made: Map, messages: tuple[Propagate | None, ...]) -> list[Node]:
    """Return the nodes of one map over messages; the first part holds the bias."""
    parts: list[Node] = []
    for at, (message, codes) in enumerate(zip(messages, np.split(made.codes, len(messages), axis=1), strict=True)):
        most = max(int(np.abs(codes).max(initial=0)), 1)
        encoding = Fixed((2 * most).bit_length(), 1.0, -most)
        bias = made.bias if at == 0 else np.zeros_like(made.bias)
        affine = Affine(Weights(codes.astype(np.float32), encoding), _exact(bias))
        parts.append(affine if message is None else Chain((message, affine)))
    whole = parts[0] if len(parts) == 1 else Sum(tuple(parts))
    return [whole, Scale(_exact(made.factors))]


def _exact(values: NDArray[np.float64]) -> Weights:
    """Return numbers that the family has rounded, which stay as they are."""
    return Weights(values.astype(np.float32), Float32())
