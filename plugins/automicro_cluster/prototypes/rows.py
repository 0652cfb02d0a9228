"""Training rows as prototypes see them: centred, on a scale of powers of two, with targets and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined, class_shares, sample_weights, target_values, unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

    Floats = NDArray[np.float32]

__all__ = ["Rows", "rows_of"]

FARTHEST = 8.0  # standard deviations at which a value stops pulling prototypes along
SMALLEST, LARGEST = 2.0**-50, 2.0**50  # standard deviations whose squares are far from the ends of float32
MOST_CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in the unit of training: z = x / scale - centre.

    Parameters
    ----------
    Z : array of float32, (rows, used)
    used : array of int64, (used,)
        The features that vary; all others are left out.
    scale, centre : array of float64, (used,)
        `scale` holds powers of two.
    target : array of float32, (rows, outputs)
        Shares of classes, or the standardised number.
    weights : array of float32, (rows,)
        With mean 1.
    features : int
        Number of features, those that do not vary included.
    offset, unit : float
        Scale of a target of numbers: target = (y - offset) / unit.
    """

    Z: Floats
    used: NDArray[np.int64]
    scale: NDArray[np.float64]
    centre: NDArray[np.float64]
    target: Floats
    weights: Floats
    features: int
    offset: float = 0.0
    unit: float = 1.0

    @property
    def are_numbers(self) -> bool:
        """Whether the target is a number, not shares of classes."""
        return bool(self.target.shape[1] == 1)

    @property
    def codes(self) -> NDArray[np.int64]:
        """The likeliest class of each row."""
        return np.asarray(self.target.argmax(axis=1), dtype=np.int64)


def rows_of(data: TrainingData) -> Rows:
    """Return prepared rows; as many as memory bears.

    Raises
    ------
    Declined
        If no feature varies.
    """
    X, index = data.X, np.arange(len(data.X))
    if X.size > MOST_CELLS:
        index = np.sort(np.random.default_rng(data.seed).permutation(len(X))[: MOST_CELLS // X.shape[1]])
        X = X[index]
    weights = sample_weights(data)[index]
    exact = X.astype(np.float64)
    mean = weights @ exact / weights.sum()
    spread = np.sqrt(weights @ (exact - mean) ** 2 / weights.sum())
    least = np.maximum(1e-9 * np.abs(mean), SMALLEST)
    used = np.flatnonzero((spread > least) & (spread < LARGEST))
    if not len(used):
        raise Declined(f"prototypes need a feature that varies, by {SMALLEST:g} to {LARGEST:g}, but there is none")
    scale = 2.0 ** np.rint(np.log2(spread[used]))
    centre = mean[used] / scale
    Z = np.clip(exact[:, used] / scale - centre, -FARTHEST, FARTHEST).astype(np.float32)
    target, offset, unit = _target(data, index, weights)
    return Rows(
        np.ascontiguousarray(Z),
        used,
        scale,
        centre,
        target,
        (weights / weights.mean()).astype(np.float32),
        data.X.shape[1],
        offset,
        unit,
    )


def _target(data: TrainingData, index: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[Floats, float, float]:
    if data.task == "classification":
        return class_shares(data)[index].astype(np.float32), 0.0, 1.0
    y = target_values(data)[index]
    offset = float(weights @ y / weights.sum())
    unit = unit_of(float(np.sqrt(weights @ (y - offset) ** 2 / weights.sum())), offset)
    return ((y - offset) / unit).astype(np.float32)[:, None], offset, unit
