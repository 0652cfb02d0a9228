"""Rows that occur several times, such as those of an oversampled class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Categories, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Column

__all__ = ["with_copies_together"]

MANY = 0.05  # of the rows are copies of others
FINE = 0.5  # of the different rows: as many values has a column in which rows are not equal by chance
GRID = 10  # places of a grid for each value that occurs, from which on a column is no grid
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Knuth, The Art of Computer Programming 3, 6.4
SHIFT = np.uint64(29)


def with_copies_together(problem: Problem) -> Problem:
    """Return a problem in which rows with equal columns and target are one group, if they are many and not equal by chance.

    Equal rows on both sides of a split make a score that no new row will have. Rows of coarse columns are equal by chance, as new rows
    will be, and stay as they are; so do rows that have groups or a time already.
    """
    is_table = problem.topology is None and problem.kind in {"table", "text"}
    if not is_table or problem.task == "clustering" or problem.groups is not None or problem.order is not None:
        return problem
    _, codes, counts = np.unique(_hashes(problem), return_inverse=True, return_counts=True)
    copies = problem.rows - len(counts)
    if len(counts) < 2 or copies < MANY * problem.rows:
        return problem
    if max(map(_fine_values, problem.table.columns)) < FINE * len(counts):
        return problem
    note = (
        f"{copies:,} of {problem.rows:,} rows are copies of others: copies stay on one side of every split, as if they were "
        "groups; drop them, or pass weights instead, if they are not separate observations"
    )
    return replace(problem, groups=codes.astype(np.int64), copied=True, notes=(*problem.notes, note))


def _fine_values(column: Column) -> int:
    """Return how many values a column has; 0 of categories and of numbers on a grid, such as ages in years, which are equal by chance."""
    if isinstance(column, Categories):
        return 0
    if isinstance(column, Texts):
        return len(set(column.values.tolist()))
    values = np.unique(np.asarray(column, dtype=np.float64))
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return 0
    places = (values[-1] - values[0]) / np.diff(values).min()
    return len(values) if places >= GRID * len(values) else 0


def _hashes(problem: Problem) -> NDArray[np.uint64]:
    total = _mixed(problem.target.astype(np.float64).view(np.uint64))
    for column in problem.table.columns:
        total = _mixed(total ^ _keys(column))
    return total


def _keys(column: Column) -> NDArray[np.uint64]:
    if isinstance(column, Categories):
        return column.codes.astype(np.int64).view(np.uint64)
    if isinstance(column, Texts):
        known: dict[str | None, int] = {}
        codes = [known.setdefault(text, len(known)) for text in column.values.tolist()]
        return np.array(codes, dtype=np.uint64)
    values = np.where(np.isnan(column), np.float32(np.nan), column + np.float32(0))  # one NaN, one zero
    return values.astype(np.float32).view(np.uint32).astype(np.uint64)


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return keys whose bits are spread over all 64."""
    mixed = keys * FACTOR
    mixed ^= mixed >> SHIFT
    return mixed * FACTOR
