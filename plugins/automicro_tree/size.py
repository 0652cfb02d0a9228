"""How many leaves the trees of a training have, and how many bytes they can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["SIZES", "budget_of", "sizes"]

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128)


def sizes(parameters: Parameters) -> tuple[int, ...]:
    """Return the numbers of leaves of the trees that a training returns."""
    most = 2 ** parameters["depth"] if parameters["search"] == "exhaustive" else parameters["leaves"]
    return (*(size for size in SIZES if size < most), most)


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return the bytes from a lone leaf to a tree of the most leaves."""
    most = sizes(parameters)[-1]
    at_least, _ = bounds.forest_bytes(1, 1, 0, profile.outputs, profile.classes)
    _, at_most = bounds.forest_bytes(1, most, profile.features_at_most, profile.outputs, profile.classes)
    return SizeBudget(at_least, at_most)
