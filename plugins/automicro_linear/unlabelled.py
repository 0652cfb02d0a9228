"""Nodes of a graph, learnt from by what a fit on all terms says of them, whether they have a label or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from automicro.plugin import class_shares, row_weights
from automicro_linear.design import basis_of, softened, standardise
from automicro_linear.solve.dense import dense, split
from automicro_linear.solve.losses import Logistic, Softmax
from automicro_linear.solve.newton import Problem
from automicro_linear.targets import target_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro_linear.solve.losses import Loss
    from automicro_linear.solve.newton import Fit

__all__ = ["with_unlabelled"]

RIDGES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
SUREST = 3.0  # the most by which scores are multiplied
LABEL = 0.5  # share of a known label in its node's soft target


def with_unlabelled(data: TrainingData) -> TrainingData:
    """Return all nodes of a graph, with soft targets: what the ridge fit on all terms says, and half of that the label where it is known.

    A small model then learns from all nodes, and from how sure the wide fit is (self-training and distillation; Hinton, Vinyals, Dean
    2015). The ridge that suits all terms makes the fit less sure than it may be, so its scores are multiplied by what makes the known
    labels likeliest (temperature scaling; Guo et al., ICML 2017). Data that are not nodes, and numbers, are returned as they are.
    """
    if data.unlabelled is None:
        return data
    loss = target_of(data, "identity").loss
    if not isinstance(loss, Logistic | Softmax):
        return data
    basis = basis_of(data.X, data.features, 0, slopes=True)
    design = softened(standardise(data.X, row_weights(data), basis))
    fit = _wide(Problem(design, loss, RIDGES[0]))
    Z = np.vstack([design.Z, (basis.matrix(data.unlabelled) - design.centre) / design.scale])
    scores = Z @ fit.coefficients(len(basis)).T + fit.bias
    factor, _ = _sharpened(scores[: len(data.y)], loss, design.weights)
    said = loss.means(factor * scores)
    if data.outputs == 1:
        said = np.hstack([1 - said, said])
    known, count = len(data.y), len(data.unlabelled)
    labels = class_shares(data)
    targets = np.vstack([LABEL * labels + (1 - LABEL) * said[:known], said[known:]])
    return replace(
        data,
        X=np.vstack([data.X, data.unlabelled]),
        y=np.concatenate([data.y, said[known:].argmax(axis=1)]),
        weights=None if data.weights is None else np.concatenate([data.weights, np.full(count, data.weights.mean())]),
        groups=None,
        soft_targets=targets,
        unlabelled=None,
    )


def _wide(problem: Problem) -> Fit:
    """Return the fit on all terms with the first of `RIDGES` whose next does not predict a quarter of the rows better, both as sure."""
    terms = np.flatnonzero(np.tile(problem.design.usable, problem.outputs))
    fitted_on, held_out = split(problem, terms)
    best, chosen = np.inf, RIDGES[0]
    for ridge in RIDGES:
        fit = dense(replace(fitted_on, ridge=ridge), terms)
        scores = held_out.design.Z @ fit.coefficients(held_out.design.Z.shape[1]).T + fit.bias
        _, loss = _sharpened(scores, held_out.loss, held_out.design.weights)
        if not loss < best:
            break
        best, chosen = loss, ridge
    return dense(replace(problem, ridge=chosen), terms)


def _sharpened(scores: NDArray[np.float64], loss: Loss, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return what scores must be multiplied by to make the targets likeliest, 1 to `SUREST`, and the loss that they then have."""

    def total(power: float) -> float:
        return float(weights @ loss.values(np.exp(power) * scores))

    found = optimize.minimize_scalar(total, bounds=(0.0, np.log(SUREST)), method="bounded")
    return float(np.exp(found.x)), float(found.fun)
