"""Positive definite matrices in spite of rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["factor", "solve"]


def factor(matrix: Floats) -> Floats:
    """Return upper triangular R with ``R.T @ R = matrix``; the diagonal gains as much as makes the matrix definite."""
    gain = 0.0
    size = float(np.diag(matrix).max(initial=0.0)) or 1.0
    while True:
        try:
            root: Floats = linalg.cholesky(matrix + gain * np.eye(len(matrix)), check_finite=False)
        except linalg.LinAlgError:
            gain = 1e-7 * size if gain == 0 else 10 * gain
        else:
            return root


def solve(matrix: Floats, right: Floats) -> Floats:
    """Return x with ``matrix @ x = right``, the matrix made definite if need be."""
    x: Floats = linalg.cho_solve((factor(matrix), False), right, check_finite=False)
    return x
