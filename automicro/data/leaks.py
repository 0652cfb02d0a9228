"""Columns that hold the target itself, in another coding or unit, or that alone predict it almost without error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Categories
from automicro.rows.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Column

__all__ = ["leaks"]

ROWS = 20_000  # that are looked at first
NEAR = 0.999  # accuracy, or share of the variance
EXACT = 1.0 - 1e-6
ROWS_A_LEVEL = 5
KNOWN = 0.5  # of the rows
FEWEST = 20


def leaks(problem: Problem, known: Collection[int] = ()) -> list[str]:
    """Return a sentence on columns that determine the target, and one on those that nearly do.

    A column determines classes if each of its values belongs to one class, and numbers if it is a linear function of them. Each column is
    looked at alone, on the rows where it is known; columns in places that are `known` to equal the target are left out.
    """
    if problem.rows < FEWEST or problem.topology is not None or problem.kind not in {"table", "text"}:
        return []
    rows = np.arange(problem.rows)
    if problem.rows > ROWS:
        rows = np.random.default_rng(0).choice(problem.rows, ROWS, replace=False)
    determined, near = [], []
    for place, (name, column) in enumerate(zip(problem.table.names, problem.table.columns, strict=True)):
        if place in problem.excluded_columns or place in known or _share(problem, column, rows) <= NEAR:
            continue
        share = _share(problem, column, np.arange(problem.rows))
        if share >= EXACT:
            determined.append(repr(name))
        elif share > NEAR:
            near.append(repr(name))
    remedy = "drop what is not known when predicting"
    notes = []
    if determined:
        notes.append(
            f"a column equals the target in another coding or unit, or determines it alone: {listed(determined)}; {remedy}"
        )
    if near:
        notes.append(
            f"columns that alone predict the target almost without error (above {NEAR:g}): {listed(near)}; {remedy}"
        )
    return notes


def _share(problem: Problem, column: Column, rows: NDArray[np.int64]) -> float:
    """Return the accuracy, or the share of the variance, with which a column alone predicts the target; 0 if too few rows know it."""
    if isinstance(column, Categories):
        codes: NDArray[Any] = column.codes[rows].astype(np.int64)
        known = codes >= 0
    elif isinstance(column, np.ndarray) and column.ndim == 1:
        codes = column[rows]
        known = ~np.isnan(codes)
    else:
        return 0.0
    if known.sum() < max(FEWEST, KNOWN * len(rows)):
        return 0.0
    values, target = codes[known], problem.target[rows][known]
    if problem.task == "regression":
        return _of_levels(values, target) if isinstance(column, Categories) else _of_line(values, target)
    return _of_classes(values, target, is_number=not isinstance(column, Categories))


def _of_line(values: NDArray[Any], target: NDArray[Any]) -> float:
    x = values.astype(np.float64) - np.mean(values, dtype=np.float64)
    y = target - target.mean()
    spread = float(x @ x) * float(y @ y)
    return 0.0 if spread <= 0 else float(x @ y) ** 2 / spread


def _of_levels(codes: NDArray[np.int64], target: NDArray[Any]) -> float:
    counts = np.bincount(codes)
    total = float(((target - target.mean()) ** 2).sum())
    if len(codes) < ROWS_A_LEVEL * np.count_nonzero(counts) or total <= 0:
        return 0.0
    means = np.bincount(codes, target) / np.maximum(counts, 1)
    return 1.0 - float(((target - means[codes]) ** 2).sum()) / total


def _of_classes(values: NDArray[Any], target: NDArray[Any], *, is_number: bool) -> float:
    """Return the accuracy of the most frequent class of each value, or of two classes on the sides of a threshold."""
    sizes = np.bincount(target)
    if len(np.flatnonzero(sizes)) < 2 or sizes.max() > NEAR * len(target):
        return 0.0
    distinct, codes = np.unique(values, return_inverse=True)
    if len(target) >= ROWS_A_LEVEL * len(distinct) and (not is_number or len(distinct) <= 2 * len(sizes)):
        cells = np.bincount(codes * len(sizes) + target, minlength=len(distinct) * len(sizes))
        return float(cells.reshape(len(distinct), -1).max(axis=1).sum()) / len(target)
    if not is_number or len(sizes) != 2:
        return 0.0
    second = np.bincount(codes, target == 1)
    first = np.bincount(codes) - second
    right = np.cumsum(first) + second.sum() - np.cumsum(second)  # classes 0 up to a value and 1 above it
    return float(max(right.max(), len(target) - right.min())) / len(target)
