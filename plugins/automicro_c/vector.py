"""Numbers that one step hands to the next, and the place that they are written to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_c.blocks import Block
    from automicro_c.unit import Unit

__all__ = ["FLOAT_MAX", "SAFE", "Place", "Vector", "settled", "shift_for"]

FLOAT_MAX = float(np.finfo(np.float32).max)
SAFE = 2.0**126  # a sum whose terms stay within it in all does not overflow
MOST = 1e250  # what is larger counts as this
MOST_SHIFT = 60  # what is larger yet overflows


@dataclass(frozen=True, eq=False)
class Vector:
    """An array in the C code, and what is known of its numbers.

    Parameters
    ----------
    name : str
    bounds : array of float64
        The largest size of each number.
    absent : array of bool
        Where a number may be NaN.
    ctype : str
        Type of its elements.
    raw : bool
        Whether it may hold infinities, which count as the largest float of their sign.
    shift : int
        The numbers are those of the array times two to this power, so that no float overflows.
    fill : Block, optional
        What each number is where it is missing in the array; NaN where there is none.
    """

    name: str
    bounds: NDArray[np.float64]
    absent: NDArray[np.bool_]
    ctype: str = "float"
    raw: bool = False
    shift: int = 0
    fill: Block | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", np.minimum(self.bounds, MOST))

    def __len__(self) -> int:
        return len(self.bounds)

    def read(self, unit: Unit, index: str) -> str:
        """Return the expression that computes with number `index`."""
        text = f"{self.name}[{index}]"
        if self.fill is not None:
            text = f"{unit.part('filled')}({text}, {self.fill.of_float(index)})"
        elif self.raw:
            text = f"{unit.part('finite')}({text})"
        return f"({unit.real}){text}" if self.ctype != unit.real else text

    def compared(self, unit: Unit, thresholds: NDArray[np.float32], index: str) -> str:
        """Return the expression that is compared with thresholds: only the largest float needs infinities to be clipped."""
        if self.fill is not None:
            return f"{unit.part('filled')}({self.name}[{index}], {self.fill.of_float(index)})"
        clipped = self.raw and bool((np.abs(thresholds) >= FLOAT_MAX).any())
        return f"{unit.part('finite')}({self.name}[{index}])" if clipped else f"{self.name}[{index}]"


@dataclass(frozen=True, eq=False)
class Place:
    """The array that a node writes to.

    Parameters
    ----------
    name : str
    shift : int
        The least shift of the result.
    start : Vector, optional
        What the array holds already and the result is added to; its shift is then that of the result.
    """

    name: str
    shift: int = 0
    start: Vector | None = None


def shift_for(unit: Unit, bounds: NDArray[np.float64], place: Place) -> int:
    """Return the power of two that sums of these sizes are divided by."""
    if place.start is not None:
        return place.start.shift
    largest = float(bounds.max(initial=0.0))
    if unit.real != "float" or largest <= SAFE:
        return place.shift
    return max(place.shift, min(int(np.ceil(np.log2(largest / SAFE))), MOST_SHIFT))


def settled(unit: Unit, x: Vector) -> tuple[list[str], Vector]:
    """Return the statements that take the shift out of an array, and the array after them."""
    if not x.shift:
        return [], x
    lines = loop(f"{x.name}[@] *= {unit.number(2.0**x.shift)};", len(x))
    return lines, replace(x, shift=0, raw=bool((x.bounds > FLOAT_MAX).any()))


def loop(statement: str, count: int, index: str = "k") -> list[str]:
    """Return the statements for every index, which stands as ``@``."""
    if count == 1:
        return [statement.replace("@", "0")]
    return [
        "{",
        f"    unsigned {index};",
        f"    for ({index} = 0; {index} < {count}; {index}++)",
        f"        {statement.replace('@', index)}",
        "}",
    ]
