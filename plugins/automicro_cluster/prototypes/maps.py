"""From rows to the space where distances are taken: relevances of columns, or a projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["Parameters", "Rounding", "discriminants", "seen"]


@dataclass(eq=False)
class Parameters:
    """What is trained.

    `metric` is (columns,), logarithms of relevances, with `points` in the space of rows; or (dimensions, columns), a projection, with
    `points` in its image. `head` has the weights of kernels (points + 1,), the last a constant; it is empty where the nearest decides.
    """

    metric: Floats
    points: Floats
    head: Floats

    @property
    def arrays(self) -> list[Floats]:
        """All three."""
        return [self.metric, self.points, self.head]

    @property
    def projects(self) -> bool:
        """Whether there is a projection."""
        return self.metric.ndim == 2

    def copy(self) -> Parameters:
        """Return parameters of their own."""
        return Parameters(self.metric.copy(), self.points.copy(), self.head.copy())


@dataclass(frozen=True, eq=False)
class Rounding:
    """How the numbers that ship are rounded; training sees them rounded and moves those behind them (straight-through).

    Parameters
    ----------
    step : float
        Step of the grid of points, where distances are taken.
    centre : array of float64, (columns,)
        Zero of the raw columns, less the rows' unit: grids start there.
    mantissa : int
        Mantissa bits of a projection.
    """

    step: float
    centre: NDArray[np.float64]
    mantissa: int = 2

    def of(self, given: Parameters) -> Parameters:
        """Return rounded parameters."""
        metric = (
            self._projection(given.metric) if given.projects else np.rint(given.metric / LN2).astype(np.float32) * LN2
        )
        if given.projects:
            origin, steps = metric.astype(np.float64) @ self.centre, np.full(len(metric), self.step)
        else:
            origin, steps = self.centre, self.steps(metric)
        points = np.rint((given.points + origin) / steps) * steps - origin
        return Parameters(metric, points.astype(np.float32), given.head)

    def steps(self, metric: Floats) -> NDArray[np.float64]:
        """Return the step of each column: halved wherever the (rounded) relevance has grown fourfold."""
        exponents = np.rint(metric / LN2).astype(np.int64) >> 1
        return np.asarray(self.step * 2.0 ** (-exponents), dtype=np.float64)

    def _projection(self, weights: Floats) -> Floats:
        mantissa, exponent = np.frexp(weights)
        short = np.rint(np.ldexp(mantissa, self.mantissa + 1))
        return np.asarray(np.ldexp(short, exponent - self.mantissa - 1), dtype=np.float32)


LN2 = np.float32(np.log(2.0))


def seen(given: Parameters, Z: Floats) -> tuple[Floats, Floats]:
    """Return rows and points where distances are taken."""
    if given.projects:
        return Z @ given.metric.T, given.points
    root = np.exp(given.metric / 2)
    return Z * root, given.points * root


def discriminants(Z: Floats, codes: NDArray[np.int64], classes: int, dimensions: int) -> Floats:
    """Return the projection to start from, (dimensions, columns): where classes differ, in units of their spread within.

    Directions beyond the number of classes are those of largest spread that is left (Fisher's discriminants; Hastie, Tibshirani and
    Friedman, "The elements of statistical learning", section 4.3).
    """
    exact = Z.astype(np.float64)
    means = np.stack(
        [exact[codes == c].mean(axis=0) if (codes == c).any() else np.zeros(Z.shape[1]) for c in range(classes)]
    )
    inner = exact - means[codes]
    within = inner.T @ inner / len(Z)
    within += (0.05 * np.trace(within) / len(within) + 1e-6) * np.eye(len(within))
    values, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(values) @ vectors.T
    shares = np.bincount(codes, minlength=classes) / len(Z)
    between = (np.sqrt(shares)[:, None] * (means - shares @ means)) @ whitening
    directions = np.linalg.svd(between, full_matrices=False)[2][: min(dimensions, classes - 1)]
    if len(directions) < dimensions:
        spread = exact @ whitening
        spread -= spread @ directions.T @ directions
        more = np.linalg.eigh(spread.T @ spread)[1][:, ::-1].T[: dimensions - len(directions)]
        directions = np.concatenate([directions, more])
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    scale = min(np.sqrt(8.0 / dimensions), 0.8)
    return np.asarray(scale * signs[:, None] * (directions @ whitening), dtype=np.float32)
