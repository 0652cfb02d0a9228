"""The family `mlp`: one training returns a path of networks with ever fewer bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Declined, Family, Needs, Variant
from automicro_mlp.lower import lowered
from automicro_mlp.setting import Setting
from automicro_mlp.size import budget_of, size_bytes
from automicro_mlp.space import space_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Task
    from automicro_mlp.lower import Trained

__all__ = ["Mlp"]


class Mlp(Family):
    """Networks of one to three hidden layers whose weights are whole numbers, rounded while they are trained.

    Its parameters: `width` of the first hidden layer, `depth` and, with more than one, `narrowing` of each next one; `bits` of the
    weights of the largest layers; `rate`, the price of a bit; `scales`, a step for each unit or for each layer; `inputs`, the most
    features that are kept; `noise` on the features and `steps` of training; `teacher`, whether wide networks teach.
    """

    name: ClassVar[str] = "mlp"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    start_seconds: ClassVar[float] = 4.0  # to import torch

    def space(self, profile: Profile) -> Space:
        """Return widths, depths, precisions, prices of a bit and ways of training."""
        return space_of(profile)

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all
        """Return: missing values filled, categories one-hot; the network scales on its own, by powers of two."""
        return Needs()

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between the layers behind the first at the fewest bits and all weights at the largest codes."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Trained:
        """Train a path of networks."""
        from automicro_mlp.train import train  # noqa: PLC0415 - torch is heavy: only training needs it

        return train(data, Setting.of(parameters))

    def reused(self, model: Trained) -> str:
        """Return which layers began with earlier weights."""
        return model.reused

    def lower(self, model: Trained) -> Lowered:
        """Return the first network of the path, the one with the most bits."""
        return lowered(model, model.path[0])

    def variants(self, model: Trained, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - the path has its rows
        """Return the networks of the path that are as large as the size budget says.

        Raises
        ------
        Declined
            If all are smaller.
        """
        made = [Variant(f"point={number}", lowered(model, stack)) for number, stack in enumerate(model.path)]
        kept = [variant for variant in made if size_bytes(variant.lowered, model.features) >= model.least_bytes]
        if not kept:
            raise Declined(
                f"hardly any weight is left, so that fewer than {model.least_bytes} bytes are: take fewer units"
            )
        return kept
