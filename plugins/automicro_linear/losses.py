"""Losses of scores: value, gradient and curvature, with the mean over rows taken by the caller's weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Link

__all__ = ["Logistic", "Loss", "Poisson", "Softmax", "Squared"]


@dataclass(frozen=True, eq=False)
class Loss(ABC):
    """A loss of the scores (rows, outputs) against a target (rows, outputs)."""

    target: NDArray[np.float64]
    link: ClassVar[Link]

    @abstractmethod
    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means that the scores stand for, (rows, outputs)."""

    @abstractmethod
    def values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the loss of every row."""

    @abstractmethod
    def start(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the bias of the best constant model, (outputs,)."""

    def curvature(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the second derivatives along each output, (rows, outputs)."""
        return np.ones_like(means)

    def rows(self, index: NDArray[np.int64]) -> Loss:
        """Return the loss of some rows."""
        return type(self)(self.target[index])


class Squared(Loss):
    """Half the squared error."""

    link = "identity"

    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores."""
        return scores

    def values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return half the squared error of every row."""
        return 0.5 * ((scores - self.target) ** 2).sum(axis=1)

    def start(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weighted mean."""
        return np.average(self.target, axis=0, weights=weights)


class Poisson(Loss):
    """Poisson deviance of exp(score), for targets that are not negative and have mean 1."""

    link = "exp"

    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return exp(score)."""
        return np.exp(np.clip(scores, -30.0, 30.0))

    def values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the negative log-likelihood of every row, up to a constant."""
        return (self.predict(scores) - self.target * scores).sum(axis=1)

    def start(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the weighted mean."""
        return np.log(np.maximum(np.average(self.target, axis=0, weights=weights), 1e-9))

    def curvature(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means."""
        return np.maximum(means, 1e-6)


class Logistic(Loss):
    """Log-loss of two classes; the target is the probability of the second."""

    link = "sigmoid"

    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of the second class."""
        return 0.5 * (1.0 + np.tanh(0.5 * scores))

    def values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-loss of every row."""
        return (np.logaddexp(0.0, scores) - self.target * scores).sum(axis=1)

    def start(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of the weighted share."""
        share = np.clip(np.average(self.target, axis=0, weights=weights), 1e-6, 1 - 1e-6)
        return np.log(share / (1 - share))

    def curvature(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p (1 - p)."""
        return np.maximum(means * (1 - means), 1e-6)


class Softmax(Loss):
    """Log-loss of several classes; the target is one-hot or a teacher's probabilities."""

    link = "softmax"

    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of every class."""
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def values(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-loss of every row."""
        top = scores.max(axis=1)
        return top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - (self.target * scores).sum(axis=1)

    def start(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the centred log-shares of the classes."""
        logs = np.log(np.clip(np.average(self.target, axis=0, weights=weights), 1e-6, 1.0))
        return logs - logs.mean()

    def curvature(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means; the outer product of the means is taken off by the caller."""
        return np.maximum(means, 1e-6)
