"""Shape of a preorder tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["depths", "right_children"]


def right_children(feature: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return for every node of a preorder tree its right child, -1 at leaves.

    Raises
    ------
    ValueError
        If the nodes are not exactly one tree.
    """
    right = np.full(len(feature), -1, dtype=np.int32)
    stack: list[int] = []
    for i in range(len(feature) - 1, -1, -1):
        if feature[i] >= 0:
            if len(stack) < 2:
                raise ValueError(f"every split must be followed by two subtrees, but node {i} is not")
            stack.pop()
            right[i] = stack.pop()
        stack.append(i)
    if len(stack) != 1:
        raise ValueError(f"nodes must form one tree, but they form {len(stack)}")
    return right


def depths(feature: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return for every node of a preorder tree the number of splits above it."""
    depth = np.zeros(len(feature), dtype=np.int32)
    right = right_children(feature)
    for i in np.flatnonzero(feature >= 0):
        depth[i + 1] = depth[right[i]] = depth[i] + 1
    return depth
