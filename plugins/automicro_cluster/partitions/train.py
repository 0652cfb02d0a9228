"""From prepared rows to all programs of one training: the partitions of a method, each in several forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined
from automicro_cluster.partitions.clusterings import partitions, standardised
from automicro_cluster.partitions.lower import centres, components, covers
from automicro_cluster.partitions.size import COVERS, DENSE_LEAVES, LEAVES, MOST_DENSE_CLUSTERS
from automicro_cluster.partitions.space import COUNTS
from automicro_cluster.partitions.trees import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro.plugin import Lowered, TrainingData
    from automicro.plugin.family import Parameters
    from automicro_cluster.partitions.clusterings import Partition

__all__ = ["Found", "train"]


@dataclass(frozen=True, eq=False)
class Found:
    """All programs of one training, by key."""

    forms: tuple[tuple[str, Lowered], ...]


def train(parameters: Parameters, data: TrainingData) -> Found:
    """Find the partitions of a method, and state each in several forms.

    Raises
    ------
    Declined
        If the method finds no two clusters.
    """
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
