"""The one space in which partitions of a table are evaluated: every column, on a common scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.program import Categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.plugin import Feature

__all__ = ["Standard"]

TAIL = 0.01
MOST_LEVELS = 128


@dataclass(frozen=True, eq=False)
class Standard:
    """All columns of a table as coordinates of a Euclidean space.

    Numbers are centred on their median and divided by the standard deviation of what lies between their 1 % and 99 % quantiles
    (what lies outside counts as at the quantile, so that outliers do not set the scale); in the space they reach at most one such
    deviation beyond these quantiles. A missing number lies at the median. Categories and booleans have one coordinate a level,
    0 or 1, so that two rows of different levels are as far apart as two typical rows of a numeric column; a missing one is at the
    origin.

    Parameters
    ----------
    points : array of float64, (rows, coordinates)
    blocks : tuple of slice
        The coordinates of each column that varies.
    discrete : tuple of bool
        Whether a block is that of a category or a boolean.
    scales : array of float64, (columns,)
        What a unit of the space is in each source column; 1 for categories and booleans.
    booleans : frozenset of int
        Columns of booleans.
    """

    points: NDArray[np.float64]
    blocks: tuple[slice, ...]
    discrete: tuple[bool, ...]
    scales: NDArray[np.float64]
    booleans: frozenset[int]

    @classmethod
    def of(cls, problem: Problem) -> Standard:
        """Return the space of a problem's table."""
        parts: list[NDArray[np.float64]] = []
        blocks, discrete, place = [], [], 0
        scales = np.ones(len(problem.table.columns))
        booleans = frozenset(j for j, p in enumerate(problem.table.profiles) if p.kind == "boolean")
        for j, column in enumerate(problem.table.columns):
            if j in problem.excluded_columns:
                continue
            if isinstance(column, Categories):
                part = (column.codes[:, None] == np.arange(min(len(column.levels), MOST_LEVELS))[None, :]).astype(float)
            elif j in booleans:
                part = np.stack([column == 0, column == 1], axis=1).astype(float)
            elif isinstance(column, np.ndarray) and column.ndim == 1:
                scales[j], part = _scaled(column)
            else:
                raise DataError(
                    "clusters are found in columns of numbers and levels only, but there are series or texts"
                )
            if part.size and (part != part[0]).any():
                parts.append(part)
                blocks.append(slice(place, place := place + part.shape[1]))
                discrete.append(isinstance(column, Categories) or j in booleans)
        if not parts:
            raise DataError(
                "some column must vary where it is known, but each has one value: nothing separates the rows"
            )
        return cls(np.concatenate(parts, axis=1), tuple(blocks), tuple(discrete), scales, booleans)

    @property
    def dimensions(self) -> int:
        """Columns that vary."""
        return len(self.blocks)

    def units(self, features: Sequence[Feature]) -> NDArray[np.float64]:
        """Return what prepared features are multiplied with to have the scale of this space."""
        columns = [feature.column for feature in features if feature.kind == "level"]
        return np.array([self._unit(feature, columns.count(feature.column)) for feature in features])

    def _unit(self, feature: Feature, levels: int) -> float:
        if feature.column in self.booleans or (feature.kind == "level" and levels == 1):
            return math.sqrt(2.0)  # one coordinate represents two
        return 1.0 / float(self.scales[feature.column]) if feature.kind == "numeric" else 1.0


def _scaled(column: NDArray[np.float32]) -> tuple[float, NDArray[np.float64]]:
    """Return the scale of a numeric column and its coordinate, (rows, 1)."""
    values = column.astype(np.float64)
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0, np.zeros((len(values), 1))
    low, high = np.quantile(known, (TAIL, 1.0 - TAIL))
    scale = float(np.clip(known, low, high).std()) or float(known.std()) or 1.0
    inside = np.clip(np.where(np.isnan(values), np.median(known), values), low - scale, high + scale)
    return scale, ((inside - np.median(known)) / scale)[:, None]
