"""How many bytes a model of prototypes can take, known before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds
from automicro_cluster.prototypes.space import prototypes_of

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["budget_of"]


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return bytes between a constant and float32 for every number."""
    inputs, points = profile.features_at_most, prototypes_of(parameters, profile)
    outputs, classes = max(profile.classes, 1), profile.classes
    if parameters["kind"] == "kernels":
        return SizeBudget(1, bounds.distances_bytes(points, inputs, 1, kernels=True)[1])
    if parameters["kind"] == "nearest":
        most = bounds.distances_bytes(points, inputs, outputs, classes)[1]
        return SizeBudget(1, max(most, bounds.affine_bytes(inputs, outputs, classes)[1]))
    dimensions = int(parameters["dimensions"])
    most = bounds.distances_bytes(points, dimensions, outputs, classes)[1]
    return SizeBudget(1, most + bounds.affine_bytes(inputs, dimensions)[1])
