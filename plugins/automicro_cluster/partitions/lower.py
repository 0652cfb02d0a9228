"""Partitions described by points: cells of centres, components of a mixture, or several points a cluster and noise beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Affine, Chain, Distances, Lowered, Nearest, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro_cluster.partitions.clusterings import Partition

    Floats = NDArray[np.float64]

__all__ = ["centres", "components", "covers"]

STARTS = 2


def centres(points: Floats, units: Floats) -> Lowered:
    """Return an affine map to one score a centre: half the squared distance to it, turned, less what all share.

    Its softmax is the probability of each centre in a mixture of spheres of one unit.

    Parameters
    ----------
    points : array of float64, (clusters, features)
        Centres on the common scale.
    units : array of float64, (features,)
        What features are multiplied with to come to that scale.
    """
    weights = (points - points[0]) * units
    bias = -((points**2).sum(axis=1) - (points[0] ** 2).sum()) / 2.0
    names = tuple(range(len(points)))
    if len(points) == 2:
        return Lowered(Affine(Weights.of(weights[1:]), Weights.of(bias[1:])), "sigmoid", names)
    return Lowered(Affine(Weights.of(weights), Weights.of(bias)), "softmax", names)


def components(partition: Partition, units: Floats) -> Lowered:
    """Return the logarithm of each component's density and weight, so that the softmax is its probability."""
    if partition.spreads is None or partition.shares is None:
        raise ValueError("only a mixture has components")
    relevances = 0.5 * units**2 / partition.spreads
    bias = np.log(partition.shares) - 0.5 * np.log(partition.spreads).sum(axis=1)
    body = Distances(Weights.of(partition.points / units), Weights.of(relevances))
    names = tuple(range(partition.clusters))
    return Lowered(Chain((body, Nearest(names, Weights.of(bias - bias.max())))), "softmax", names)


def covers(Z: Floats, labels: NDArray[np.int64], units: Floats, each: int, seed: int) -> Lowered:
    """Return the nearest of at most `each` points a cluster, the centres of its own k-means; and, if there is noise, how far is noise.

    Parameters
    ----------
    Z : array of float64, (rows, features)
    labels : array of int64, (rows,)
    units : array of float64, (features,)
    each : int
    seed : int
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy, and only for training

    points, owners = [], []
    for label in range(int(labels.max()) + 1):
        own = Z[labels == label]
        count = min(each, len(np.unique(own, axis=0)))
        points.append(KMeans(count, n_init=STARTS, random_state=seed).fit(own).cluster_centers_)
        owners += [label] * count
    stacked = np.concatenate(points)
    names: tuple[int, ...] = tuple(range(max(owners) + 1))
    noise = labels < 0
    otherwise = -_radius(Z, noise, stacked) if noise.any() else None
    body = Distances(Weights.of(stacked / units), Weights.of(units**2))
    nearest = Nearest(tuple(owners), None, None if otherwise is None else float(np.float32(otherwise)))
    return Lowered(Chain((body, nearest)), "softmax", names if otherwise is None else (*names, -1))


def _radius(Z: Floats, noise: NDArray[np.bool_], points: Floats) -> float:
    """Return the squared distance to the nearest point beyond which most rows are noise and below which fewest are."""
    nearest = ((Z[:, None, :] - points[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    order = np.argsort(nearest, kind="stable")
    wrong = np.cumsum(noise[order]) + (~noise).sum() - np.cumsum(~noise[order])
    return float(nearest[order][int(np.argmin(wrong))])
