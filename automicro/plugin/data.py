"""Prepared data, as a family's `fit` receives them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin.structural import StructuralConstraints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin.feature import Feature
    from automicro.plugin.profile import Task
    from automicro.plugin.start import Start
    from automicro.program import Topology

__all__ = ["TrainingData", "drawn_rows"]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Prepared rows.

    Parameters
    ----------
    X : array of float32, (rows, features)
        NaN only where the family's needs say ``missing="keep"``; never infinite. The values are those that the program will
        compute from a raw row, so a comparison in training is the comparison at prediction.
    y : array, (rows,)
        Class codes 0..classes-1 as int64, or targets as float64; zeros for clustering.
    weights : array of float64, (rows,), or None
        Sample weights.
    task : {"classification", "regression", "clustering"}
        Task of the problem.
    classes : int
        Number of classes, 0 for regression.
    features : tuple of Feature
        One for each column of `X`.
    metric : str
        The constraint's metric, by scikit-learn's name (``"roc_auc"``, ``"r2"``), for families that can train towards it.
    seed : int
        The only source of randomness that a family may use.
    groups : array, (rows,), or None
        Rows of one group must not be split between inner training and validation rows.
    max_columns : int or None
        The model may read at most this many source columns.
    structural : StructuralConstraints
        Constraints on the model's structure, such as directions of the score.
    soft_targets : array of float64, (rows, classes) or (rows,), or None
        A teacher's predictions.
    unlabelled : array of float32, (nodes, features), or None
        Prepared nodes of the same graph whose target is not known; None where there is no graph, or its nodes are in `X`.
    topology : Topology or None
        For families that serve graphs: the rows of `X` are nodes, so connected, and `y` has one value for each of `places`, or for each
        graph.
    places : array of int64, (rows,), or None
        The nodes whose target is known and may be learnt from; None if targets belong to graphs.
    start : Start or None
        What an earlier model or a pretrained encoder brings; use of it what serves, and say so in `Family.reused`.
    units : array of float64, (features,), or None
        For clustering: what each feature is multiplied with to have the scale of the space in which partitions are evaluated.

    Examples
    --------
    >>> from automicro.plugin import Feature
    >>> X, y = np.float32([[1.0], [2.0]]), np.array([0, 1])
    >>> TrainingData(X, y, "classification", 2, (Feature(0, "age", "numeric"),), "accuracy").outputs
    1
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64] | NDArray[np.float64]
    task: Task
    classes: int
    features: tuple[Feature, ...]
    metric: str
    seed: int = 0
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    max_columns: int | None = None
    soft_targets: NDArray[np.float64] | None = None
    unlabelled: NDArray[np.float32] | None = None
    topology: Topology | None = None
    places: NDArray[np.int64] | None = None
    start: Start | None = None
    units: NDArray[np.float64] | None = None
    structural: StructuralConstraints = field(default_factory=StructuralConstraints)

    @property
    def outputs(self) -> int:
        """Scores per row: 1 for regression and two classes, else one a class."""
        return self.classes if self.classes > 2 else 1

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> TrainingData:
        """Return the data of some rows, given as positions or as a mask; the nodes of a graph stay."""
        weights, groups, soft = self.weights, self.groups, self.soft_targets
        return replace(
            self,
            X=self.X[rows],
            y=self.y[rows],
            weights=None if weights is None else weights[rows],
            groups=None if groups is None else groups[rows],
            soft_targets=None if soft is None else soft[rows],
        )


def drawn_rows(rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return all rows, or so many drawn at random where there are more, in ascending order.

    Parameters
    ----------
    rows : int
        Number of rows.
    most : int
        Number of rows that are drawn at most.
    seed : int
        Seed of the draw.

    Returns
    -------
    array of int64
        Positions of the rows.

    Examples
    --------
    >>> drawn_rows(3, 5, seed=0), len(drawn_rows(1000, 5, seed=0))
    (array([0, 1, 2]), 5)
    """
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
