"""The family: its search space, its size budget, and the way from data to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from automicro.plugin import Choice, Family, Float, Integer, Needs, SizeBudget, Space, Variant
from automicro.program import bounds
from automicro_tree.training import Model, sizes, train

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile, TrainingData
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
        of_classes = (
            Choice("criterion", ("gini", "entropy")),
            Choice("class_weight", ("none", "balanced")),
        )
        return Space(
            (
                Choice("search", ("exhaustive", "greedy", "refined")),
                Integer("depth", 2, 3, when={"search": ("exhaustive",)}),
                Integer("leaves", 8, 128, log=True, when={"search": ("greedy", "refined")}),
                Float("thrift", 0.0, 0.5, when={"search": ("refined",)}),
                Float("min_leaf", 0.0005, 0.05, log=True),
                *(of_classes if profile.task == "classification" else ()),
            ),
            tuple(_portfolio(profile)),
        )

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes from a lone leaf to a tree of the most leaves."""
        most = sizes(parameters)[-1]
        at_least, _ = bounds.forest_bytes(1, 1, 0, profile.outputs, profile.classes)
        _, at_most = bounds.forest_bytes(1, most, profile.features_at_most, profile.outputs, profile.classes)
        return SizeBudget(at_least, at_most)

    def fit(self, parameters: Parameters, data: TrainingData) -> Model:
        """Find the tree of every size."""
        return train(parameters, data)

    def lower(self, model: Model) -> Lowered:
        """Return the largest tree."""
        return [lowered for key, lowered in model.path if not key.endswith("ranks")][-1]

    def variants(self, model: Model, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - all is in the model
        """Return the trees of every size, the smallest first."""
        return tuple(Variant(key, lowered) for key, lowered in model.path)


def _portfolio(profile: Profile) -> Iterable[dict[str, Any]]:
    of_classes = {"criterion": "gini", "class_weight": "none"} if profile.task == "classification" else {}
    yield {"search": "exhaustive", "depth": 3, "min_leaf": 0.01, **of_classes}
    yield {"search": "refined", "leaves": 64, "thrift": 0.1, "min_leaf": 0.003, **of_classes}
    yield {"search": "refined", "leaves": 128, "thrift": 0.0, "min_leaf": 0.001, **of_classes}
