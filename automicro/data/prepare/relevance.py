"""Which source columns matter most, beside those that matter more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.data.prepare.prepare import Preparation, PreparationSettings
from automicro.data.prepare.ranking import MOST_COLUMNS, MOST_ROWS, correlations, greedy, importances_of
from automicro.data.split import row_subset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem

__all__ = ["rank_by_clusters", "rank_columns"]

CLUSTERS = 8


def rank_columns(problem: Problem, rows: NDArray[np.int64], seed: int = 0) -> tuple[int, ...]:
    """Return the numbers of the columns that vary within `rows`, such that the first k are a good choice of k.

    Relevance is the mean decrease of impurity in extremely randomised trees (Geurts, Ernst, Wehenkel, Machine
    Learning 63, 2006) on at most some 4,000 rows, with categories as cross-fitted target means, so that having many
    levels is no advantage. Next in the ranking is always the column with the largest product of relevance and 1 -
    |r|, where r is its strongest correlation with a column ranked before (after Peng, Long, Ding, IEEE PAMI 27,
    2005): ten columns that say the same would else come before the first that adds something. It takes up to a
    second: keep the result.
    """
    subset = row_subset(problem, rows, MOST_ROWS, seed)
    prepared = Preparation.fit(problem, subset, PreparationSettings(categories="target"), seed=seed)
    importances = importances_of(problem, subset, prepared.fit_matrix, seed)
    relevance = np.zeros(len(problem.table.columns))
    for feature, importance in zip(prepared.features, importances, strict=True):
        relevance[feature.column] += importance
    place = {f.column: i for i, f in enumerate(prepared.features) if f.kind != "missing"}
    columns = sorted(place, key=lambda j: (-relevance[j], j))
    first = columns[:MOST_COLUMNS]
    alike = correlations(prepared.fit_matrix[:, [place[j] for j in first]])
    flags = sorted({feature.column for feature in prepared.features} - set(columns))
    return (*(first[i] for i in greedy(relevance[first], alike)), *columns[MOST_COLUMNS:], *flags)


def rank_by_clusters(
    problem: Problem, points: NDArray[np.float64], rows: NDArray[np.int64], seed: int = 0
) -> tuple[int, ...]:
    """Return the numbers of the columns by how well they predict eight clusters of all columns, for a problem without target.

    Parameters
    ----------
    problem : Problem
    points : array of float64, (all rows, coordinates)
        The space of the clusters.
    rows : array of int64
    seed : int
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy, and only for training

    subset = row_subset(problem, rows, MOST_ROWS, seed)
    target = np.zeros(problem.rows, dtype=np.int64)
    target[subset] = KMeans(min(CLUSTERS, len(subset)), n_init=1, random_state=seed).fit_predict(points[subset])
    labels = tuple(range(int(target.max()) + 1))
    return rank_columns(replace(problem, target=target, task="classification", labels=labels), subset, seed)
