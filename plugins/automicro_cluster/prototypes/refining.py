"""Gradient descent on prototypes, the metric and what follows, with or without the rounding that ships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro_cluster.prototypes.maps import Parameters, seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_cluster.prototypes.maps import Rounding
    from automicro_cluster.prototypes.rows import Rows

    Floats = NDArray[np.float32]

__all__ = ["Schedule", "class_scores", "kernel_values", "quality", "refine", "with_fitted_kernels"]

DECAY, SQUARES = 0.9, 0.99
RATES = (0.02, 0.05, 0.05)  # of relevances, points and kernels
PROJECTION_RATE = 0.01
AT_ONCE = 5000  # rows evaluated at a time


@dataclass(frozen=True, eq=False)
class Schedule:
    """How to train.

    Parameters
    ----------
    steps, batch : int
        Steps of Adam (Kingma and Ba, ICLR 2015), its rate falling along a cosine, and rows a step.
    noise : float
        Standard deviation of the noise that rows get, in the unit of training: prototypes keep away from what it may turn over.
    shrink : float
        Penalty of the sum of relevances, or of squared weights of the projection.
    fixed : tuple of bool
        Whether the metric stays, and whether points do.
    kept : array of bool, optional
        The weights of the projection that may differ from 0.
    """

    steps: int
    batch: int
    noise: float
    shrink: float = 0.0
    fixed: tuple[bool, bool] = (False, False)
    kept: NDArray[np.bool_] | None = None


def refine(
    rows: Rows, start: Parameters, schedule: Schedule, seed: int, rounding: Rounding | None = None
) -> Parameters:
    """Return parameters after training: cross-entropy of classes, or squared error where the target is one number."""
    rng = np.random.default_rng(seed)
    own = start.copy()
    moments = [(np.zeros_like(a), np.zeros_like(a)) for a in own.arrays]
    rates = (PROJECTION_RATE if own.projects else RATES[0], *RATES[1:])
    order = np.empty(0, dtype=np.int64)
    for step in range(1, schedule.steps + 1):
        if len(order) < schedule.batch:
            order = np.concatenate([order, rng.permutation(len(rows.Z))])
        index, order = order[: schedule.batch], order[schedule.batch :]
        used = own if rounding is None else rounding.of(own)
        Z = rows.Z[index]
        if schedule.noise:
            Z = Z + np.float32(schedule.noise) * rng.standard_normal(Z.shape, dtype=np.float32)
        gradients = _gradients(used, Z, rows.target[index], rows.weights[index], schedule)
        pace = 0.5 * (1 + np.cos(np.pi * step / (schedule.steps + 1)))
        for array, gradient, moment, rate, fixed in zip(
            own.arrays, gradients, moments, rates, (*schedule.fixed, False), strict=True
        ):
            if not fixed:
                _adam(array, gradient, moment, rate * pace, step)
        if schedule.kept is not None:
            own.metric *= schedule.kept
    return own


def _adam(array: Floats, gradient: Floats, moment: tuple[Floats, Floats], rate: float, step: int) -> None:
    first, second = moment
    first += (1 - DECAY) * (gradient - first)
    second += (1 - SQUARES) * (gradient * gradient - second)
    array -= rate * (first / (1 - DECAY**step)) / (np.sqrt(second / (1 - SQUARES**step)) + 1e-8)


def _distances(x: Floats, points: Floats) -> Floats:
    squares = (x * x).sum(axis=1)[:, None] + (points * points).sum(axis=1)
    result: Floats = np.maximum(squares - 2 * (x @ points.T), 0)
    return result


def class_scores(given: Parameters, Z: Floats, classes: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the score of each class, (rows, classes), and the prototype that it belongs to."""
    x, points = seen(given, Z)
    values = (-_distances(x, points)).reshape(len(Z), classes, -1)
    nearest = values.argmax(axis=2)
    return np.take_along_axis(values, nearest[:, :, None], axis=2)[:, :, 0], nearest


def kernel_values(given: Parameters, Z: Floats) -> Floats:
    """Return the predicted number of each row, (rows,)."""
    x, points = seen(given, Z)
    values: Floats = np.exp(-_distances(x, points)) @ given.head[:-1] + given.head[-1]
    return values


def quality(given: Parameters, rows: Rows) -> float:
    """Return the share of rows (as they weigh) whose likeliest class comes out, or the explained variance of numbers."""
    parts = [rows.Z[start : start + AT_ONCE] for start in range(0, len(rows.Z), AT_ONCE)]
    if rows.are_numbers:
        error = (np.concatenate([kernel_values(given, part) for part in parts]) - rows.target[:, 0]) ** 2
        return 1.0 - float((error * rows.weights).mean())
    classes = rows.target.shape[1]
    likeliest = np.concatenate([class_scores(given, part, classes)[0].argmax(axis=1) for part in parts])
    return float(((likeliest == rows.codes) * rows.weights).mean())


def with_fitted_kernels(given: Parameters, rows: Rows) -> Parameters:
    """Return parameters whose kernels' weights are those of least squares, a little towards 0."""
    x, points = seen(given, rows.Z)
    design = np.exp(-_distances(x, points)).astype(np.float64)
    design = np.column_stack([design, np.ones(len(design))])
    gram = design.T @ (design * rows.weights[:, None]) / len(design)
    moments = design.T @ (rows.target[:, 0] * rows.weights) / len(design)
    head = np.linalg.solve(gram + 1e-3 * np.diag(np.append(np.ones(len(gram) - 1), 0.0)), moments)
    return Parameters(given.metric, given.points, head.astype(np.float32))


def _gradients(
    given: Parameters, Z: Floats, target: Floats, weights: Floats, schedule: Schedule
) -> tuple[Floats, Floats, Floats]:
    x, points = seen(given, Z)
    pull, head = (_class_pull if target.shape[1] > 1 else _kernel_pull)(given, Z, target, weights / np.float32(len(Z)))
    sums = pull.sum(axis=0)
    of_points = -2 * (pull.T @ x - sums[:, None] * points)
    of_rows = 2 * (pull.sum(axis=1)[:, None] * x - pull @ points)
    if given.projects:
        metric = of_rows.T @ Z + 2 * schedule.shrink * given.metric
        return metric, of_points, head
    metric = 0.5 * ((of_rows * x).sum(axis=0) + (of_points * points).sum(axis=0))
    return metric + schedule.shrink * np.exp(given.metric), of_points * np.exp(given.metric / 2), head


def _class_pull(given: Parameters, Z: Floats, target: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return derivatives of the cross-entropy by each distance, (rows, points); there is no head."""
    scores, nearest = class_scores(given, Z, target.shape[1])
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    error = (shares - target) * weights[:, None]
    pull = np.zeros((len(Z), target.shape[1], len(given.points) // target.shape[1]), dtype=np.float32)
    np.put_along_axis(pull, nearest[:, :, None], -error[:, :, None], axis=2)
    return pull.reshape(len(Z), -1), given.head


def _kernel_pull(given: Parameters, Z: Floats, target: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return derivatives of half the squared error by each distance, and by the weights of kernels."""
    x, points = seen(given, Z)
    kernels = np.exp(-_distances(x, points))
    error = (kernels @ given.head[:-1] + given.head[-1] - target[:, 0]) * weights
    head = np.append(error @ kernels, error.sum()).astype(np.float32)
    return -(error[:, None] * given.head[:-1]) * kernels, head
