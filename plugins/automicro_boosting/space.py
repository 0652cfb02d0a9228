"""What can be tried: shapes of trees, their number, and what keeps them few and short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.plugin import Choice, Float, Integer, Space

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["space_of", "strongest_of"]


def space_of(profile: Profile) -> Space:
    """Return the space for a problem: where columns must not interact, trees of one feature alone."""
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


def strongest_of(profile: Profile) -> Parameters:
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
