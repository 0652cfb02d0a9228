"""The parameters of the family."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automicro.plugin.family import Parameters

__all__ = ["GRIDS", "Grid", "Setting"]


@dataclass(frozen=True)
class Grid:
    """The whole codes low..high that a weight can have, and the step, in spreads of a row's weights, that rounding starts with.

    Networks whose weights take fewer than `least_bits` on the average are left out: fewer units serve better there.
    """

    low: int
    high: int
    step: float
    least_bits: float

    @property
    def usual_bits(self) -> float:
        """Bits that a code takes as a rule."""
        return 2 * self.least_bits


GRIDS: dict[str, Grid] = {
    "ternary": Grid(-1, 1, 1.2, 0.7),
    "2-bit": Grid(-2, 1, 0.8, 0.8),
    "3-bit": Grid(-3, 3, 0.6, 1.0),
    "4-bit": Grid(-7, 7, 0.35, 1.4),
    "8-bit": Grid(-127, 127, 0.03, 3.0),
}
FEW_WEIGHTS = 0.25  # a layer with at most this fraction of the weights of the largest may be finer than it
FINE = "4-bit"


@dataclass(frozen=True)
class Setting:
    """What a network is like and how it is trained.

    Parameters
    ----------
    widths : tuple of int
        Units of each hidden layer.
    grid : str
        The grid of the largest layers; layers with few weights have at least 15 codes.
    steps : int
        Steps of the first training; each further point of the path takes a quarter as many.
    rate : float
        What a bit of the weights costs beside a bit of what the model says of all rows: 1 makes the shortest description of both.
    scales : {"channel", "layer"}
        Whether each unit has a step of its own.
    inputs : int or None
        How many features are kept at most.
    noise : float
        Spread of the noise that is added to scaled features while training.
    teacher : {"none", "wide"}
        Whether wide float networks are trained first, whose predictions are then learnt.
    """

    widths: tuple[int, ...]
    grid: str
    steps: int
    rate: float
    scales: str
    inputs: int | None
    noise: float
    teacher: str

    @classmethod
    def of(cls, parameters: Parameters) -> Setting:
        """Read the parameters of a candidate."""
        width, depth = int(parameters["width"]), int(parameters["depth"])
        narrowing = float(parameters.get("narrowing", 1.0))
        return cls(
            tuple(max(2, round(width * narrowing**layer)) for layer in range(depth)),
            str(parameters["bits"]),
            int(parameters["steps"]),
            float(parameters["rate"]),
            str(parameters["scales"]),
            None if parameters["inputs"] == "all" else int(parameters["inputs"]),
            float(parameters["noise"]),
            str(parameters["teacher"]),
        )

    def grids(self, inputs: int, outputs: int) -> tuple[Grid, ...]:
        """Return the grid of every layer of a network."""
        widths = (inputs, *self.widths, outputs)
        counts = [a * b for a, b in pairwise(widths)]
        chosen, fine = GRIDS[self.grid], GRIDS[FINE]
        finer = fine if fine.high > chosen.high else chosen
        return tuple(finer if count <= FEW_WEIGHTS * max(counts) else chosen for count in counts)
