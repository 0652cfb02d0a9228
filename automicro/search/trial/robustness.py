"""How robust a form is on rows that it was not trained on, and whether that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import ConstraintError, DataError
from automicro.measure import flips, stresses
from automicro.program import Categories, columns_read
from automicro.request import FLIP, INDICES, OF_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from automicro.data import Problem
    from automicro.program import Program
    from automicro.request import Constraints
    from automicro.search.context import QuantisedVariant
    from automicro.search.trial.variant_scores import VariantScores

__all__ = ["check_robustness", "robustness_of", "without_a_column"]

COLUMN_LOST, MOST_COLUMNS = "column_lost", 64
JUDGED_ROWS, FLIP_ROWS, FEW_ROWS = 1000, 40, 500


def check_robustness(problem: Problem, constraints: Constraints) -> None:
    """Raise `ConstraintError` where a robustness is asked for that the problem has none of."""
    if constraints.robustness and FLIP in constraints.robustness and problem.topology is not None:
        raise ConstraintError(
            "robustness: flip is told of rows of tables, but the problem is a graph: ask for stresses instead"
        )
    drifts = [name for name in constraints.robustness or () if name in OF_CATEGORIES]
    if drifts and not any(isinstance(column, Categories) for column in problem.table.columns):
        raise ConstraintError(
            f"robustness: {drifts[0]} needs a column of categories that can drift, but the table has none: leave it out"
        )


def robustness_of(table: VariantScores, form: QuantisedVariant, required: Collection[str]) -> dict[str, float]:
    """Return what a form loses under each stress, the mean over the folds, and the median of what flips are at least away."""
    names = [name for name in required if name != FLIP]
    losses: dict[str, list[float]] = {name: [] for name in names}
    away: list[float] = []
    for fold in range(table.folds):
        program, problem = table.program(form.key, form.precision, fold), table.held_out(fold, JUDGED_ROWS)
        for stress in stresses(program, problem, table.metric, names=names, repeats=1, seed=fold):
            if not np.isnan(stress.loss):  # a metric that is not defined on this fold
                losses[stress.name].append(stress.loss)
        if FLIP in required:
            away += _away(program, problem)
    found = {name: float(np.mean(values)) if values else np.inf for name, values in losses.items()}
    return {**found, FLIP: float(np.sort(away)[(len(away) - 1) // 2])} if FLIP in required else found


def _away(program: Program, problem: Problem) -> list[float]:
    """Return how far some rows are at least from another decision: infinitely where no move of numbers makes one."""
    try:
        return list(flips(program, problem, rows=FLIP_ROWS, search=False).low)
    except DataError:  # no column of numbers is read
        return [np.inf]


def without_a_column(table: VariantScores, form: QuantisedVariant) -> dict[str, float]:
    """Return what the worst column that goes missing takes from the score on rows held out of the first fold, where that is cheap."""
    if not table.folds or table.metric in INDICES:
        return {}
    program = table.program(form.key, form.precision)
    if len(columns_read(program)) > MOST_COLUMNS:
        return {}
    (stress,) = stresses(program, table.held_out(0, FEW_ROWS), table.metric, names=[COLUMN_LOST])
    return {COLUMN_LOST: stress.loss} if np.isfinite(stress.loss) else {}
