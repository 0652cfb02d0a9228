"""Blocks of numbers inside a program, each with the encoding that it ships in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import PluginError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from automicro.program.encodings import Encoding

__all__ = ["Weights", "round_to"]


@dataclass(frozen=True, eq=False)
class Weights:
    """A block of float32 values, of any shape, and how they are stored.

    Parameters
    ----------
    values : array of float32
        The values that the evaluator uses: already rounded to what `encoding` can hold.
    encoding : Encoding, optional
        None leaves the choice to `pack`, which takes the cheapest encoding that keeps every value.
    """

    values: NDArray[np.float32]
    encoding: Encoding | None = None

    @classmethod
    def of(cls, values: ArrayLike) -> Weights:
        """Weights in float32, the encoding left to `pack`."""
        return cls(np.ascontiguousarray(values, dtype=np.float32))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Weights)
            and self.values.shape == other.values.shape
            and self.values.tobytes() == other.values.tobytes()
        )

    def __hash__(self) -> int:
        return hash((self.values.shape, self.values.tobytes()))


def round_to(values: ArrayLike, encoding: Encoding) -> Weights:
    """Return a block of values, each rounded to the nearest that `encoding` holds."""
    exact = np.asarray(values, dtype=np.float64)
    if not np.isfinite(exact).all():
        raise PluginError("weights must be finite, but got NaN or infinity")
    largest = float(np.finfo(np.float32).max)
    rounded = np.clip(encoding.round(exact), -largest, largest)
    return Weights(np.ascontiguousarray(rounded, dtype=np.float32) + np.float32(0), encoding)
