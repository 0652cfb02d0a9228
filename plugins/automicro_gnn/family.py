"""The family `gnn`: one training returns a path of graph neural networks with ever fewer bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Declined, Family, Needs, Variant
from automicro_gnn.lower import lowered
from automicro_gnn.setting import GRIDS, Setting
from automicro_gnn.size import budget_of
from automicro_gnn.space import space_of, strongest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro_gnn.lower import Network

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
        return space_of(profile)

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all
        """Return: missing values filled, categories one-hot; the network scales on its own, by powers of two."""
        return Needs()

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between a constant and all weights at the largest codes."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> list[Network]:
        """Train a path of networks."""
        from automicro_gnn.train import train  # noqa: PLC0415 - torch is heavy: only training needs it

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
        return strongest_of(profile)
