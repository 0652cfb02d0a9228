"""Coefficients as program bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Affine, StepTables, Sum, Weights
from automicro.program.weights import round_to
from automicro_linear.design import ABSENT, STEP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node
    from automicro.program.encodings import Encoding
    from automicro_linear.design import Basis

__all__ = ["RawModel", "body"]


@dataclass(frozen=True, eq=False)
class RawModel:
    """Coefficients of the functions of a basis, in the unit of the program's scores.

    Parameters
    ----------
    basis : Basis
    slopes : array of float64, (outputs, columns of the basis)
    bias : array of float64, (outputs,)
    encoding, step_encoding, bias_encoding : Encoding, optional
        What `slopes` were rounded to where the basis is linear and where it is not, and what `bias` was.
    """

    basis: Basis
    slopes: NDArray[np.float64]
    bias: NDArray[np.float64]
    encoding: Encoding | None = None
    step_encoding: Encoding | None = None
    bias_encoding: Encoding | None = None


def body(model: RawModel, features: int) -> Node:
    """Return an affine map for what is linear, step tables for the rest, or the sum of the two."""
    linear = model.basis.linear
    steps = model.slopes[:, ~linear]
    if not steps.any():
        return _affine(model, features, model.bias)
    if not model.slopes[:, linear].any():
        return _tables(model, model.bias)
    return Sum((_affine(model, features, np.zeros_like(model.bias)), _tables(model, model.bias)))


def _block(values: NDArray[np.float64], encoding: Encoding | None) -> Weights:
    return Weights.of(values) if encoding is None else round_to(values, encoding)


def _affine(model: RawModel, features: int, bias: NDArray[np.float64]) -> Affine:
    linear = model.basis.linear
    slopes = np.zeros((len(bias), features))
    slopes[:, model.basis.feature[linear]] = model.slopes[:, linear]
    return Affine(_block(slopes, model.encoding), _block(bias, model.bias_encoding if bias.any() else None))


def _tables(model: RawModel, bias: NDArray[np.float64]) -> StepTables:
    """Return one table for every feature and output with steps; its first piece is 0."""
    basis = model.basis
    features: list[int] = []
    outputs: list[int] = []
    cuts: list[NDArray[np.float32]] = []
    values: list[NDArray[np.float64]] = []
    missing: list[float] = []
    for output in range(len(bias)):
        used = (model.slopes[output] != 0) & ~basis.linear
        for j in np.unique(basis.feature[used]).tolist():
            here = np.flatnonzero(used & (basis.feature == j) & (basis.kind == STEP))
            here = here[np.argsort(basis.cut[here])]
            gone = used & (basis.feature == j) & (basis.kind == ABSENT)
            features.append(j)
            outputs.append(output)
            cuts.append(basis.cut[here])
            values.append(np.concatenate([[0.0], np.cumsum(model.slopes[output, here])]))
            missing.append(float(model.slopes[output, gone].sum()))
    keeps = bool((basis.kind == ABSENT).any())
    return StepTables(
        tuple(features),
        tuple(outputs),
        tuple(len(v) for v in values),
        Weights.of(np.concatenate(cuts)),
        _block(np.concatenate(values), model.step_encoding),
        _block(bias, model.bias_encoding),
        _block(np.array(missing), model.step_encoding) if keeps else None,
    )
