"""Losses of scores: what they cost, the means they represent, and how they bend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Link

    Floats = NDArray[np.float64]

__all__ = ["Absolute", "Logistic", "Loss", "Poisson", "Softmax", "Squared", "SquaredLog"]

LEAST = 1e-6  # smallest curvature and smallest share of a class


@dataclass(frozen=True, eq=False)
class Loss(ABC):
    """A loss of the scores (rows, outputs) against a target (rows, outputs)."""

    target: Floats
    link: ClassVar[Link] = "identity"

    @abstractmethod
    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row."""

    @abstractmethod
    def start(self, weights: Floats) -> Floats:
        """Return the bias of a good constant model, (outputs,)."""

    @abstractmethod
    def slopes(self, scores: Floats) -> Floats:
        """Return the first derivatives, (rows, outputs)."""

    @abstractmethod
    def curvature(self, scores: Floats) -> Floats:
        """Return the second derivatives along each output (or more: a bound), (rows, outputs)."""

    def rows(self, index: NDArray[np.int64]) -> Loss:
        """Return the loss of some rows."""
        return type(self)(self.target[index])


class Squared(Loss):
    """Half the squared error."""

    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row."""
        losses: Floats = 0.5 * ((scores - self.target) ** 2).sum(axis=1)
        return losses

    def start(self, weights: Floats) -> Floats:
        """Return the mean."""
        return _mean(self.target, weights)

    def slopes(self, scores: Floats) -> Floats:
        """Return the residuals."""
        return scores - self.target

    def curvature(self, scores: Floats) -> Floats:
        """Return ones."""
        return np.ones_like(scores)


class SquaredLog(Squared):
    """Half the squared error of the target's logarithm, which the target is."""

    link: ClassVar[Link] = "exp"


class Absolute(Loss):
    """The absolute error, rounded off within `WIDTH` of 0: sqrt(error**2 + WIDTH**2).

    Its curvature is that of the parabola that touches it on both sides and lies above it, so no Newton step overshoots.
    """

    WIDTH = 0.05

    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row."""
        losses: Floats = np.hypot(scores - self.target, self.WIDTH).sum(axis=1)
        return losses

    def start(self, weights: Floats) -> Floats:
        """Return the median."""
        order = np.argsort(self.target[:, 0])
        middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
        median: Floats = self.target[order[min(int(middle), len(order) - 1)]]
        return median

    def slopes(self, scores: Floats) -> Floats:
        """Return the smoothed signs of the residuals."""
        error = scores - self.target
        return error / np.hypot(error, self.WIDTH)

    def curvature(self, scores: Floats) -> Floats:
        """Return the bound."""
        return 1.0 / np.hypot(scores - self.target, self.WIDTH)


class Poisson(Loss):
    """Poisson deviance of exp(score), for targets that are not negative and have mean 1."""

    link: ClassVar[Link] = "exp"

    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row, up to a constant."""
        losses: Floats = (_exp(scores) - self.target * scores).sum(axis=1)
        return losses

    def start(self, weights: Floats) -> Floats:
        """Return the logarithm of the mean."""
        logs: Floats = np.log(np.maximum(_mean(self.target, weights), LEAST))
        return logs

    def slopes(self, scores: Floats) -> Floats:
        """Return the residuals."""
        return _exp(scores) - self.target

    def curvature(self, scores: Floats) -> Floats:
        """Return the means."""
        return np.maximum(_exp(scores), LEAST)


class Logistic(Loss):
    """Log-loss of two classes; the target is the probability of the second."""

    link: ClassVar[Link] = "sigmoid"

    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row."""
        losses: Floats = (np.logaddexp(0.0, scores) - self.target * scores).sum(axis=1)
        return losses

    def start(self, weights: Floats) -> Floats:
        """Return the log-odds of the share."""
        share = np.clip(_mean(self.target, weights), LEAST, 1 - LEAST)
        odds: Floats = np.log(share / (1 - share))
        return odds

    def slopes(self, scores: Floats) -> Floats:
        """Return the residuals."""
        return _sigmoid(scores) - self.target

    def curvature(self, scores: Floats) -> Floats:
        """Return p (1 - p)."""
        p = _sigmoid(scores)
        return np.maximum(p * (1 - p), LEAST)

    @staticmethod
    def means(scores: Floats) -> Floats:
        """Return the probability of the second class, (rows, 1)."""
        return _sigmoid(scores)


class Softmax(Loss):
    """Log-loss of several classes; the target is one-hot, or a teacher's probabilities."""

    link: ClassVar[Link] = "softmax"

    def values(self, scores: Floats) -> Floats:
        """Return the loss of every row."""
        top = _largest(scores)
        losses: Floats = top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - (self.target * scores).sum(axis=1)
        return losses

    def start(self, weights: Floats) -> Floats:
        """Return the centred log-shares of the classes."""
        logs = np.log(np.clip(_mean(self.target, weights), LEAST, 1.0))
        centred: Floats = logs - logs.mean()
        return centred

    def slopes(self, scores: Floats) -> Floats:
        """Return the residuals."""
        return self.means(scores) - self.target

    def curvature(self, scores: Floats) -> Floats:
        """Return p (1 - p)."""
        p = self.means(scores)
        return np.maximum(p * (1 - p), LEAST)

    @staticmethod
    def means(scores: Floats) -> Floats:
        """Return the probability of every class, (rows, classes)."""
        powers = np.exp(scores - _largest(scores)[:, None])
        shares: Floats = powers / (powers @ np.ones((scores.shape[1], 1)))
        return shares


def _mean(target: Floats, weights: Floats) -> Floats:
    mean: Floats = weights @ target / weights.sum()
    return mean


def _largest(scores: Floats) -> Floats:
    largest: Floats = np.ascontiguousarray(scores.T).max(axis=0)  # many times faster than along short rows
    return largest


def _sigmoid(scores: Floats) -> Floats:
    p: Floats = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return p


def _exp(scores: Floats) -> Floats:
    means: Floats = np.exp(np.clip(scores, -30.0, 30.0))
    return means
