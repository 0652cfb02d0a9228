"""Which source columns matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.data.split import row_subset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem

__all__ = ["rank_columns"]

TREES = 100
MOST_ROWS = 4000


def rank_columns(problem: Problem, rows: NDArray[np.int64], seed: int = 0) -> tuple[int, ...]:
    """Return the numbers of the columns that vary within `rows`, the most relevant first.

    Relevance is the mean decrease of impurity in extremely randomised trees (Geurts, Ernst, Wehenkel 2006) on at most some 4,000 rows, with categories as
    cross-fitted target means so that many levels are no advantage. Takes about a second; keep the result where it is needed again.
    """
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor  # noqa: PLC0415 - heavy, and only for training

    from automicro.data.prepare import Preparation, PreparationSettings  # noqa: PLC0415 - which itself asks for a ranking

    subset = row_subset(problem, rows, MOST_ROWS, seed)
    prepared = Preparation.fit(problem, subset, PreparationSettings(categories="target"), seed=seed)
    forest = ExtraTreesRegressor if problem.task == "regression" else ExtraTreesClassifier
    model = forest(TREES, min_samples_leaf=3, max_features="sqrt", random_state=seed, n_jobs=1)
    weights = None if problem.weights is None else problem.weights[subset]
    model.fit(prepared.fit_matrix, problem.target[subset], sample_weight=weights)
    total = np.zeros(len(problem.table.columns))
    for feature, importance in zip(prepared.features, model.feature_importances_, strict=True):
        total[feature.column] += importance
    used = sorted({feature.column for feature in prepared.features})
    return tuple(sorted(used, key=lambda j: (-total[j], j)))
