"""Values of a fitted design merged two at a time, the least harm for a bit first."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.linalg import cho_solve, pinvh

from automicro_boosting.refit import Coefficients, lower_triangle, refit, with_ridge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro_boosting.loss import Loss
    from automicro_boosting.refit import Design

    Array = NDArray[np.float64]
    Pairs = NDArray[np.int64]

__all__ = ["Elimination", "Shape"]

_CORRECTIONS = 3
_MUCH_WORK, _SELDOM = 1_000_000, 0.75  # where a correction takes long, values are merged further in between
_RENEWAL = 0.6  # the curvature is computed anew when this share of the values is left
_AT_ONCE = 50  # one in so many values is merged before prices are computed anew


class Shape(Protocol):
    """Trees or tables whose neighbouring values can be merged."""

    size: int
    """Number of values that could still be given up."""

    def pairs(self, output: int) -> tuple[Pairs, Array]:
        """Return which values of an output can be merged now, (pairs, 2), and the bits that each merger saves."""

    def merge(self, output: int, kept: int, dropped: int) -> None:
        """Give one value up for its neighbour."""


@dataclass(eq=False)
class Elimination:
    """Backward elimination with a second-order model of the loss (optimal brain surgeon; Hassibi and Stork, 1993).

    `covariance` holds, for each output, the inverse curvature under the mergers made so far; the bias is last. A merger
    is the constraint that two values be equal: all others move so as to make up for it. `price` is the most loss that any
    merger so far has cost for a bit saved.
    """

    shape: Shape
    design: Design
    loss: Loss
    ridge: float
    start: InitVar[Coefficients]

    def __post_init__(self, start: Coefficients) -> None:
        fitted = refit(self.design, self.loss, self.ridge, start)
        self.values = [np.append(v, b) for v, b in zip(fitted.values, fitted.bias, strict=True)]
        self.owner = [np.arange(size + 1) for size in self.design.sizes]
        self.penalty = [np.append(np.full(size, self.ridge), 0.0) for size in self.design.sizes]
        self.price = 0.0
        self.corrected_at = self.shape.size
        self._renew()

    def path(self, sizes: list[int]) -> Iterator[int]:
        """Merge down to each of these sizes in turn and yield it, with values corrected at each."""
        for size in sizes:
            while self.shape.size > size and self._merge_cheapest(self.shape.size - size):
                if self.shape.size <= _RENEWAL * self.renewed_at:
                    self._correct()
                    self._renew()
            if self.shape.size < self.corrected_at * (_SELDOM if self.design.work > _MUCH_WORK else 1.0):
                self._correct()
            yield self.shape.size

    def coefficients(self) -> Coefficients:
        """Return the present values and bias of the design."""
        return Coefficients(tuple(v[:-1] for v in self.values), np.array([v[-1] for v in self.values]))

    def _renew(self) -> None:
        """Compute the curvature at the present values."""
        self.renewed_at = max(self.shape.size, 1)
        _, bend = self.loss.derivatives(self.design.scores(self.coefficients()))
        self.covariance = []
        for output, owner in enumerate(self.owner):
            _, place = np.unique(owner, return_inverse=True)
            normal = self.design.curvature(output, bend[:, output], place)
            triangle = lower_triangle(with_ridge(normal, self.ridge))
            inverse = cho_solve((triangle, True), np.eye(len(triangle)))
            self.covariance.append(inverse[np.ix_(place, place)])
        self.prices = [self._price(output) for output in range(len(self.owner))]

    def _price(self, output: int) -> tuple[Pairs, Array]:
        """Return the possible mergers of an output and the loss that each costs for a bit saved."""
        pairs, bits = self.shape.pairs(output)
        covariance, values = self.covariance[output], self.values[output]
        a, b = pairs[:, 0], pairs[:, 1]
        spread = covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]
        return pairs, 0.5 * (values[a] - values[b]) ** 2 / np.maximum(spread, 1e-12) / bits

    def _merge_cheapest(self, most: int) -> bool:
        """Merge the pairs that cost least, at most this many; return whether there was one."""
        prices = np.concatenate([prices for _, prices in self.prices])
        outputs = np.repeat(np.arange(len(self.prices)), [len(prices) for _, prices in self.prices])
        pairs = np.concatenate([pairs for pairs, _ in self.prices])
        if not len(prices):
            return False
        chosen: dict[int, list[tuple[int, int]]] = {}
        taken: set[tuple[int, int]] = set()
        count = min(most, 1 + self.shape.size // _AT_ONCE)
        for place in np.argsort(prices, kind="stable")[:count].tolist():
            output, kept, dropped = int(outputs[place]), int(pairs[place, 0]), int(pairs[place, 1])
            if not taken & {(output, kept), (output, dropped)}:
                taken |= {(output, kept), (output, dropped)}
                chosen.setdefault(output, []).append((kept, dropped))
                self.price = max(self.price, float(prices[place]))
        for output, mergers in chosen.items():
            self._merge(output, mergers)
            self.prices[output] = self._price(output)
        return True

    def _merge(self, output: int, mergers: list[tuple[int, int]]) -> None:
        """Make pairs of values equal, and all others the best that they can then be."""
        kept, dropped = (np.array(side) for side in zip(*mergers, strict=True))
        covariance, values, owner = self.covariance[output], self.values[output], self.owner[output]
        along = covariance[:, kept] - covariance[:, dropped]
        spread = along[kept] - along[dropped]
        weights = along @ pinvh(spread)
        values -= weights @ (values[kept] - values[dropped])
        covariance -= weights @ along.T
        for one, other in mergers:
            same = (owner == owner[one]) | (owner == owner[other])
            owner[same] = owner[one]
            self.penalty[output][same] = self.ridge / np.count_nonzero(same)
            self.shape.merge(output, one, other)

    def _correct(self) -> None:
        """Take a few quasi-Newton steps with the present covariance."""
        self.corrected_at = self.shape.size
        current = self.coefficients()
        scores = self.design.scores(current)
        value = self._penalised(current, scores)
        for _ in range(_CORRECTIONS):
            slope, _ = self.loss.derivatives(scores)
            steps = [self._step(output, current, slope[:, output]) for output in range(len(self.owner))]
            step = Coefficients(tuple(s[:-1] for s in steps), np.array([s[-1] for s in steps]))
            for scale in (1.0, 0.5, 0.25):
                trial = current.plus(step, scale)
                trial_scores = self.design.scores(trial)
                trial_value = self._penalised(trial, trial_scores)
                if trial_value < value:
                    break
            else:
                break
            gained, current, scores, value = value - trial_value, trial, trial_scores, trial_value
            if gained < 1e-3 * abs(value):
                break
        self.values = [np.append(v, b) for v, b in zip(current.values, current.bias, strict=True)]

    def _step(self, output: int, at: Coefficients, slope: Array) -> Array:
        gradient = self.design.gradient(output, slope)
        gradient[:-1] += self.penalty[output][:-1] * at.values[output]
        step: Array = -self.covariance[output] @ gradient
        return step

    def _penalised(self, at: Coefficients, scores: Array) -> float:
        penalty = 0.5 * sum(float(p[:-1] @ v**2) for p, v in zip(self.penalty, at.values, strict=True))
        return self.loss.value(scores) + penalty
