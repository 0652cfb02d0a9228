"""Indices of a partition of rows: silhouette, density-based validity, and the agreement of two partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

__all__ = ["agreement", "density_validity", "distances", "silhouette"]

FEWEST_ROWS = 3  # a cluster of fewer rows has no density


def distances(points: NDArray[np.floating]) -> Floats:
    """Return the Euclidean distances between rows, (rows, rows)."""
    exact = np.asarray(points, dtype=np.float64)
    lengths = (exact**2).sum(axis=1)
    squares = lengths[:, None] + lengths[None, :] - 2.0 * exact @ exact.T
    np.fill_diagonal(squares, 0.0)
    result: Floats = np.sqrt(np.maximum(squares, 0.0))
    return result


def silhouette(apart: Floats, labels: Labels) -> float:
    """Return the mean silhouette width (Rousseeuw, Journal of Computational and Applied Mathematics 20, 1987).

    Parameters
    ----------
    apart : array of float64, (rows, rows)
        Distances.
    labels : array of int, (rows,)
        A negative label is noise: such a row has width 0, so that calling rows noise gains nothing. So has the only row of a
        cluster, and every row if there are fewer than two clusters.

    Examples
    --------
    >>> apart = distances(np.array([[0.0], [1.0], [10.0], [11.0]]))
    >>> round(silhouette(apart, np.array([0, 0, 1, 1])), 3)
    0.9
    """
    names, members = np.unique(labels, return_inverse=True)
    inside = np.arange(len(names)) >= np.searchsorted(names, 0)
    if inside.sum() < 2:
        return 0.0
    belongs = (members[:, None] == np.arange(len(names))[None, :]).astype(apart.dtype)
    sizes = belongs.sum(axis=0)
    sums = apart @ belongs
    rows = np.arange(len(labels))
    own = sums[rows, members] / np.maximum(sizes[members] - 1, 1)
    means = np.where(inside, sums / sizes, np.inf)
    means[rows, members] = np.inf
    nearest = means.min(axis=1)
    widths = (nearest - own) / np.maximum(np.maximum(nearest, own), np.finfo(np.float64).tiny)
    return float(np.where(inside[members] & (sizes[members] > 1), widths, 0.0).mean())


def density_validity(apart: Floats, labels: Labels, dimensions: int) -> float:
    """Return the density-based validity, DBCV (Moulavi, Jaskowiak, Campello, Zimek, Sander, SIAM Data Mining 2014).

    Parameters
    ----------
    apart : array of float64, (rows, rows)
        Distances.
    labels : array of int, (rows,)
        A negative label is noise, which counts among all rows, and in no cluster.
    dimensions : int
        Dimensions of the space, for the density at a row.

    Returns
    -------
    float
        From -1 to 1; 0 if there are fewer than two clusters. A cluster of fewer than three rows counts as noise.
    """
    names, sizes = np.unique(labels[labels >= 0], return_counts=True)
    clusters = [_Dense(apart, np.flatnonzero(labels == name), dimensions) for name in names[sizes >= FEWEST_ROWS]]
    if len(clusters) < 2:
        return 0.0
    total = 0.0
    for cluster in clusters:
        separation = min(cluster.separation(apart, other) for other in clusters if other is not cluster)
        worse = max(separation, cluster.sparseness)
        total += cluster.size * (separation - cluster.sparseness) / worse if worse > 0 else 0.0
    return total / len(labels)


class _Dense:
    """One cluster: how sparse it is inside, and its rows that are not at its border."""

    def __init__(self, apart: Floats, rows: NDArray[np.int64], dimensions: int) -> None:
        self.size = len(rows)
        within = apart[np.ix_(rows, rows)]
        core = _core(within, dimensions)
        reach = np.maximum(within, np.maximum(core[:, None], core[None, :]))
        ends, weights = _spanning_tree(reach)
        inner = np.bincount(ends.ravel(), minlength=len(rows)) > 1
        between = inner[ends].all(axis=1)
        self.sparseness = float((weights[between] if between.any() else weights).max())
        self.rows, self.core = rows[inner], core[inner]

    def separation(self, apart: Floats, other: _Dense) -> float:
        """Return the least mutual reachability between inner rows of two clusters."""
        reach = np.maximum(apart[np.ix_(self.rows, other.rows)], np.maximum(self.core[:, None], other.core[None, :]))
        return float(reach.min())


def _core(within: Floats, dimensions: int) -> Floats:
    """Return the all-points core distance of each row; equal rows are left out of it."""
    apart = np.where(within > 0, within, np.inf)
    nearest = apart.min(axis=1)
    nearest = np.where(np.isfinite(nearest), nearest, 0.0)
    shares = ((nearest[:, None] / apart) ** dimensions).sum(axis=1) / (len(within) - 1)
    core: Floats = nearest * np.where(shares > 0, shares, 1.0) ** (-1.0 / dimensions)
    return core


def _spanning_tree(reach: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return edges (rows - 1, 2) and weights of a minimum spanning tree (Prim)."""
    count = len(reach)
    best, parent = reach[0].copy(), np.zeros(count, dtype=np.int64)
    best[0] = np.inf
    out = np.ones(count, dtype=bool)
    out[0] = False
    ends, weights = np.empty((count - 1, 2), dtype=np.int64), np.empty(count - 1)
    for edge in range(count - 1):
        new = int(np.argmin(best))
        ends[edge], weights[edge] = (parent[new], new), best[new]
        out[new] = False
        nearer = out & (reach[new] < best)
        best[nearer], parent[nearer] = reach[new][nearer], new
        best[new] = np.inf
    return ends, weights


def agreement(one: Labels, other: Labels) -> float:
    """Return the adjusted Rand index of two partitions of the same rows (Hubert and Arabie, Journal of Classification 2, 1985).

    Noise counts as one more cluster. Two partitions into a single cluster agree.

    Examples
    --------
    >>> agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 2, 2]))
    1.0
    """
    _, first = np.unique(one, return_inverse=True)
    _, second = np.unique(other, return_inverse=True)
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1.0)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1.0)).sum() / 2.0)

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    every = len(one) * (len(one) - 1.0) / 2.0
    expected, most = rows * columns / every, (rows + columns) / 2.0
    return 1.0 if most == expected else (both - expected) / (most - expected)
