"""The family that finds clusters: which partitions it tries, and the programs that assign new rows to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from automicro.plugin import Choice, Declined, Family, Needs, SizeBudget, Space, Variant
from automicro.program import bounds
from automicro_cluster.unsupervised_partitions import partitions, standardised
from automicro_cluster.unsupervised_points import centres, components, covers
from automicro_cluster.unsupervised_trees import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro.plugin import Profile, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Kind, Task
    from automicro.program import Lowered
    from automicro_cluster.unsupervised_partitions import Partition

__all__ = ["Partitions"]

COUNTS = {"2-6": range(2, 7), "7-12": range(7, 13), "13-26": range(13, 27, 2)}
LEAVES = (1, 2, 4)  # leaves of a tree for each cluster
DENSE_LEAVES = (1, 3, 6, 12)
COVERS = (1, 2, 4, 8)  # points for each dense cluster
MOST_DENSE_CLUSTERS = 12


@dataclass(frozen=True, eq=False)
class Found:
    """All programs of one training, by key."""

    forms: tuple[tuple[str, Lowered], ...]


class Partitions(Family):
    """Clusters by k-means, by a Gaussian mixture with diagonal covariances, or by density, described by thresholds or by centres.

    Its parameters: `method`, and for the first two `clusters`, the range of numbers of clusters, all of which one training tries.
    """

    name: ClassVar[str] = "partition"
    tasks: ClassVar[frozenset[Task]] = frozenset({"clustering"})
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - the same for all settings
        """Missing values are filled, categories one-hot."""
        return Needs()

    def space(self, profile: Profile) -> Space:  # noqa: ARG002 - the same for all problems
        """Return methods and ranges of numbers of clusters."""
        with_counts = ("kmeans", "mixture")
        return Space(
            (
                Choice("method", (*with_counts, "density")),
                Choice("clusters", tuple(COUNTS), when={"method": with_counts}),
            ),
            (
                {"method": "kmeans", "clusters": "2-6"},
                {"method": "density"},
                {"method": "mixture", "clusters": "2-6"},
                {"method": "kmeans", "clusters": "7-12"},
            ),
        )

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return the bytes up to the largest tree or map."""
        dense = parameters["method"] == "density"
        clusters = MOST_DENSE_CLUSTERS + 1 if dense else COUNTS[parameters["clusters"]][-1]
        leaves = clusters * (DENSE_LEAVES if dense else LEAVES)[-1]
        inputs = profile.features_at_most
        tree = bounds.forest_bytes(1, leaves, inputs, clusters, clusters)
        points = 2 * clusters * (COVERS[-1] if dense else 1)  # twice, for the relevances of a mixture
        nearest = bounds.distances_bytes(points, inputs, clusters, clusters)
        return SizeBudget(1, max(tree[1], nearest[1]))

    def fit(self, parameters: Parameters, data: TrainingData) -> Found:
        """Find the partitions of a method and describe each in several ways."""
        units = np.ones(data.X.shape[1]) if data.units is None else data.units
        Z = standardised(data.X, units)
        method = str(parameters["method"])
        counts = COUNTS[parameters["clusters"]] if method != "density" else ()
        forms = [
            form
            for partition in partitions(method, counts, Z, data.seed)
            if method != "density" or partition.clusters <= MOST_DENSE_CLUSTERS
            for form in _forms(partition, data, Z, units)
        ]
        if not forms:
            raise Declined(f"{method} finds no two clusters in {len(data.X)} rows")
        return Found(tuple(forms))

    def lower(self, model: Found) -> Lowered:
        """Return the first program."""
        return model.forms[0][1]

    def variants(self, model: Found, data: TrainingData) -> Iterator[Variant]:  # noqa: ARG002 - the programs are made
        """Return every partition in every form."""
        for key, lowered in model.forms:
            yield Variant(key, lowered)


def _forms(
    partition: Partition, data: TrainingData, Z: NDArray[np.float64], units: NDArray[np.float64]
) -> Iterator[tuple[str, Lowered]]:
    """Give a partition as trees of thresholds and as points."""
    labels = partition.labels
    for times in DENSE_LEAVES if partition.dense else LEAVES:
        leaves = times * (partition.clusters + int(labels.min() < 0))
        made = tree_of(data.X[partition.rows], labels, leaves, data.seed)
        if made is not None:
            yield f"{partition.key},leaves={times}x", made
    if partition.dense:
        for each in COVERS:
            yield f"{partition.key},points={each}x", covers(Z[partition.rows], labels, units, each, data.seed)
    elif partition.spreads is not None:
        yield f"{partition.key},components", components(partition, units)
    else:
        yield f"{partition.key},centres", centres(partition.points, units)
