"""Whether a metric is defined on the rows that a search validates on: said before the search, where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.measure import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data import Fold, Problem

__all__ = ["checked_folds", "is_defined"]

FEW = 5  # rows of a class, below which there are fewer folds than usual


def is_defined(problem: Problem, rows: NDArray[np.int64], metric: str) -> bool:
    """Whether a metric has a value on some rows, as that of a constant prediction shows."""
    if problem.task == "clustering":
        return True
    if problem.task == "classification":
        blind = np.tile(
            np.bincount(problem.target.astype(np.int64), minlength=problem.classes) / problem.rows, (len(rows), 1)
        )
    else:
        blind = np.full(len(rows), problem.target.mean())
    weights = None if problem.weights is None else problem.weights[rows]
    return not np.isnan(score(metric, problem.target[rows], blind, weights))


def checked_folds(problem: Problem, folds: Sequence[Fold], metric: str, *, are_given: bool = False) -> list[str]:
    """Return notes about folds in which a metric has no value, and about classes of few rows or that are never validated.

    The folds `are_given` if the user named the rows of each.

    Raises
    ------
    DataError
        If the metric has a value in no fold.
    """
    missed = sum(not is_defined(problem, fold.validation, metric) for fold in folds)
    few = "classes" if problem.classes else "different values"
    why = f"the splits of search.cv validate too few {few} at a time" if are_given else _counted(problem)
    if missed == len(folds):
        remedy = "name more rows to validate" if are_given else f"give more rows{_roles(problem)}"
        raise DataError(
            f"{metric} must be defined on the validation rows of some split, but is on none of {len(folds)}: {why}: {remedy}"
        )
    notes = _unseen(problem, folds)
    if missed:
        notes.append(
            f"{metric} is not defined on the validation rows of {missed} of {len(folds)} splits ({why}): scores "
            "are means over the others"
        )
    counts = np.bincount(problem.target.astype(np.int64)) if problem.classes == 2 else np.array([FEW])
    if counts.min() < FEW:
        notes.append(f"{_counted(problem)}: each split validates on one or two of them, so that scores are uncertain")
    return notes


def _unseen(problem: Problem, folds: Sequence[Fold]) -> list[str]:
    """Return a note about the classes that no split validates, if there are some."""
    if problem.labels is None:
        return []
    target = problem.target.astype(np.int64)
    rows = np.bincount(target, minlength=problem.classes).tolist()
    validated = np.bincount(target[np.concatenate([fold.validation for fold in folds])], minlength=problem.classes)
    unseen = [f"{problem.labels[code]!r} ({_rows(rows[code])})" for code in np.flatnonzero(validated == 0)]
    if not unseen:
        return []
    more = f" and {len(unseen) - FEW} more" if len(unseen) > FEW else ""
    classes, them = ("classes", "them") if len(unseen) > 1 else ("class", "it")
    named = f"{classes} {', '.join(unseen[:FEW])}{more}"
    return [f"no split validates {named}: models are trained on {them}, but scores say nothing about {them}"]


def _rows(count: int) -> str:
    return f"{count} row{'s' if count > 1 else ''}"


def _counted(problem: Problem) -> str:
    """Return which class has how many rows, or that the target hardly varies."""
    if problem.labels is None:
        return "the target is the same in all of them"
    counts = np.bincount(problem.target.astype(np.int64), minlength=problem.classes)
    fewest = int(counts.min())
    return f"class {problem.labels[int(counts.argmin())]!r} has only {_rows(fewest)}"


def _roles(problem: Problem) -> str:
    given = [name for name, values in (("groups", problem.groups), ("time", problem.order)) if values is not None]
    return f", or leave {' and '.join(given)} out" if given else ""
