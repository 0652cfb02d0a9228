"""Which features of a matrix matter most, beside those that matter more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "correlations", "greedy", "importances_of", "rank_features"]

TREES = 100
MOST_ROWS = 4000
MOST_COLUMNS = 500


def rank_features(problem: Problem, rows: NDArray[np.int64], X: NDArray[np.float32], seed: int = 0) -> list[int]:
    """Return the places of the features of `rows`, (rows, features), ranked as `rank_columns` ranks columns."""
    step = -(-len(rows) // MOST_ROWS)
    X, rows = X[::step], rows[::step]
    relevance = importances_of(problem, rows, X, seed)
    order = np.argsort(-relevance, kind="stable")
    first = order[:MOST_COLUMNS]
    chosen = greedy(relevance[first], correlations(X[:, first]))
    return [*first[chosen].tolist(), *order[MOST_COLUMNS:].tolist()]


def importances_of(problem: Problem, rows: NDArray[np.int64], X: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Return the mean decrease of impurity by each feature in extremely randomised trees."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor  # noqa: PLC0415 - heavy, and only for training

    forest = ExtraTreesRegressor if problem.task == "regression" else ExtraTreesClassifier
    model = forest(TREES, min_samples_leaf=3, max_features="sqrt", random_state=seed, n_jobs=1)
    weights = None if problem.weights is None else problem.weights[rows]
    model.fit(X, problem.target[rows], sample_weight=weights)
    return np.asarray(model.feature_importances_, dtype=np.float64)


def correlations(X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the absolute correlations of the columns of X; 0 with a column that is constant."""
    centred = X - X.mean(axis=0, dtype=np.float64)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(length > 0, length, 1.0)
    return np.asarray(np.abs(unit.T @ unit), dtype=np.float64)


def greedy(relevance: NDArray[np.float64], alike: NDArray[np.float64]) -> list[int]:
    """Return the order in which each has the largest relevance times 1 - its strongest correlation with one before."""
    ranking: list[int] = []
    nearest = np.zeros(len(relevance))
    left = np.ones(len(relevance), dtype=bool)
    for _ in relevance:
        best = int(np.where(left, relevance * (1.0 - nearest), -np.inf).argmax())
        ranking.append(best)
        left[best] = False
        nearest = np.minimum(np.maximum(nearest, alike[best]), 1.0)
    return ranking
