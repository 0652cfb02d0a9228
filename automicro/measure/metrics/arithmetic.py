"""Arithmetic that the metrics share: divisions and means that are undefined without a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Batch", "Codes", "Predicted", "Scorer", "mean_defined", "ratio", "weighted_mean"]

Batch: TypeAlias = NDArray[np.float64]
"""Weights (batch, rows), or one number for each member of the batch (batch,)."""
Codes: TypeAlias = NDArray[np.int64]
Predicted: TypeAlias = NDArray[np.float64]
Scorer: TypeAlias = "Callable[[Any, Predicted, Batch], Batch]"


def ratio(above: Batch, below: Batch, otherwise: float = np.nan) -> Batch:
    """Return ``above / below``, and `otherwise` where `below` is 0."""
    result = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), otherwise, dtype=np.float64)
    return np.divide(above, below, out=result, where=below != 0)


def weighted_mean(losses: NDArray[np.float64], weights: Batch) -> Batch:
    """Return the mean of `losses` (rows,) under each row of `weights` (batch, rows)."""
    return ratio(weights @ losses, weights.sum(axis=1))


def mean_defined(values: Sequence[Batch], shares: Sequence[Batch] | None = None) -> Batch:
    """Return the mean (weighted by `shares`) of those `values` that are not NaN."""
    stacked = np.stack(values)
    parts = np.ones_like(stacked) if shares is None else np.stack(shares)
    parts = np.where(np.isnan(stacked), 0.0, parts)
    return ratio(np.sum(np.nan_to_num(stacked) * parts, axis=0), parts.sum(axis=0))
