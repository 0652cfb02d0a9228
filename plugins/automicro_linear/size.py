"""How many bytes a model can take, known before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["budget_of"]


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return bytes between a constant and float32 for every term."""
    inputs, outputs = profile.features_at_most, profile.outputs
    most = bounds.affine_bytes(inputs, outputs, profile.classes)[1]
    if cuts := int(parameters["cuts"]):
        most += bounds.tables_bytes(inputs, inputs * outputs * (cuts + 2), outputs, profile.classes)[1]
    return SizeBudget(1, most)
