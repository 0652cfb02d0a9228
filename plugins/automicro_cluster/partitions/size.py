"""How many leaves and points describe a partition, and how many bytes they can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds
from automicro_cluster.partitions.space import COUNTS

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["COVERS", "DENSE_LEAVES", "LEAVES", "MOST_DENSE_CLUSTERS", "budget_of"]

LEAVES = (1, 2, 4)  # leaves of a tree for each cluster
DENSE_LEAVES = (1, 3, 6, 12)
COVERS = (1, 2, 4, 8)  # points for each dense cluster
MOST_DENSE_CLUSTERS = 12


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return the bytes up to the largest tree or map."""
    dense = parameters["method"] == "density"
    clusters = MOST_DENSE_CLUSTERS + 1 if dense else COUNTS[parameters["clusters"]][-1]
    leaves = clusters * (DENSE_LEAVES if dense else LEAVES)[-1]
    inputs = profile.features_at_most
    tree = bounds.forest_bytes(1, leaves, inputs, clusters, clusters)
    points = 2 * clusters * (COVERS[-1] if dense else 1)  # twice, for the relevances of a mixture
    nearest = bounds.distances_bytes(points, inputs, clusters, clusters)
    return SizeBudget(1, max(tree[1], nearest[1]))
