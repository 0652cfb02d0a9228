"""Finds partitions of rows: k-means, diagonal Gaussian mixtures, and density-based clusters with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import drawn_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Partition", "partitions", "standardised"]

STARTS = 4
MOST_ROWS, MOST_DENSE_ROWS = 20_000, 3_000
TAIL = 0.01
DENSE_SHARES = (0.02, 0.05, 0.1, 0.2)
CORE_ROWS = 5


@dataclass(frozen=True, eq=False)
class Partition:
    """Clusters of some rows.

    Parameters
    ----------
    key : str
    rows : array of int, (used rows,)
        Which training rows were used.
    labels : array of int64, (used rows,)
        0..clusters-1, and -1 for noise.
    points : array of float64, (clusters, features)
        Means.
    spreads : array of float64, (clusters, features), or None
        Variances of a mixture.
    shares : array of float64, (clusters,), or None
        Weights of a mixture.
    dense : bool
        Whether clusters are of any shape, so that their means do not describe them.
    """

    key: str
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    points: Floats
    spreads: Floats | None = None
    shares: Floats | None = None
    dense: bool = False

    @property
    def clusters(self) -> int:
        """How many clusters there are, noise not counted."""
        return len(self.points)


def standardised(X: NDArray[np.float32], units: Floats) -> Floats:
    """Return features on the common scale, outliers drawn in to one unit beyond the 1 % and 99 % quantiles."""
    Z = X.astype(np.float64) * units
    low, high = np.quantile(Z, (TAIL, 1.0 - TAIL), axis=0)
    drawn: Floats = np.clip(Z, low - 1.0, high + 1.0)
    return drawn


def partitions(method: str, counts: Sequence[int], Z: Floats, seed: int) -> Iterator[Partition]:
    """Give one partition for each number of clusters, or of a density-based search for each least size of a cluster.

    Parameters
    ----------
    method : {"kmeans", "mixture", "density"}
    counts : sequence of int
        Numbers of clusters; the density-based search has its own.
    Z : array of float64, (rows, features)
    seed : int
    """
    most = MOST_DENSE_ROWS if method == "density" else MOST_ROWS
    rows = drawn_rows(len(Z), most, seed)
    if method == "density":
        yield from _dense(Z[rows], rows)
        return
    distinct = len(np.unique(Z[rows], axis=0))
    for count in counts:
        if count <= distinct:
            yield _mixture(Z[rows], rows, count, seed) if method == "mixture" else _kmeans(Z[rows], rows, count, seed)


def _kmeans(Z: Floats, rows: NDArray[np.int64], count: int, seed: int) -> Partition:
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy, and only for training

    labels = KMeans(count, n_init=STARTS, random_state=seed).fit_predict(Z).astype(np.int64)
    return Partition(f"k={count}", rows, labels, _means(Z, labels))


def _mixture(Z: Floats, rows: NDArray[np.int64], count: int, seed: int) -> Partition:
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415 - as above

    model = GaussianMixture(count, covariance_type="diag", reg_covar=1e-3, n_init=2, random_state=seed).fit(Z)
    labels = model.predict(Z).astype(np.int64)
    points, spreads = np.asarray(model.means_), np.asarray(model.covariances_)
    return Partition(f"k={count}", rows, labels, points, spreads, np.asarray(model.weights_))


def _dense(Z: Floats, rows: NDArray[np.int64]) -> Iterator[Partition]:
    """Give the flat clusters of HDBSCAN (Campello, Moulavi, Sander, PAKDD 2013), with and without its noise."""
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415 - as above

    for share in DENSE_SHARES:
        size = max(CORE_ROWS, round(share * len(Z)))
        if size > len(Z) // 2:
            continue
        labels = HDBSCAN(size, min_samples=CORE_ROWS, copy=True).fit_predict(Z).astype(np.int64)
        if labels.max(initial=-1) < 1:
            continue
        known = labels >= 0
        points = _means(Z[known], labels[known])
        yield Partition(f"share={share:g},bare", rows[known], labels[known], points, dense=True)
        if not known.all():
            yield Partition(f"share={share:g},noise", rows, labels, points, dense=True)


def _means(Z: Floats, labels: NDArray[np.int64]) -> Floats:
    return np.stack([Z[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])
