"""Whether rows have cluster structure at all: their best partition against that of structureless rows with the same columns."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.measure.clustering.indices import density_validity, distances, silhouette

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Columns", "StructureTest", "structure_test"]

ROWS = 400
RESAMPLES, MOST_RESAMPLES, FEWEST_ABOVE = 59, 999, 6
CLUSTERS = (2, 3, 4, 5, 6, 8, 11, 15, 20)
CORES = (0.03, 0.06, 0.12, 0.2)
BAND, WIDER = 0.9, 1.25

Index = Literal["silhouette", "density_validity"]


@dataclass(frozen=True, eq=False)
class Columns:
    """Rows in the space in which partitions are evaluated.

    Parameters
    ----------
    points : array of float64, (rows, coordinates)
    blocks : sequence of slice
        The coordinates of each source column.
    discrete : sequence of bool
        Whether a block holds levels.
    """

    points: Floats
    blocks: Sequence[slice]
    discrete: Sequence[bool]


@dataclass(frozen=True)
class StructureTest:
    """What stood out most of a probing search on the rows, and what the same search finds in structureless rows.

    `best` is the index at the number of clusters (or least size of a cluster) at which it stood out most; `limit` is what structureless
    rows exceed there with probability `level` only.
    """

    index: Index
    best: float
    limit: float
    p_value: float
    resamples: int
    level: float

    @property
    def structured(self) -> bool:
        """Whether rows without structure would hardly give such a partition."""
        return self.p_value <= self.level


def structure_test(
    columns: Columns, index: Index, level: float = 0.05, seed: int = 0, until: float | None = None
) -> StructureTest:
    """Test H0 "the rows are one cloud" by simulation.

    A structureless table has the columns of the real one, each permuted on its own, but for two things. Numeric columns keep
    their rank correlations (through a normal copula): a long cloud is one cloud. And each numeric column has the flattest
    distribution with one peak that is near its own: permuted as they are, columns would keep their peaks, and clusters that one
    column alone shows would pass for noise. So tails, skewness and spikes are kept, several peaks and joint structure are not.

    A probing search on at most 400 rows, the same on all tables, returns an index for each of several sizes: silhouettes of k-means
    with 2 to 20 clusters, or density-based validities of HDBSCAN with four least sizes of a cluster. Each is standardised over
    the tables, the real one included, for few clusters have other silhouettes than many, and the statistic is the largest; the p-value
    counts the real table among the structureless ones (after Tibshirani, Walther, Hastie, Journal of the Royal Statistical
    Society B 63, 2001; stopped when the test can only fail, as in Besag and Clifford, Biometrika 78, 1991).

    Parameters
    ----------
    columns : Columns
    index : {"silhouette", "density_validity"}
    level : float
        Probability of finding structure where there is none.
    seed : int
    until : float, optional
        The reading of `time.monotonic` at which to stop simulating.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with scikit-learn, only for searches

    rng = np.random.default_rng(seed)
    points = columns.points
    if len(points) > ROWS:
        points = points[np.sort(rng.choice(len(points), ROWS, replace=False))]
    probe, null = _probe(index, len(columns.blocks)), _Null(points, columns)
    resamples = min(max(RESAMPLES, math.ceil(3 / level) - 1), MOST_RESAMPLES)
    enough = max(math.floor(level * (resamples + 1)), FEWEST_ABOVE)
    with threadpool_limits(1):  # fits are small and many: threads would only wait for each other
        tables = [probe(points)]
        while len(tables) <= resamples and _as_extreme(tables) <= enough:
            if until is not None and time.monotonic() >= until and len(tables) > 1 / level:
                break
            tables.append(probe(null.draw(rng)))
    size = int(np.argmax(_standing_out(tables)[0]))
    limit = float(np.quantile([table[size] for table in tables[1:]], 1.0 - level, method="higher"))
    return StructureTest(
        index, float(tables[0][size]), limit, _as_extreme(tables) / len(tables), len(tables) - 1, level
    )


def _standing_out(tables: Sequence[Floats]) -> Floats:
    """Return how many deviations each index of each table lies above the mean of all tables, (tables, sizes)."""
    values = np.array(tables)
    deviations = values.std(axis=0)
    standing: Floats = (values - values.mean(axis=0)) / np.where(deviations > 0, deviations, 1.0)
    return standing


def _as_extreme(tables: Sequence[Floats]) -> int:
    """Return how many tables, the first of which is real, have at least its statistic, itself included."""
    most = _standing_out(tables).max(axis=1)
    return int((most >= most[0]).sum())


def _probe(index: Index, dimensions: int) -> Callable[[Floats], Floats]:
    """Return the search for the index of a partition of each size."""
    from sklearn.cluster import HDBSCAN, KMeans  # noqa: PLC0415 - heavy, and only for searches

    def by_silhouette(points: Floats) -> Floats:
        apart, distinct = distances(points), len(np.unique(points, axis=0))
        found = [KMeans(k, n_init=1, random_state=0).fit_predict(points) for k in CLUSTERS if k <= distinct]
        return np.array([silhouette(apart, labels) for labels in found] + [0.0] * (len(CLUSTERS) - len(found)))

    def by_density(points: Floats) -> Floats:
        apart = distances(points)
        sizes = [max(3, int(share * len(points))) for share in CORES]
        found = [HDBSCAN(size, min_samples=5, copy=True).fit_predict(points) for size in sizes]
        return np.array([density_validity(apart, labels, dimensions) for labels in found])

    return by_silhouette if index == "silhouette" else by_density


