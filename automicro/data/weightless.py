"""Rows of weight 0, which are left out before anything is read from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import numeric_values, value_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.rows.frames import RawColumn

__all__ = ["only_weighted", "weighted_rows", "without_weightless"]


def weighted_rows(weights: NDArray[Any] | None) -> NDArray[np.bool_] | None:
    """Return which rows have a weight; None if all have, none has, or the weights cannot be read."""
    if weights is None or weights.ndim != 1 or value_kind(weights) not in {"numeric", "boolean"}:
        return None
    kept: NDArray[np.bool_] = numeric_values(weights) != 0
    return None if kept.all() or not kept.any() else kept


def without_weightless(
    columns: Sequence[RawColumn], roles: Mapping[str, RawColumn], *, whole: bool = False
) -> tuple[list[RawColumn], dict[str, RawColumn], list[str], NDArray[np.int64] | None]:
    """Return columns, target, weights, groups and time without the rows of weight 0; a note and `Problem.kept_as`, if there were some.

    Columns of another length are left as they are, for whoever reads them to refuse; if `whole`, all are, for rows that are not there yet.
    """
    kept = weighted_rows(roles["weights"].values) if "weights" in roles and not whole else None

    def part(raw: RawColumn) -> RawColumn:
        if kept is None or raw.values.shape[:1] != kept.shape:
            return raw
        return replace(raw, values=raw.values[kept])

    notes = [] if kept is None else [_note(kept)]
    kept_as = None if kept is None else np.where(kept, np.cumsum(kept) - 1, -1)
    return list(map(part, columns)), {role: part(raw) for role, raw in roles.items()}, notes, kept_as


def _note(kept: NDArray[np.bool_]) -> str:
    """Return a sentence about the rows that were left out."""
    return f"{int((~kept).sum()):,} of {len(kept):,} rows have weight 0 and are left out"


def only_weighted(problem: Problem) -> Problem:
    """Return a problem about graphs or nodes of a graph without the rows of weight 0."""
    kept = weighted_rows(problem.weights)
    if kept is None:
        return problem
    notes = (*problem.notes, _note(kept))
    return replace(problem.only(np.flatnonzero(kept)), notes=notes)
