"""The family: its search space, its size budget, and the way from data to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_boosting.size import budget_of
from automicro_boosting.space import space_of, strongest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro.program import Lowered
    from automicro_boosting.path import Model

__all__ = ["Boosting"]


class Boosting(Family):
    """Gradient-boosted trees: few, small, with shared features and thresholds."""

    name: ClassVar[str] = "boosting"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})
    in_every_reference: ClassVar[bool] = True

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all settings
        """Missing values stay; categories become numbers."""
        return Needs(missing="keep", categories=("ordinal", "onehot", "target"))

    def space(self, profile: Profile) -> Space:
        """Return shapes of trees (where columns must not interact: of one feature), their number, and what keeps them few and short."""
        return space_of(profile)

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes from no split at all to every leaf in use."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Model:
        """Grow the trees and the path of smaller models that come from them."""
        from automicro_boosting.path import grow  # noqa: PLC0415 - LightGBM is slow to import and only needed here

        return grow(parameters, data)

    def lower(self, model: Model) -> Lowered:
        """Return the largest model of the training."""
        return model.full

    def variants(self, model: Model, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - all is in the model
        """Return the models of the path, the largest first."""
        return tuple(Variant(key, lowered) for key, lowered in model.path) or (Variant("full", model.full),)

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return LightGBM's own default setting."""
        return strongest_of(profile)