class _Null:
    """Draws structureless tables."""

    def __init__(self, points: Floats, columns: Columns) -> None:
        self.points = points
        self.levels = [block for block, discrete in zip(columns.blocks, columns.discrete, strict=True) if discrete]
        self.numeric = [
            block.start for block, discrete in zip(columns.blocks, columns.discrete, strict=True) if not discrete
        ]
        self.margins = [_one_peak(points[:, j]) for j in self.numeric]
        self.values = [np.unique(points[:, j]) for j in self.numeric]
        scores = _normal_scores(points[:, self.numeric])
        deviations = scores.std(axis=0)
        self.scores = scores / (np.where(deviations > 0, deviations, 1.0) * math.sqrt(len(points)))

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return one table of as many rows."""
        from scipy.special import ndtr  # noqa: PLC0415 - only for searches

        rows = len(self.points)
        drawn = np.empty_like(self.points)
        for block in self.levels:
            drawn[:, block] = self.points[rng.permutation(rows), block]
        joint = ndtr(rng.standard_normal((rows, rows)) @ self.scores)
        for place, j in enumerate(self.numeric):
            cumulative, values = self.margins[place]
            column = np.interp(joint[:, place], cumulative, values)
            if _recur(self.values[place], self.points[:, j]):
                column = _nearest(self.values[place], column)
            drawn[:, j] = column
        return drawn


def _nearest(allowed: Floats, values: Floats) -> Floats:
    middle = (allowed[1:] + allowed[:-1]) / 2.0
    return allowed[np.searchsorted(middle, values)]


def _normal_scores(points: Floats) -> Floats:
    """Return normal scores of the ranks in each column, ties at random places of their order."""
    from scipy.special import ndtri  # noqa: PLC0415 - only for searches

    rows = len(points)
    ranks = np.argsort(np.argsort(points, axis=0, kind="stable"), axis=0, kind="stable")
    scores: Floats = ndtri((ranks + 0.5) / rows)
    for j in range(points.shape[1]):  # ties share the mean of their scores
        _, same = np.unique(points[:, j], return_inverse=True)
        scores[:, j] = (np.bincount(same, scores[:, j]) / np.bincount(same))[same]
    return scores


def _one_peak(values: Floats) -> tuple[Floats, Floats]:
    """Return the vertices (cumulative shares, values) of the flattest distribution near the empirical one that has one peak.

    It is the taut string (Davies and Kovac, Annals of Statistics 29, 2001) in the narrowest band around the cumulative shares in
    which the string has a single peak, but in none that chance alone would fill.
    """
    x, shares = _cumulative(values)
    width = BAND / math.sqrt(len(values))
    while True:
        y, at = _taut_string(x, shares, width)
        slopes = np.diff(y) / np.diff(at) if len(at) > 1 else np.zeros(0)
        turns = np.sign(np.diff(slopes))
        if (np.diff(turns[turns != 0]) <= 0).all() or width > 1:
            return y, at
        width *= WIDER


def _cumulative(values: Floats) -> tuple[Floats, Floats]:
    """Return places in ascending order and the shares below them; where values recur, the places between them."""
    x, counts = np.unique(values, return_counts=True)
    upto = np.cumsum(counts) / len(values)
    if len(x) == 1 or not _recur(x, values):
        return x, upto - counts / (2.0 * len(values))
    middle = (x[1:] + x[:-1]) / 2.0
    return np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]]), np.concatenate([[0.0], upto])


def _recur(distinct: Floats, values: Floats) -> bool:
    return len(distinct) <= len(values) // 2


def _taut_string(x: Floats, y: Floats, width: float) -> tuple[Floats, Floats]:
    """Return the vertices (y, x) of the shortest path between the ends that stays within `width` of y, or less in the tails."""
    room = 2.0 * width * np.sqrt(y * (1.0 - y))  # as the deviation of a cumulative share
    low, high = y - room, y + room
    low[[0, -1]] = high[[0, -1]] = y[[0, -1]]
    path, start, height = [(y[0], x[0])], 0, float(y[0])
    while start < len(x) - 1:
        ahead = x[start + 1 :] - x[start]
        least = np.maximum.accumulate((low[start + 1 :] - height) / ahead)
        most = np.minimum.accumulate((high[start + 1 :] - height) / ahead)
        crossed = np.flatnonzero(least > most)
        stop = int(crossed[0]) if len(crossed) else len(ahead)
        if stop == len(ahead):
            path.append((y[-1], x[-1]))
            break
        rises = (low[start + 1 + stop] - height) / ahead[stop] > most[stop - 1]
        bound = (high if rises else low)[start + 1 : start + 1 + stop]
        slope = most[stop - 1] if rises else least[stop - 1]
        turn = int(np.flatnonzero((bound - height) / ahead[:stop] == slope)[-1])
        start, height = start + 1 + turn, float(bound[turn])
        path.append((height, x[start]))
    vertices = np.array(path)
    return vertices[:, 0], vertices[:, 1]
