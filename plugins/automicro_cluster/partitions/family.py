"""The family that finds clusters: which partitions it tries, and the programs that assign new rows to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_cluster.partitions.size import budget_of
from automicro_cluster.partitions.space import space_of
from automicro_cluster.partitions.train import train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro_cluster.partitions.train import Found

__all__ = ["Partitions"]


class Partitions(Family):
    """Clusters by k-means, by a Gaussian mixture with diagonal covariances, or by density, described by thresholds or by centres.

    Its parameters: `method`, and for the first two `clusters`, the range of numbers of clusters, all of which one training tries.
    """

    name: ClassVar[str] = "partition"
    tasks: ClassVar[frozenset[Task]] = frozenset({"clustering"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all settings
        """Missing values are filled, categories one-hot."""
        return Needs()

    def space(self, profile: Profile) -> Space:  # noqa: ARG002 - the same for all problems
        """Return methods and ranges of numbers of clusters."""
        return space_of()

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes up to the largest tree or map."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Found:
        """Find the partitions of a method and describe each in several ways."""
        return train(parameters, data)

    def lower(self, model: Found) -> Lowered:
        """Return the first program."""
        return model.forms[0][1]

    def variants(self, model: Found, data: TrainingData) -> Iterator[Variant]:  # noqa: ARG002 - the programs are made
        """Return every partition in every form."""
        for key, lowered in model.forms:
            yield Variant(key, lowered)
