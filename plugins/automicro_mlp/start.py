"""Weights of an earlier network, or of a pretrained encoder, as the point where training begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from automicro.plugin import Declined, Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import Start, TrainingData
    from automicro_mlp.inputs import Scaling
    from automicro_mlp.network import Network

__all__ = ["begin"]

NORM = 2.0**0.5  # of the weights of a unit, as He et al. (2015) draw them


def begin(network: Network, data: TrainingData, scaling: Scaling) -> str:
    """Put earlier weights in place of the drawn ones where there are such; return in words which.

    Hidden layers are taken over as far as both have units and inputs; the last layer if its scores mean the same classes and the layers
    before it were taken over.

    Raises
    ------
    Declined
        If a pretrained encoder does not fit the features.
    """
    if data.start is None:
        return ""
    layers = _encoder(data.start, data.X.shape[1]) or list(data.start.layers)
    hidden = [layer for layer in layers if layer.activation == "relu"][: len(network.layers) - 1]
    if not hidden or layers[: len(hidden)] != hidden:
        return ""
    usable = network.inputs.numpy()
    weights = hidden[0].weights[:, usable] / scaling.factors[usable]
    made = [(weights, hidden[0].bias + weights @ scaling.shifts[usable])]
    made += [(layer.weights.copy(), layer.bias) for layer in hidden[1:]]
    last = layers[len(hidden)] if len(layers) > len(hidden) else None
    if last is not None and last.activation is None and data.start.same_outputs and data.task == "classification":
        made += [(last.weights.copy(), last.bias)] if len(hidden) == len(network.layers) - 1 else []
    return _put(network, _balanced(made, len(hidden)))


def _encoder(start: Start, features: int) -> list[Layer]:
    """Return the layers ``weights_0``, ``bias_0``, ``weights_1``, ... of a pretrained encoder."""
    layers: list[Layer] = []
    while (name := f"weights_{len(layers)}") in start.arrays:
        weights = start.arrays[name]
        inputs = len(layers[-1].bias) if layers else features
        if weights.ndim != 2 or weights.shape[1] != inputs:
            raise Declined(f"the encoder's {name} must have shape (units, {inputs}), but has {weights.shape}")
        bias = start.arrays.get(f"bias_{len(layers)}", np.zeros(len(weights)))
        if bias.shape != (len(weights),):
            raise Declined(f"the encoder's bias_{len(layers)} must have shape ({len(weights)},), but has {bias.shape}")
        layers.append(Layer(weights, bias, "relu"))
    if start.arrays and not layers:
        raise Declined(f"an encoder of the family mlp must hold weights_0, but holds {', '.join(sorted(start.arrays))}")
    return layers


def _balanced(
    made: list[tuple[NDArray[np.float64], NDArray[np.float64]]], hidden: int
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return layers that compute the same, the weights of each hidden unit of the length that drawn ones have."""
    balanced = []
    factors: NDArray[np.float64] = np.ones(made[0][0].shape[1])
    for number, (weights, bias) in enumerate(made):
        scaled = weights * factors
        length = np.sqrt((scaled**2).sum(axis=1)) if number < hidden else np.zeros(len(scaled))
        own = np.divide(NORM, length, out=np.ones(len(scaled)), where=length > 0)
        balanced.append((scaled * own[:, None], bias * own))
        factors = 1.0 / own
    return balanced


def _put(network: Network, made: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> str:
    """Write layers over the drawn ones; of units that the earlier network did not have the drawn weights stay."""
    layers = []
    for number, (layer, (weights, bias)) in enumerate(zip(network.layers, made, strict=False)):
        units, inputs = (min(a, b) for a, b in zip(layer.codes.shape, weights.shape, strict=True))
        with torch.no_grad():
            layer.codes[:units, :inputs] = torch.from_numpy(weights[:units, :inputs]).float()
            layer.bias[:units] = torch.from_numpy(bias[:units]).float()
        layers.append(f"layer {number + 1} {units} x {inputs}")
    return ", ".join(layers)
