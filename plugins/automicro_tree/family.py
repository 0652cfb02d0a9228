"""The family: its search space, its size budget, and the way from data to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_tree.size import budget_of
from automicro_tree.space import space_of
from automicro_tree.train import Model, train

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro.program import Lowered

__all__ = ["DecisionTree"]


class DecisionTree(Family):
    """One decision tree: grown greedily and pruned to every size, or the best of depth two or three."""

    name: ClassVar[str] = "tree"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all settings
        """Missing values stay; categories become numbers."""
        return Needs(missing="keep", categories=("ordinal", "onehot", "target"))

    def space(self, profile: Profile) -> Space:
        """Return how the tree is found, how large it may be, and how its classes are weighted."""
        return space_of(profile)

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes from a lone leaf to a tree of the most leaves."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Model:
        """Find the tree of every size."""
        return train(parameters, data)

    def lower(self, model: Model) -> Lowered:
        """Return the largest tree."""
        return [lowered for key, lowered in model.path if not key.endswith("ranks")][-1]

    def variants(self, model: Model, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - all is in the model
        """Return the trees of every size, the smallest first."""
        return tuple(Variant(key, lowered) for key, lowered in model.path)
