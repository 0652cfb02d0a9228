"""The family `gnn`: one training returns a path of graph neural networks with ever fewer bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Choice, Declined, Family, Float, Integer, Needs, SizeBudget, Space, Variant
from automicro_gnn.lowering import lowered
from automicro_gnn.setting import GRIDS, POOLS, Setting
from automicro_gnn.sizes import most_bytes, usual_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro.plugin.space import Parameter
    from automicro_gnn.lowering import Network

__all__ = ["Gnn"]


class Gnn(Family):
    """Networks whose layers read a node and its neighbours; weights are whole numbers, rounded while they are trained.

    Its parameters: `kind` of messages, `hops` (rounds, or layers with units), `width` of a layer, `pool`, how graphs are summed up,
    `edges`, whether edge attributes send messages of their own, `grids`, the roundings of the path, `decay` of weights, and `steps`.
    """

    name: ClassVar[str] = "gnn"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"graph"})
    start_seconds: ClassVar[float] = 6.0  # to import torch and torch_geometric

    def space(self, profile: Profile) -> Space:
        """Return kinds of messages, widths, depths, roundings and penalties."""
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

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all
        """Return: missing values filled, categories one-hot; the network scales on its own, by powers of two."""
        return Needs()

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between a constant and all weights at the largest codes."""
        setting = Setting.of(parameters)
        return SizeBudget(1, most_bytes(setting, profile), usual_bytes(setting, profile))

    def fit(self, parameters: Parameters, data: TrainingData) -> list[Network]:
        """Train a path of networks."""
        from automicro_gnn.training import train  # noqa: PLC0415 - torch is heavy: only training needs it

        if data.topology is None:
            raise Declined("needs edges; this problem has none")
        if data.max_columns is not None and data.max_columns < len({feature.column for feature in data.features}):
            raise Declined("reads every column, more than max_columns allows")
        return train(data, Setting.of(parameters))

    def lower(self, model: list[Network]) -> Lowered:
        """Return the first network of the path, the one with the most bits."""
        return lowered(model[0])

    def variants(self, model: list[Network], data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - the networks are trained
        """Return the networks of the path."""
        for network, grid in zip(model, GRIDS[model[0].setting.grids], strict=True):
            yield Variant(f"most={grid.most},step={grid.width}", lowered(network))

    def strongest(self, profile: Profile) -> Parameters | None:
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
