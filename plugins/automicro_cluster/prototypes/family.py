"""The family `cluster`: prototypes, and what is nearest or how near it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_cluster.prototypes.lower import lowered
from automicro_cluster.prototypes.size import budget_of
from automicro_cluster.prototypes.space import space_of, strongest_of
from automicro_cluster.prototypes.train import Setting, train

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Task
    from automicro_cluster.prototypes.train import Trained

__all__ = ["Cluster"]


class Cluster(Family):
    """Models of prototypes, trained by gradient descent from class-wise k-means, with the rounding that ships in the loop.

    Its parameters: `kind`, what is compared: the columns under relevances ("nearest"), a projection of them ("projected"), or for
    numbers how fast the influence of prototypes fades ("kernels"); `prototypes`, how many a class, or in all; `noise` that rows get in
    training; `shrink`, the penalty of relevances or of the projection; `medoids`, whether prototypes are rows of the data;
    `dimensions`, `density` and `mantissa` bits of the projection.
    """

    name: ClassVar[str] = "cluster"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    start_seconds: ClassVar[float] = 1.0  # a training takes seconds, others' portfolios often less

    def space(self, profile: Profile) -> Space:
        """Return kinds, numbers of prototypes, and how they are trained."""
        return space_of(profile)

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - an argument of the protocol
        """Return: missing values filled, categories one-hot; prototypes find the scale of columns themselves."""
        return Needs(missing="fill")

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between a constant and float32 for every number."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Trained:
        """Train prototypes on a path of fewer columns and coarser numbers."""
        return train(data, Setting.of(parameters))

    def lower(self, model: Trained) -> Lowered:
        """Return the most exact stage."""
        return lowered(model, model.stages[0])

    def variants(self, model: Trained, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - the stages have all
        """Return every stage."""
        for stage in model.stages:
            yield Variant(stage.key, lowered(model, stage))

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return many prototypes in a projection, or many kernels."""
        return strongest_of(profile)
