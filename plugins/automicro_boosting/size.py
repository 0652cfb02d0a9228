"""How many bytes an ensemble can take, known before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["budget_of"]


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return the bytes from no split at all to every leaf in use."""
    trees, leaves = parameters["rounds"] * profile.outputs, parameters["leaves"]
    features, outputs, labels = profile.features_at_most, profile.outputs, profile.classes
    tables = min(features * outputs, trees * (leaves - 1))
    least, most = bounds.forest_bytes(trees, leaves, features, outputs, labels)
    least_tables, most_tables = bounds.tables_bytes(features, trees * (leaves - 1) + tables, outputs, labels)
    return SizeBudget(min(least, least_tables), most + most_tables)
