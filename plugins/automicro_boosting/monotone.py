"""Tables and trees that keep the required directions, after their values have been fitted anew, merged and rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import fills_of, ordered_leaves, ordered_pieces
from automicro_boosting.tables import Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.program.encodings import Encoding
    from automicro_boosting.ensemble import Ensemble, GrownTree
    from automicro_boosting.tables import StepTable

    Array = NDArray[np.float64]

__all__ = ["Order", "filled"]


@dataclass(frozen=True, eq=False)
class Order:
    """Directions (features,), what a missing value counts as (features,), and the training rows, which show how much a value weighs."""

    signs: NDArray[np.int64]
    fills: NDArray[np.float32]
    X: NDArray[np.float32]

    def kept(self, ensemble: Ensemble | Tables, encoding: Encoding | None) -> Ensemble | Tables:
        """Return an ensemble that keeps the directions, with values of the encoding if there is one."""
        if isinstance(ensemble, Tables):
            return replace(ensemble, tables=tuple(self._table(table, encoding) for table in ensemble.tables))
        return replace(ensemble, trees=tuple(self._tree(tree, encoding) for tree in ensemble.trees))

    def _table(self, table: StepTable, encoding: Encoding | None) -> StepTable:
        sign = int(self.signs[table.feature])
        if not sign:
            return table
        mass = np.bincount(table.place(self.X[:, table.feature]), minlength=len(table.values))[:-1]
        pieces = _rounded(ordered_pieces(table.values[:-1], mass.astype(np.float64), sign), encoding)
        gone = pieces[np.searchsorted(table.cuts, self.fills[table.feature], side="left")]
        return replace(table, values=np.append(pieces, gone))

    def _tree(self, tree: GrownTree, encoding: Encoding | None) -> GrownTree:
        split = tree.feature >= 0
        ordered = split & (self.signs[tree.feature] != 0)
        if not ordered.any():
            return tree
        mass = np.zeros(len(tree.feature))
        mass[tree.leaves] = np.bincount(tree.reach(self.X), minlength=len(tree.leaves))
        value = np.where(split, 0.0, _rounded(ordered_leaves(tree.feature, tree.value, mass, self.signs), encoding))
        default = np.where(ordered, self.fills[tree.feature] <= tree.threshold, tree.default_left)
        return replace(tree, value=value, default_left=default)


def _rounded(values: Array, encoding: Encoding | None) -> Array:
    """Return the nearest values of an encoding, which keeps their order."""
    return values if encoding is None else np.asarray(encoding.round(values), dtype=np.float64)


def filled(data: TrainingData) -> tuple[TrainingData, Order | None]:
    """Return the data with missing values of features with a direction filled, and the order to keep; None if none is requested."""
    signs = data.structural.signs(data.features)
    if not signs.any():
        return data, None
    fills = fills_of(data)
    X = np.asfortranarray(np.where(np.isnan(data.X), fills, data.X), dtype=np.float32)
    return replace(data, X=X), Order(signs, fills, X)
