"""Prototypes as program bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Lowered
from automicro.program import Activation, Affine, Chain, Distances, Nearest, Weights
from automicro.program.encodings import Float32
from automicro.program.weights import round_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Node
    from automicro_cluster.prototypes.maps import Rounding
    from automicro_cluster.prototypes.train import Stage, Trained

__all__ = ["lowered"]

LARGEST = float(np.finfo(np.float32).max)


def lowered(model: Trained, stage: Stage) -> Lowered:
    """Return a stage as a program body and link."""
    if model.classes == 0:
        return Lowered(_kernels(stage), "identity")
    if model.setting.kind == "nearest" and model.setting.prototypes == 1 and stage.rounding is None:
        return _affine(stage)
    owners = tuple(np.repeat(np.arange(model.classes), model.setting.prototypes).tolist())
    return Lowered(Chain((*_distances(stage), Nearest(owners))), "softmax")


def _block(values: NDArray[np.float64], rounding: Rounding | None) -> Weights:
    clipped = np.clip(values, -LARGEST, LARGEST)
    return Weights.of(clipped) if rounding is None else round_to(clipped, Float32())


def _distances(stage: Stage) -> tuple[Node, ...]:
    """Return distances to points, after a projection if there is one."""
    rows, own, rounding = stage.rows, stage.parameters, stage.rounding
    exact = own.points.astype(np.float64)
    if own.projects:
        weights = own.metric.astype(np.float64)
        projection = _spread(weights / rows.scale, stage)
        relevances = np.ones(len(weights))
        projected = Affine(_block(projection, rounding), Weights.of(np.zeros(len(weights))))
        points = _on_grid(exact + weights @ rows.centre, rounding, np.ones(len(weights)))
        return projected, Distances(_block(points, rounding), _block(relevances, rounding))
    steps = np.ones(len(own.metric)) if rounding is None else rounding.steps(own.metric) / rounding.step
    points = _on_grid(exact + rows.centre, rounding, steps) * rows.scale
    return (Distances(_block(_spread(points, stage), rounding), _block(_spread(_relevances(stage), stage), rounding)),)


def _relevances(stage: Stage) -> NDArray[np.float64]:
    own = np.exp(stage.parameters.metric.astype(np.float64))
    if stage.rounding is not None:
        own = 2.0 ** np.rint(np.log2(own))
    return np.asarray(own / stage.rows.scale**2, dtype=np.float64)


def _on_grid(points: NDArray[np.float64], rounding: Rounding | None, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points exactly on their grid, from which float32 arithmetic may have moved them a little."""
    if rounding is None:
        return points
    grid = steps * rounding.step
    return np.asarray(np.rint(points / grid) * grid, dtype=np.float64)


def _spread(values: NDArray[np.float64], stage: Stage) -> NDArray[np.float64]:
    """Return values of the columns that are used, 0 for the others."""
    result = np.zeros((*values.shape[:-1], stage.rows.features))
    result[..., stage.rows.used] = values
    return result


def _affine(stage: Stage) -> Lowered:
    """Return one prototype a class as what it is: a linear map, scores less what all classes have in common."""
    relevances = _relevances(stage)
    points = (stage.parameters.points.astype(np.float64) + stage.rows.centre) * stage.rows.scale
    weights, bias = 2 * relevances * points, -(points**2) @ relevances
    if len(points) == 2:
        weights, bias = weights[1:] - weights[:1], bias[1:] - bias[:1]
    else:
        weights, bias = weights - weights.mean(axis=0), bias - bias.mean()
    body = Affine(_block(_spread(weights, stage), None), _block(bias, None))
    return Lowered(body, "sigmoid" if len(points) == 2 else "softmax")


def _kernels(stage: Stage) -> Node:
    """Return an affine map of what fades with the distances to points."""
    head = stage.parameters.head.astype(np.float64)
    weights, constant = head[None, :-1] * stage.rows.unit, head[-1:] * stage.rows.unit + stage.rows.offset
    return Chain((*_distances(stage), Activation("decay"), Affine(_block(weights, None), _block(constant, None))))
