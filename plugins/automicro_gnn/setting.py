"""The parameters of the family as one value, and what they say of layers and grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from automicro.program import Propagate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.program.nodes import PoolKind

__all__ = ["GRIDS", "KINDS", "POOLS", "Grid", "Setting"]

Kind = Literal["sgc", "gcn", "sage", "gin"]
KINDS: tuple[Kind, ...] = ("sgc", "gcn", "sage", "gin")
POOLS: dict[str, tuple[PoolKind, ...]] = {"sum": ("sum",), "mean": ("mean",), "sum,max": ("sum", "max")}


@dataclass(frozen=True)
class Grid:
    """Whole numbers from -`most` to `most` times a step of `width` mean magnitudes of a unit's weights."""

    most: int
    width: float


GRIDS: dict[str, tuple[Grid, ...]] = {
    "fine": (Grid(7, 0.5), Grid(7, 0.7), Grid(3, 0.9), Grid(3, 1.3)),
    "coarse": tuple(Grid(1, width) for width in (1.4, 2.0, 2.5, 3.0, 3.5)),
}
"""Grids that a network is trained on, one after the other; each makes a variant."""


@dataclass(frozen=True)
class Setting:
    """Parameters of one training.

    Parameters
    ----------
    kind : {"sgc", "gcn", "sage", "gin"}
        Smoothing and one linear map; symmetric messages; a node beside the mean of its neighbours; a sum through two maps a layer.
    hops : int
        Rounds of messages of sgc; else the number of layers with messages.
    width : int
        Units of a layer.
    pool : str
        How graphs are summed up.
    edges : bool
        Whether each edge attribute sends messages of its own.
    grids : {"fine", "coarse"}
    decay : float
        Penalty of squared weights.
    steps : int
        Steps of training on the first grid; less than half as many go before, in float, and fewer go to each further grid.
    """

    kind: Kind
    hops: int
    grids: str
    decay: float
    width: int = 0
    pool: str = "sum"
    edges: bool = False
    steps: int = 300

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Setting:
        """Return the setting that parameters describe."""
        return cls(**parameters)

    @property
    def layers(self) -> int:
        """Layers with units."""
        return 0 if self.kind == "sgc" else self.hops

    def messages(self, attributes: int) -> tuple[Propagate | None, ...]:
        """Return what a layer reads: messages, or, for None, what a node has itself."""
        own: dict[Kind, tuple[Propagate | None, ...]] = {
            "sgc": (Propagate("symmetric", self.hops),),
            "gcn": (Propagate("symmetric"),),
            "sage": (None, Propagate("mean", own=0.0)),
            "gin": (Propagate("sum"),),
        }
        of_edges = [Propagate("sum", own=0.0, attribute=k) for k in range(attributes)] if self.edges else []
        return (*own[self.kind], *of_edges)

    def shapes(self, inputs: int, outputs: int, attributes: int, *, pooled: bool) -> list[tuple[int, int]]:
        """Return (units, inputs) of every map, those of all messages of a layer together."""
        messages, shapes, width = len(self.messages(attributes)), [], inputs
        for _ in range(self.layers):
            shapes.append((self.width, width * messages))
            if self.kind == "gin":
                shapes.append((self.width, self.width))
            width = self.width
        if pooled:
            return [*shapes, (outputs, width * len(POOLS[self.pool]))]
        return [*shapes, (outputs, width * messages)]
