"""Nodes of a graph without a label, learnt from by what a fit on all terms says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.dense import dense
from automicro_linear.design import basis_of, standardise
from automicro_linear.losses import Logistic, Softmax
from automicro_linear.newton import Problem
from automicro_linear.targets import row_weights, target_of

if TYPE_CHECKING:
    from automicro.plugin import TrainingData

__all__ = ["with_unlabelled"]

RIDGE = 0.05


def with_unlabelled(data: TrainingData) -> TrainingData:
    """Return the data with the nodes that have no label, and as their soft targets what the ridge fit on all terms says.

    A small model then learns from all nodes (self-training with soft targets; Hinton, Vinyals, Dean 2015).
    """
    if data.unlabelled is None or not len(data.unlabelled):
        return data
    loss = target_of(data, "identity").loss
    if not isinstance(loss, Logistic | Softmax):
        return data
    basis = basis_of(data.X, data.features, 0, slopes=True)
    design = standardise(data.X, row_weights(data), basis)
    problem = Problem(design, loss, RIDGE)
    fit = dense(problem, np.flatnonzero(np.tile(design.usable, problem.outputs)))
    Z = (basis.matrix(data.unlabelled) - design.centre) / design.scale
    scores = Z @ fit.coefficients(len(basis)).T + fit.bias
    said = loss.means(scores)
    if data.outputs == 1:
        said = np.hstack([1 - said, said])
    known = data.soft_targets if data.soft_targets is not None else np.eye(data.classes)[data.y.astype(np.int64)]
    count = len(data.unlabelled)
    return replace(
        data,
        X=np.vstack([data.X, data.unlabelled]),
        y=np.concatenate([data.y, said.argmax(axis=1)]),
        weights=None if data.weights is None else np.concatenate([data.weights, np.full(count, data.weights.mean())]),
        groups=None,
        soft_targets=np.vstack([known, said]),
        unlabelled=None,
    )
