"""Nodes of a graph, learnt from by what a fit on all terms says of them, whether they have a label or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.dense import dense
from automicro_linear.design import basis_of, softened, standardise
from automicro_linear.losses import Logistic, Softmax
from automicro_linear.newton import Problem
from automicro_linear.targets import row_weights, target_of

if TYPE_CHECKING:
    from automicro.plugin import TrainingData

__all__ = ["with_unlabelled"]

RIDGE = 0.03
LABEL = 0.5  # share of a known label in its node's soft target


def with_unlabelled(data: TrainingData) -> TrainingData:
    """Return all nodes of a graph, with soft targets: what the ridge fit on all terms says, and half of that the label where it is known.

    A small model then learns from all nodes, and from how sure the wide fit is (self-training and distillation; Hinton, Vinyals, Dean
    2015). Data that are not nodes, and numbers, are returned as they are.
    """
    if data.unlabelled is None:
        return data
    loss = target_of(data, "identity").loss
    if not isinstance(loss, Logistic | Softmax):
        return data
    basis = basis_of(data.X, data.features, 0, slopes=True)
    design = softened(standardise(data.X, row_weights(data), basis))
    problem = Problem(design, loss, RIDGE)
    fit = dense(problem, np.flatnonzero(np.tile(design.usable, problem.outputs)))
    Z = np.vstack([design.Z, (basis.matrix(data.unlabelled) - design.centre) / design.scale])
    said = loss.means(Z @ fit.coefficients(len(basis)).T + fit.bias)
    if data.outputs == 1:
        said = np.hstack([1 - said, said])
    known, count = len(data.y), len(data.unlabelled)
    labels = data.soft_targets if data.soft_targets is not None else np.eye(data.classes)[data.y.astype(np.int64)]
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
