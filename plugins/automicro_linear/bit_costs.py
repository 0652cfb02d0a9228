"""What terms cost: roughly their bits, in those of one more weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_linear.short import significant_bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro_linear.design import Basis

__all__ = ["BitCosts"]

FEATURE = 2.0  # of the first weight on a feature, with its column, its fill or its level
CUT, CUT_BIT = 0.4, 0.1  # of a cut that is not 0, and of every significant bit of it


class BitCosts:
    """Prices of the terms of a basis.

    Parameters
    ----------
    basis : Basis
    """

    def __init__(self, basis: Basis) -> None:
        self._feature = basis.feature
        self._first = FEATURE if basis.linear.all() else 1.0  # a table costs no more than one more cut of another
        bits = np.array([significant_bits(cut) for cut in basis.cut.tolist()])
        self._alone = 1.0 + np.where(bits > 0, CUT + CUT_BIT * bits, 0.0)

    def of(self, terms: NDArray[np.int64]) -> Callable[[NDArray[np.bool_]], NDArray[np.float64]]:
        """Return a function that returns the prices of some terms, given which of them are taken already."""
        columns = terms % len(self._feature)
        reads, alone = self._feature[columns], self._alone[columns]

        def prices(taken: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.where(np.isin(reads, reads[taken]), alone, alone * self._first)

        return prices
