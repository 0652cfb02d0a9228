"""The fewest thresholds, of the fewest bits, for the splits of a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import shortest_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HALF", "shared_thresholds"]

HALF = (0.5, float(np.nextafter(np.float32(0.5), np.float32(1))))
"""Between these lies no other float32 number than 0.5."""


def shared_thresholds(
    feature: NDArray[np.int32], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return a threshold for every split, each between its `low` and `high`; the fewest different ones that can be.

    Parameters
    ----------
    feature : array, (nodes,)
        -1 at leaves, which get a threshold of 0.
    low, high : array, (nodes,)
    """
    threshold = np.zeros(len(feature), dtype=np.float32)
    for each in np.unique(feature[feature >= 0]):
        mine = np.flatnonzero(feature == each)
        waiting = mine[np.lexsort((mine, high[mine]))]
        while waiting.size:  # what overlaps the interval that ends first shares a threshold: the fewest that reach all
            together = waiting[low[waiting] < high[waiting[0]]]
            threshold[together] = shortest_between(float(low[together].max()), float(high[waiting[0]]))
            waiting = waiting[low[waiting] >= high[waiting[0]]]
    return threshold
