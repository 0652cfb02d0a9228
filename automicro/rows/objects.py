"""Values of any types as one array of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["objects"]


def objects(values: Sequence[Any]) -> NDArray[Any]:
    """Return a one-dimensional object array, whatever its elements are."""
    return np.fromiter(values, dtype=object, count=len(values))
