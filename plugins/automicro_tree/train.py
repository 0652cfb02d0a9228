"""From prepared rows to the tree of every size: one training, the path of programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined, class_shares, drawn_rows
from automicro.plugin.objectives import CLASSES_ALIKE
from automicro_tree.binning import Binned
from automicro_tree.candidates import guess_comparisons
from automicro_tree.criteria import balancing, impurity, weight_of
from automicro_tree.exhaustive import best_trees, comparisons_affordable, to_splits
from automicro_tree.greedy import grow
from automicro_tree.labelling import counts_errors
from automicro_tree.lower import Target, lowered, only_order_counts
from automicro_tree.monotone import filled
from automicro_tree.pruning import best_subtrees
from automicro_tree.refining import Rows, refine
from automicro_tree.size import sizes
from automicro_tree.splits import settle
from automicro_tree.targets import centres, regression_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.plugin.family import Parameters
    from automicro.program import Lowered
    from automicro_tree.criteria import Criterion
    from automicro_tree.exhaustive import Nested
    from automicro_tree.splits import Grown, Splits

__all__ = ["Model", "train"]

EXHAUSTIVE_ROWS = 6000
REFINING_ROWS = 10_000
REFINING_CELLS = 600_000  # rows times features
COMPARISONS = 120
GREEDY_FACTOR = 4  # a tree is grown to so many times the leaves that it is pruned to


@dataclass(frozen=True)
class Model:
    """Result of a training: for every recipe its program, the smallest tree first."""

    path: tuple[tuple[str, Lowered], ...]


@dataclass(frozen=True, eq=False)
class _Task:
    """The rows of a training without those of no weight, and what is required of them.

    `mass` (rows, masses) is what the leaves sum, `scaled` the same with class weights; `scale` (masses,) lies between
    them.
    """

    data: TrainingData
    mass: NDArray[np.float64]
    scale: NDArray[np.float64]
    target: Target
    criterion: Criterion

    @property
    def scaled(self) -> NDArray[np.float64]:
        return self.mass * self.scale

    @property
    def final_criterion(self) -> Criterion:
        """Criterion for a tree of a size: errors where the metric counts those, else the criterion of growth."""
        errors = self.data.task == "classification" and counts_errors(self.data.metric) and self.criterion == "gini"
        return "error" if errors else self.criterion


def train(parameters: Parameters, data: TrainingData) -> Model:
    """Return the path of trees of one training."""
    if not data.X.shape[1]:
        raise Declined("needs a column that is not constant; there is none")
    data, order = filled(data)
    task = _task(parameters, data)
    task = replace(task, target=replace(task.target, order=order))
    trees = _exhaustive(parameters, task) if parameters["search"] == "exhaustive" else _greedy(parameters, task)
    path = []
    for size, grown in trees.items():
        path.append((f"leaves={size}", lowered(grown, task.target)))
        if only_order_counts(task.target) and size > 2:
            path.append((f"leaves={size},ranks", lowered(grown, task.target, ranks=True)))
    return Model(tuple(path))


def _task(parameters: Parameters, data: TrainingData) -> _Task:
    data = _rows_that_count(data)
    weights = np.ones(len(data.X)) if data.weights is None else data.weights * (len(data.X) / data.weights.sum())
    metric = data.metric.removeprefix("neg_")
    if data.task == "regression":
        mass = np.stack([weights, weights * regression_target(data)], axis=1)
        return _Task(data, mass, np.ones(2), Target(0, data.metric, np.ones(0)), "squared")
    mass = weights[:, None] * class_shares(data)
    alike = parameters["class_weight"] == "balanced" or metric in CLASSES_ALIKE
    scale = balancing(mass) if alike else np.ones(data.classes)
    return _Task(data, mass, scale, Target(data.classes, data.metric, scale), parameters["criterion"])


def _rows_that_count(data: TrainingData) -> TrainingData:
    return data if data.weights is None or np.all(data.weights > 0) else data.at(data.weights > 0)


def _min_leaf(parameters: Parameters, rows: int) -> int:
    return max(1, round(float(parameters["min_leaf"]) * rows))


def _greedy(parameters: Parameters, task: _Task) -> dict[int, Grown]:
    wanted = sizes(parameters)
    splits = _grown_on_few_columns(parameters, task, GREEDY_FACTOR * wanted[-1])
    grown = _settled(splits, task)
    cost = impurity((grown.mass * task.scale).T, task.final_criterion)
    trees = best_subtrees(grown, cost, wanted)
    return trees if parameters["search"] == "greedy" else _refined(trees, parameters, task)


def _refined(trees: dict[int, Grown], parameters: Parameters, task: _Task) -> dict[int, Grown]:
    most = min(REFINING_ROWS, max(REFINING_CELLS // max(task.data.X.shape[1], 1), 2000))
    rows = drawn_rows(len(task.data.X), most, task.data.seed)
    X = task.data.X[rows]
    if task.data.max_columns is not None:  # no column that the grown trees do not read
        source = np.array([feature.column for feature in task.data.features])
        largest = trees[max(trees)].splits.feature
        X = np.where(np.isin(source, source[largest[largest >= 0]]), X, np.float32(0))
    shared = Rows(X, task.scaled[rows], Binned.of(X), _min_leaf(parameters, len(rows)))
    criterion, thrift = task.final_criterion, float(parameters["thrift"])
    return {size: _settled(refine(grown.splits, shared, criterion, thrift), task) for size, grown in trees.items()}


def _grown_on_few_columns(parameters: Parameters, task: _Task, leaves: int) -> Splits:
    """Grow a tree; where it reads more source columns than allowed, grow it again on those that lower impurity most."""
    min_leaf = float(parameters["min_leaf"])

    def grow_on(X: NDArray[np.float32]) -> Splits:
        return grow(X, task.scaled, task.criterion, leaves, min_leaf, task.data.seed)

    splits = grow_on(task.data.X)
    source = np.array([feature.column for feature in task.data.features])
    most = task.data.max_columns
    if most is None or len(np.unique(source[splits.feature[splits.feature >= 0]])) <= most:
        return splits
    grown = _settled(splits, task)
    gain = np.zeros(source.max() + 1)
    cost = impurity((grown.mass * task.scale).T, task.criterion)
    right = grown.splits.right()
    for node in np.flatnonzero(right >= 0):
        gain[source[grown.splits.feature[node]]] += cost[node] - cost[node + 1] - cost[right[node]]
    chosen = np.flatnonzero(np.isin(source, np.argsort(-gain, kind="stable")[:most]))
    few = grow_on(task.data.X[:, chosen])
    return replace(few, feature=np.where(few.feature >= 0, chosen[few.feature], -1).astype(np.int32))


def _exhaustive(parameters: Parameters, task: _Task) -> dict[int, Grown]:
    data, wanted = task.data, sizes(parameters)
    rows = drawn_rows(len(data.X), EXHAUSTIVE_ROWS, data.seed)
    X, mass = data.X[rows], task.scaled[rows]
    most = min(COMPARISONS, comparisons_affordable(len(rows), mass.shape[1]))
    comparisons = guess_comparisons(X, mass, task.criterion, most, data.seed)
    if data.max_columns is not None:
        columns = list(dict.fromkeys(data.features[c.feature].column for c in comparisons))[: data.max_columns]
        comparisons = [c for c in comparisons if data.features[c.feature].column in columns]
    best: dict[int, tuple[float, Nested]] = {1: (np.inf, None)}
    if comparisons:
        holds = np.stack([c.holds(X) for c in comparisons], axis=1)
        least = parameters["min_leaf"] * weight_of(mass.T, task.criterion).sum()
        best |= best_trees(holds, mass, task.final_criterion, parameters["depth"], least)
    chosen = {size: min((cost, leaves) for leaves, (cost, _) in best.items() if leaves <= size)[1] for size in wanted}
    return {size: _settled(to_splits(best[leaves][1], comparisons), task) for size, leaves in chosen.items()}


def _settled(splits: Splits, task: _Task) -> Grown:
    binary = {place for place, feature in enumerate(task.data.features) if feature.kind in {"level", "missing"}}
    return settle(splits, task.data.X, task.mass, centres(task.data), binary)
