"""The programs of one clustering candidate, fold by fold, and the indices of the partitions that they make of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.measure import agreement, density_validity, distances, silhouette
from automicro.program import evaluate
from automicro.request import INDICES
from automicro.search.trial.training import standard_of
from automicro.search.trial.variant_scores import UNTOUCHED, VariantScores, check_finite, mean_utility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from automicro.data import Fold
    from automicro.program import Batch, Program
    from automicro.search.context import Context

__all__ = ["PartitionTable", "assigned"]

ROWS, SHARED_ROWS = 1000, 2000


def assigned(program: Program, batch: Batch) -> NDArray[np.int64]:
    """Return the cluster of each row, -1 for noise."""
    prediction = evaluate(program, batch)
    check_finite(prediction)
    if program.labels is None:
        return np.zeros(len(prediction), dtype=np.int64)
    names = np.array(program.labels, dtype=np.int64)
    told: NDArray[np.int64] = names[np.argmax(prediction, axis=1)]
    return told


class _Measured:
    """Rows with their distances in the one space, and the partitions that programs make of them."""

    def __init__(self, context: Context, rows: NDArray[np.int64]) -> None:
        standard = standard_of(context.problem)
        self.batch = context.problem.batch(rows)
        self.apart = distances(standard.points[rows])
        self.dimensions = standard.dimensions

    def index(self, name: str, program: Program) -> float:
        """Return silhouette or density validity of a program's partition."""
        labels = assigned(program, self.batch)
        if name == "silhouette":
            return silhouette(self.apart, labels)
        return density_validity(self.apart, labels, self.dimensions)


class PartitionTable(VariantScores):
    """What is known of each form of a clustering candidate.

    Its utility on a fold is an index of the partition that the fold's program makes of rows it was not trained on. Stability compares
    the partitions that the two programs of a cut make of the same rows. At most 1,000 rows are judged for each fold.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._measured: list[_Measured] = []
        self._shared = context.problem.batch(_thinned(np.arange(context.problem.rows), SHARED_ROWS))

    @property
    def screened_rows(self) -> int:
        """Rows that are judged in the folds trained so far."""
        return sum(min(len(fold.validation), ROWS) for fold in self._folds)

    def add_fold(self, fold: Fold, programs: dict[str, Program]) -> None:
        """Take up the programs of one more fold."""
        super().add_fold(fold, programs)
        self._measured.append(_Measured(self._context, _thinned(fold.validation, ROWS)))

    def screen(self, keys: list[str]) -> dict[str, float]:
        """Return each variant's mean index as trained."""
        self._screened += [{} for _ in range(self.folds - len(self._screened))]
        for fold, known in enumerate(self._screened):
            known.update({key: self.fold_utility(key, UNTOUCHED, fold) for key in keys if key not in known})
        return {key: mean_utility([known[key] for known in self._screened]) for key in keys}

    def predictions(self, key: str, precision: str, fold: int) -> NDArray[np.float64]:
        """Return the clusters of the validation rows of a fold."""
        return assigned(self.program(key, precision, fold), self._batches[fold]).astype(np.float64)

    def fold_utility(self, key: str, precision: str, fold: int) -> float:
        """Return a form's index on one fold."""
        return self._index(self._context.metric, key, precision, fold)

    def indices(self, key: str, precision: str, names: Sequence[str] = INDICES) -> dict[str, float]:
        """Return the means over the folds of several indices."""
        return {
            name: mean_utility([self._index(name, key, precision, fold) for fold in range(self.folds)])
            for name in names
        }

    def indices_as_shipped(self, program: Program, names: Iterable[str]) -> dict[str, float]:
        """Return indices of the partition that a final program makes of all rows; stability is one of two programs."""
        measured = _Measured(self._context, _thinned(np.arange(self._context.problem.rows), SHARED_ROWS))
        return {name: measured.index(name, program) for name in names if name != "stability"}

    def _index(self, name: str, key: str, precision: str, fold: int) -> float:
        if name != "stability":
            return self._measured[fold].index(name, self.program(key, precision, fold))
        repeat = self._folds[fold].repeat
        pair = [place for place, other in enumerate(self._folds) if other.repeat == repeat]
        one, other = (assigned(self.program(key, precision, place), self._shared) for place in pair)
        return agreement(one, other)


def _thinned(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[:: -(-len(rows) // most)]
