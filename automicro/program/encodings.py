"""What a stored number can be: encodings, and rounding values to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from automicro.errors import PluginError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Codebook",
    "Encoding",
    "Fixed",
    "Float16",
    "Float32",
    "Minifloat",
    "Sparse",
    "round_mantissa",
    "short_scale",
]

FLOAT16_MAX = 65504.0


@dataclass(frozen=True)
class Float32:
    """Any finite float32."""

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds."""
        largest = float(np.finfo(np.float32).max)
        return np.clip(values, -largest, largest).astype(np.float32).astype(np.float64)


@dataclass(frozen=True)
class Float16:
    """Any finite IEEE half-precision number; larger values become the largest."""

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds."""
        return np.clip(values, -FLOAT16_MAX, FLOAT16_MAX).astype(np.float16).astype(np.float64)


@dataclass(frozen=True)
class Minifloat:
    """Zero, and plus or minus (1 + m / 2**mantissa_bits) * 2**(e - bias), for 0 <= e < 2**exponent_bits.

    There are no infinities and no denormal numbers; the smallest magnitude (e = m = 0) is taken by zero.
    """

    exponent_bits: int
    mantissa_bits: int
    bias: int

    def __post_init__(self) -> None:
        if not (1 <= self.exponent_bits <= 8 and 0 <= self.mantissa_bits <= 23):
            raise PluginError(f"a minifloat must have 1 to 8 exponent bits and 0 to 23 mantissa bits, but got {self}")

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds."""
        top = 2**self.exponent_bits - 1 - self.bias
        largest = min((2.0 - 2.0**-self.mantissa_bits) * 2.0**top, float(np.finfo(np.float32).max))
        step = 2.0**-self.mantissa_bits
        smallest = (1.0 + step if self.mantissa_bits else 2.0) * 2.0**-self.bias
        magnitude = np.minimum(round_mantissa(np.abs(values), self.mantissa_bits), largest)
        magnitude = np.where(magnitude < smallest, np.where(np.abs(values) < smallest / 2, 0.0, smallest), magnitude)
        rounded: NDArray[np.float64] = np.copysign(magnitude, values) + 0.0
        return rounded


@dataclass(frozen=True)
class Fixed:
    """scale * (code + zero), for whole codes 0 <= code < 2**bits."""

    bits: int
    scale: float
    zero: int

    def __post_init__(self) -> None:
        if not (0 <= self.bits <= 24 and self.scale > 0 and np.isfinite(np.float32(self.scale))):
            raise PluginError(f"a fixed encoding must have 0 to 24 bits and a positive scale, but got {self}")

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds."""
        scale = float(np.float32(self.scale))
        codes = np.clip(np.rint(values / scale) - self.zero, 0, 2**self.bits - 1)
        rounded: NDArray[np.float64] = (codes + self.zero) * scale + 0.0
        return rounded


@dataclass(frozen=True)
class Codebook:
    """One of a few listed values."""

    entries: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.entries:
            raise PluginError("a codebook must have at least one entry, but got none")

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds."""
        entries = np.unique(np.asarray(self.entries, dtype=np.float32)).astype(np.float64)
        middles = (entries[1:] + entries[:-1]) / 2
        nearest: NDArray[np.float64] = entries[np.searchsorted(middles, values)]
        return nearest


@dataclass(frozen=True)
class Sparse:
    """Zeros that cost little, and an encoding for all other values."""

    inner: Float32 | Float16 | Minifloat | Fixed | Codebook

    def round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the nearest values that this encoding holds; zero stays zero."""
        return np.where(values == 0, 0.0, self.inner.round(values))


Encoding: TypeAlias = Float32 | Float16 | Minifloat | Fixed | Codebook | Sparse


def round_mantissa(values: NDArray[np.float64], mantissa_bits: int) -> NDArray[np.float64]:
    """Return values rounded to 1 + mantissa_bits significant binary digits."""
    mantissa, exponent = np.frexp(values)
    rounded: NDArray[np.float64] = np.ldexp(
        np.rint(np.ldexp(mantissa, mantissa_bits + 1)), exponent - mantissa_bits - 1
    )
    return rounded


def short_scale(scale: float, mantissa_bits: int = 2) -> float:
    """Return the next number at or above `scale` that is cheap to store: 1 + mantissa_bits significant binary digits."""
    mantissa, exponent = np.frexp(scale)
    return float(np.ldexp(np.ceil(np.ldexp(mantissa, mantissa_bits + 1)), int(exponent) - mantissa_bits - 1))
