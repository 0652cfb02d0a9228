"""The test of balanced accuracy: exact bounds of every class's recall, combined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.evidence.mean_test import Tested

if TYPE_CHECKING:
    from automicro.evidence.held_out import HeldOutPredictions

__all__ = ["balanced_test"]

HALVINGS = 60


def balanced_test(held_out: HeldOutPredictions, limit: float) -> Tested:
    """Test that the mean recall is above `limit`.

    Each class's recall has an exact lower bound (Clopper and Pearson 1934) at the level shared between the classes (Bonferroni); the
    p-value is the least level at which the mean of the bounds lies above the limit.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - scipy is loaded only where something is tested

    predicted = held_out.prediction.argmax(axis=1)
    present = np.unique(held_out.y)
    rows = np.array([(held_out.y == k).sum() for k in present], dtype=np.float64)
    hits = np.array([((held_out.y == k) & (predicted == k)).sum() for k in present], dtype=np.float64)

    def bound(level: float) -> float:
        low = betaincinv(np.maximum(hits, 1), rows - hits + 1, level / len(present))
        return float(np.where(hits > 0, low, 0.0).mean())

    method = "exact binomial bounds of each class's recall, combined"
    low, high = 0.0, 1.0
    if bound(high) <= limit:
        return Tested(1.0, method, exact=True)
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5 if low > 1e-12 else high / 16
        low, high = (low, middle) if bound(middle) > limit else (middle, high)
        if high < 1e-12:
            break
    return Tested(high, method, exact=True)
