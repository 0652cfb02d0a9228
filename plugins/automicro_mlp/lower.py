"""A trained network as whole numbers, without torch: what `fit` returns, and what it is lowered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Lowered
from automicro.program import Activation, Affine, Chain, Scale, Weights
from automicro.program.encodings import Fixed, Float32, Minifloat, round_mantissa
from automicro.program.weights import round_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node
    from automicro_mlp.inputs import Scaling
    from automicro_mlp.targets import Target

__all__ = ["Stack", "Trained", "lowered"]

LAST_MANTISSA = 7  # bits of the step of a number that is predicted
MOST_BITS = 24  # of a whole number in float32


@dataclass(frozen=True, eq=False)
class Stack:
    """Layers: whole codes (outputs, inputs), biases in steps and factors (outputs,); `inputs` are the features that are read."""

    inputs: NDArray[np.int64]
    codes: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    factors: tuple[NDArray[np.float64], ...]

    def trimmed(self) -> Stack:
        """Return the stack without units that nothing reads and inputs that no unit reads."""
        inputs, codes, biases, factors = self.inputs, [*self.codes], [*self.biases], [*self.factors]
        for number in range(len(codes) - 1, 0, -1):
            read = codes[number].any(axis=0)
            codes[number] = codes[number][:, read]
            codes[number - 1], biases[number - 1] = codes[number - 1][read], biases[number - 1][read]
            factors[number - 1] = factors[number - 1][read]
        read = codes[0].any(axis=0)
        codes[0] = codes[0][:, read]
        return Stack(inputs[read], tuple(codes), tuple(biases), tuple(factors))


@dataclass(frozen=True, eq=False)
class Trained:
    """Networks of falling size from one training, and what is the same for all."""

    features: int
    scaling: Scaling
    target: Target
    grain: float
    least_bytes: int
    path: tuple[Stack, ...]
    reused: str = ""


def lowered(trained: Trained, stack: Stack) -> Lowered:
    """Return a network as a program body: a scale, then for each layer an affine map of whole numbers, relu and a scale."""
    if not all(codes.any() for codes in stack.codes):
        return Lowered(_constant(trained, stack), trained.target.link)
    stack, scaling = stack.trimmed(), trained.scaling
    inputs = np.zeros(trained.features)
    inputs[stack.inputs] = scaling.factors[stack.inputs]
    first = np.zeros((len(stack.codes[0]), trained.features))
    first[:, stack.inputs] = stack.codes[0]
    weights = [first, *stack.codes[1:]]
    biases = [stack.biases[0] - stack.codes[0] @ scaling.shifts[stack.inputs], *stack.biases[1:]]
    step, biases[-1] = _last(trained, stack.factors[-1], biases[-1])
    nodes: list[Node] = [Scale(round_to(inputs, Minifloat(8, 0, 127)))]
    for own, bias, factors in zip(weights[:-1], biases[:-1], stack.factors[:-1], strict=True):
        nodes += [Affine(_whole(own), _whole(bias)), Activation("relu"), Scale(_exact(factors))]
    nodes += [Affine(_whole(weights[-1]), _whole(biases[-1], trained.grain)), Scale(_exact(step))]
    return Lowered(Chain(tuple(nodes)), trained.target.link)


def _last(
    trained: Trained, factors: NDArray[np.float64], bias: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return factors and biases of the last layer in units of what is predicted."""
    if trained.target.link != "identity":
        return factors, bias
    step = round_mantissa(factors * trained.target.unit, LAST_MANTISSA)
    shifted = bias + trained.target.offset / step
    return step, np.rint(shifted / trained.grain) * trained.grain


def _constant(trained: Trained, stack: Stack) -> Affine:
    """Return what a network says that no input reaches the end of."""
    x = np.zeros(len(stack.inputs))
    for number, (codes, bias, factors) in enumerate(zip(stack.codes, stack.biases, stack.factors, strict=True)):
        z = codes @ x + bias
        x = factors * (z if number == len(stack.codes) - 1 else np.maximum(z, 0.0))
    scores = trained.target.offset + trained.target.unit * x
    return Affine(Weights.of(np.zeros((len(scores), trained.features))), Weights.of(scores))


def _whole(values: NDArray[np.float64], unit: float = 1.0) -> Weights:
    """Return multiples of a unit as they are, or float32 where they are too large."""
    codes = np.rint(values / unit)
    bits = int(codes.max() - codes.min()).bit_length()
    if bits > MOST_BITS or np.abs(codes).max() >= 2**MOST_BITS:
        return round_to(values, Float32())
    return round_to(values, Fixed(bits, unit, int(codes.min())))


def _exact(factors: NDArray[np.float64]) -> Weights:
    return round_to(factors, Float32())
