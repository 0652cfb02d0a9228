"""What values a feature can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Grams, Lookup, Numeric, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder

__all__ = ["ANYTHING", "Domain", "domain_of"]


@dataclass(frozen=True, eq=False)
class Domain:
    """The values of a feature: the listed ones in ascending order or, if None, any number up to `most`; and perhaps NaN."""

    values: NDArray[np.float32] | None
    has_nan: bool
    most: float = np.inf

    @property
    def interval(self) -> tuple[float, float]:
        """Return bounds l and h with l < x <= h for every value x."""
        if self.values is None:
            return -np.inf, self.most
        return float(np.nextafter(self.values[0], np.float32(-np.inf))), float(self.values[-1])

    def canonical(self, cut: float) -> float:
        """Return the cut that separates the same values: half-way between listed ones."""
        if self.values is None:
            return cut
        below = int(np.searchsorted(self.values, np.float32(cut), side="right"))
        if below in {0, len(self.values)}:
            return self.interval[below > 0]
        low, high = float(self.values[below - 1]), float(self.values[below])
        middle = float(np.float32((low + high) / 2))
        return middle if middle < high else low

    @property
    def constant(self) -> float | None:
        """Return the only value, if there is just one."""
        return float(self.values[0]) if self.values is not None and len(self.values) == 1 and not self.has_nan else None


ANYTHING = Domain(None, has_nan=True)


def domain_of(decoder: Decoder) -> Domain:
    """Return the values that the features of a decoder can have."""
    if isinstance(decoder, Numeric):
        return Domain(None, decoder.fill is None, FLOAT32_MAX)
    if isinstance(decoder, Lookup):
        return Domain(np.unique(np.append(decoder.values.values, np.float32(decoder.default))), has_nan=False)
    if isinstance(decoder, Summary) or (isinstance(decoder, Grams) and (decoder.counted or decoder.scaled)):
        return Domain(None, has_nan=False, most=FLOAT32_MAX)
    return Domain(np.array([0, 1], dtype=np.float32), has_nan=False)
