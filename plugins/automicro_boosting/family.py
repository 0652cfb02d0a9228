"""The family: its search space, its size budget, and the way from data to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from automicro.plugin import (
    Choice,
    Family,
    Float,
    Integer,
    Needs,
    SizeBudget,
    Space,
    Variant,
)
from automicro.program import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile, TrainingData
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
        shapes = ("additive",) if profile.structural.max_interactions == 0 else ("additive", "forest")
        links = () if profile.task == "classification" else (Choice("logarithmic", (False, True)),)
        return Space(
            (
                Choice("shape", shapes),
                *links,
                Integer("rounds", 5, 200, log=True),
                Integer("leaves", 2, 16, log=True),
                Float("learning_rate", 0.1, 0.9, log=True),
                Integer("max_bin", 7, 255, log=True),
                Integer("min_leaf", 3, 100, log=True),
                Choice("feature_penalty", (0.0001, 0.0, 0.0003, 0.001)),
                Float("ridge", 0.1, 100.0, log=True),
                Integer("digits", 2, 6),
            ),
            tuple(setting for setting in _portfolio(profile) if setting["shape"] in shapes),
            identity_when={"logarithmic": (False,)} if links else {},
        )

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes from no split at all to every leaf in use."""
        trees, leaves = parameters["rounds"] * profile.outputs, parameters["leaves"]
        features, outputs, labels = profile.features_at_most, profile.outputs, profile.classes
        tables = min(features * outputs, trees * (leaves - 1))
        least, most = bounds.forest_bytes(trees, leaves, features, outputs, labels)
        least_tables, most_tables = bounds.tables_bytes(features, trees * (leaves - 1) + tables, outputs, labels)
        return SizeBudget(min(least, least_tables), most + most_tables)

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
        default = {"rounds": 100, "leaves": 31, "learning_rate": 0.1, "min_leaf": 20, "feature_penalty": 0.0}
        return _setting(profile, shape="large", digits=23, **default)


def _setting(profile: Profile, **changes: Any) -> dict[str, Any]:
    setting: dict[str, Any] = {
        "shape": "additive",
        "rounds": 60,
        "leaves": 2,
        "learning_rate": 0.5,
        "max_bin": 255,
        "min_leaf": 20,
        "feature_penalty": 0.0001,
        "ridge": 1.0,
        "digits": 3,
        **changes,
    }
    return setting if profile.task == "classification" else {"logarithmic": False, **setting}


def _portfolio(profile: Profile) -> Iterable[dict[str, Any]]:
    """Return settings that gave small models on many tables: additive ones first, then forests with room to prune."""
    yield _setting(profile)
    if profile.task == "regression":
        forest = {"shape": "forest", "learning_rate": 0.3, "logarithmic": True}
        yield _setting(profile, rounds=60, leaves=4, **forest)
        yield _setting(profile, rounds=100, leaves=8, ridge=10.0, digits=6, **forest)
        yield _setting(profile, rounds=100, leaves=3, digits=4, logarithmic=True)
    yield _setting(profile, shape="forest", rounds=45, leaves=4, learning_rate=0.3)
    yield _setting(profile, rounds=100, learning_rate=0.3, min_leaf=30, ridge=60.0)
    yield _setting(profile, learning_rate=0.3, max_bin=15, min_leaf=10, ridge=0.3)
    yield _setting(profile, rounds=100, leaves=3, ridge=3.0, digits=4)
    yield _setting(profile, shape="forest", rounds=100, leaves=8, learning_rate=0.3, ridge=10.0, digits=5)
