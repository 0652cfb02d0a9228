"""What can be tried: kinds of messages, widths, depths, roundings and penalties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import Choice, Declined, Float, Integer, Space
from automicro_gnn.setting import GRIDS, POOLS

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters
    from automicro.plugin.space import Parameter

__all__ = ["space_of", "strongest_of"]


def space_of(profile: Profile) -> Space:
    """Return the space for a problem."""
    graph = profile.graph
    if graph is None:
        raise Declined("needs edges; this problem has none")
    layered = ("gcn", "sage", "gin")
    when = {"kind": layered}
    with_edges = [Choice("edges", (False, True), when=when)] if graph.attributes else []
    widths = (16, 24, 32, 8, 4, 48)
    parameters: list[Parameter] = [
        Choice("kind", layered if graph.pooled else ("sgc", *layered)),
        Integer("hops", 1, 3),
        Choice("width", widths, when=when),
        *([Choice("pool", tuple(POOLS))] if graph.pooled else []),
        *with_edges,
        Choice("grids", tuple(GRIDS)),
        Float("decay", 1e-6, 3e-1, log=True),
        Choice("steps", (300, 150, 600)),
    ]
    return Space(tuple(parameters), tuple(_portfolio(profile)))


def strongest_of(profile: Profile) -> Parameters:
    """Return the first of the portfolio on the finest grids."""
    return {**_portfolio(profile)[0], "grids": "fine"}


def _portfolio(profile: Profile) -> list[Parameters]:
    graph = profile.graph
    assert graph is not None  # noqa: S101 - the family has declined without

    def layers(
        kind: str, width: int, hops: int, decay: float, *, edges: bool = False, grids: str = "fine"
    ) -> Parameters:
        pool = {"pool": "sum"} if graph.pooled else {}
        further = {"edges": edges} if graph.attributes else {}
        return {
            "kind": kind,
            "hops": hops,
            "width": width,
            **pool,
            **further,
            "grids": grids,
            "decay": decay,
            "steps": 300,
        }

    def smooth(hops: int, grids: str, decay: float) -> Parameters:
        return {"kind": "sgc", "hops": hops, "grids": grids, "decay": decay, "steps": 150}

    if graph.pooled:
        return [
            layers("sage", 24, 2, 1e-4),
            layers("sage", 16, 2, 1e-4),
            layers("sage", 32, 2, 1e-4),
            layers("gin", 16, 2, 1e-4),
            layers("sage", 16, 2, 1e-4, edges=True),
            layers("sage", 8, 1, 1e-4, grids="coarse"),
        ]
    return [
        smooth(2, "coarse", 0.08),
        smooth(2, "fine", 0.08),
        smooth(1, "coarse", 0.08),
        smooth(3, "coarse", 0.08),
        layers("gcn", 16, 1, 1e-3, grids="coarse"),
        layers("sage", 16, 1, 1e-3, grids="coarse"),
    ]
