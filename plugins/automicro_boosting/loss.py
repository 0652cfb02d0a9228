"""What leaf values are fitted to: losses with their first and second derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_softmax, softmax

from automicro.plugin import class_shares, sample_weights, target_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.program.nodes import Link

    Array = NDArray[np.float64]

__all__ = ["Loss", "make_loss", "row_weights"]

_LARGEST_EXPONENT = 80.0
_FLATTEST = 1e-6  # least curvature of a row, so that sure rows keep a step finite


@dataclass(frozen=True, eq=False)
class Loss:
    """A weighted sum over rows of a loss of the scores, in units in which a regression target is of size 1.

    Parameters
    ----------
    link : {"identity", "exp", "sigmoid", "softmax"}
        Decides the loss: squared error of the prediction for the first two, log loss for the others.
    target : array, (rows, outputs)
        Targets (standardised, or divided by their mean where the link is exponential), or probabilities of the classes.
    weights : array, (rows, 1)
        Weights with sum 1; in regression divided by the target's variance, so that a constant's loss is about 0.5.
    factor, shift : float
        ``factor * scores + shift`` are the scores for the target in its own units.
    """

    link: Link
    target: Array
    weights: Array
    factor: float = 1.0
    shift: float = 0.0

    def value(self, scores: Array) -> float:
        """Return the weighted loss."""
        if self.link == "sigmoid":
            each = np.logaddexp(0.0, scores) - self.target * scores
        elif self.link == "softmax":
            each = -self.target * log_softmax(scores, axis=1)
        else:
            each = 0.5 * (self._mean(scores) - self.target) ** 2
        return float(np.sum(self.weights * each))

    def derivatives(self, scores: Array) -> tuple[Array, Array]:
        """Return gradient and (Gauss-Newton) curvature for every row and output, weights included."""
        if self.link in {"sigmoid", "softmax"}:
            p = self._mean(scores)
            return self.weights * (p - self.target), self.weights * np.maximum(p * (1 - p), _FLATTEST)
        mean = self._mean(scores)
        slope = mean if self.link == "exp" else np.ones_like(mean)
        return self.weights * (mean - self.target) * slope, self.weights * slope**2

    def bias(self) -> Array:
        """Return the best scores without any tree, (outputs,)."""
        mean: Array = np.sum(self.weights * self.target, axis=0) / np.sum(self.weights)
        if self.link == "identity":
            return mean
        if self.link == "exp":
            return np.log(np.maximum(mean, np.finfo(np.float32).tiny))
        edge = 0.5 / (len(self.target) + 1)
        share = np.clip(mean, edge, 1 - edge)
        return np.log(share / (1 - share)) if self.link == "sigmoid" else np.log(share)

    def _mean(self, scores: Array) -> Array:
        """Return the prediction."""
        if self.link == "sigmoid":
            return np.asarray(expit(scores))
        if self.link == "softmax":
            return np.asarray(softmax(scores, axis=1))
        return np.exp(np.minimum(scores, _LARGEST_EXPONENT)) if self.link == "exp" else scores


def make_loss(data: TrainingData, link: Link) -> Loss:
    """Return the loss of these rows: a teacher's predictions take the target's place where there are some."""
    weights = row_weights(data)
    weights = (weights / weights.sum())[:, None]
    target = _target(data)
    if data.task == "classification":
        return Loss(link, target, weights)
    mean = float(np.sum(weights * target))
    variance = float(np.sum(weights * (target - mean) ** 2))
    if link == "exp":
        factor = mean or 1.0
        return Loss(link, target / factor, weights * factor**2 / (variance or 1.0), 1.0, float(np.log(factor)))
    spread = float(np.sqrt(variance)) or 1.0
    return Loss(link, (target - mean) / spread, weights, spread, mean)


def row_weights(data: TrainingData) -> Array:
    """Return sample weights, times the classes' where the metric counts classes alike."""
    weights = sample_weights(data, alike=False)
    if data.task == "classification" and data.metric.startswith("balanced"):
        codes = data.y.astype(np.int64)
        mass = np.bincount(codes, weights, minlength=data.classes)
        weights = weights / np.maximum(mass, np.finfo(np.float64).tiny)[codes]
        weights *= len(weights) / weights.sum()
    return weights


def _target(data: TrainingData) -> Array:
    if data.task == "regression":
        return target_values(data)[:, None]
    shares = class_shares(data)
    return shares[:, -1:] if data.outputs == 1 else shares
