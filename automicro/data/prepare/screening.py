"""Which columns of a table with far more columns than rows are most relevant to the target."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Categories, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Column

__all__ = ["SCREENED", "screened"]

SCREENED = 500  # columns that are left
AT_ONCE = 1000  # columns whose ranks are in memory
WIDE = 2  # columns for each training row, from which columns are screened


def screened(problem: Problem, columns: Sequence[int], rows: NDArray[np.int64]) -> list[int]:
    """Return the columns that a preparation makes features of: all but where they are many more than the training rows.

    With more than 500 columns, and more than two for each training row, the 500 columns with the largest univariate relevance
    are left (sure independence screening, Fan and Lv, JRSS B 70, 2008), and the `needed` ones. Relevance is the share
    of the target's variance that the ranks of a column explain, linearly or by their distance from the middle, or that a
    category's levels explain beyond chance. Series and texts stay.

    Parameters
    ----------
    problem : Problem
    columns : sequence of int
        Column numbers.
    rows : array of int64, (training rows,)
        The rows that relevance is taken from.
    """
    if problem.topology is not None or problem.task == "clustering":
        return list(columns)
    plain = [j for j in columns if problem.table.profiles[j].kind not in {"series", "text"}]
    if len(plain) <= max(SCREENED, WIDE * len(rows)):
        return list(columns)
    kept = (
        _best(problem, tuple(plain), np.asarray(rows, np.int64).tobytes())
        | problem.needed
        | (set(columns) - set(plain))
    )
    return [j for j in columns if j in kept]


@lru_cache(maxsize=64)
def _best(problem: Problem, columns: tuple[int, ...], chosen: bytes) -> frozenset[int]:
    """Return the most relevant columns; every trial of a search needs those of the same rows."""
    rows = np.frombuffer(chosen, dtype=np.int64)
    relevance = _relevances([take(problem.table.columns[j], rows) for j in columns], _outcomes(problem, rows))
    return frozenset(columns[i] for i in np.argsort(-relevance, kind="stable")[:SCREENED].tolist())


def _outcomes(problem: Problem, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the ranks of the target, or one indicator for each class, each with mean 0 and length 1, (rows, outcomes)."""
    target = problem.target[rows]
    if problem.task == "classification":
        return _unit((target[:, None] == np.unique(target)[None, :]).astype(np.float64))
    return _unit(_ranks(target[:, None]))


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return ranks within columns, the mean rank for equal values, the middle one being 0."""
    from scipy.stats import rankdata  # noqa: PLC0415 - heavy, and only for training

    ranks: NDArray[np.float64] = rankdata(values, axis=0) - 0.5 * (len(values) + 1)
    return ranks


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit: NDArray[np.float64] = centred / np.where(length > 0, length, 1.0)
    return unit


def _relevances(columns: Sequence[Column], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each column the largest share of an outcome's variance that it explains."""
    relevance = np.zeros(len(columns))
    numeric = [i for i, column in enumerate(columns) if isinstance(column, np.ndarray)]
    for start in range(0, len(numeric), AT_ONCE):
        part = numeric[start : start + AT_ONCE]
        relevance[part] = _of_numbers(np.column_stack([columns[i] for i in part]), outcomes)  # type: ignore[misc]  # arrays all
    for i, column in enumerate(columns):
        if isinstance(column, Categories):
            relevance[i] = _of_levels(column, outcomes)
    return relevance


def _of_numbers(values: NDArray[Any], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    missing = np.isnan(values)
    ranks = _ranks(np.where(missing, np.inf, values))
    if missing.any():
        known = np.maximum((~missing).sum(axis=0), 1)
        ranks = np.where(missing, 0.0, ranks - np.where(missing, 0.0, ranks).sum(axis=0) / known)
    forms = [ranks, np.abs(ranks), missing.astype(np.float64)] if missing.any() else [ranks, np.abs(ranks)]
    best: NDArray[np.float64] = np.max([((_unit(form).T @ outcomes) ** 2).max(axis=1) for form in forms], axis=0)
    return best


def _of_levels(column: Categories, outcomes: NDArray[np.float64]) -> float:
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1).astype(np.float64)
    sums = np.stack([np.bincount(column.codes + 1, outcome, len(counts)) for outcome in outcomes.T])
    known = counts > 0
    explained = float((sums[:, known] ** 2 / counts[known]).sum(axis=1).max())
    rows, levels = len(column.codes), int(known.sum())
    if not 1 < levels < rows:
        return 0.0
    return max(0.0, 1.0 - (1.0 - explained) * (rows - 1) / (rows - levels))
