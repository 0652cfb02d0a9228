"""What can be tried: how a tree is found, how large it may be, and how its classes are weighted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.plugin import Choice, Float, Integer, Space

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile

__all__ = ["space_of"]


def space_of(profile: Profile) -> Space:
    """Return the space for a problem."""
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


def _portfolio(profile: Profile) -> Iterable[dict[str, Any]]:
    of_classes = {"criterion": "gini", "class_weight": "none"} if profile.task == "classification" else {}
    yield {"search": "exhaustive", "depth": 3, "min_leaf": 0.01, **of_classes}
    yield {"search": "refined", "leaves": 64, "thrift": 0.1, "min_leaf": 0.003, **of_classes}
    yield {"search": "refined", "leaves": 128, "thrift": 0.0, "min_leaf": 0.001, **of_classes}
