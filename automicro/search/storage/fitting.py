"""Whether an outcome that was read can be one of its task, as far as the search relies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program import evaluate, unpack
from automicro.search.context import State

if TYPE_CHECKING:
    from automicro.search.context import Context, Outcome, TrialTask

__all__ = ["misfit"]

FINISHED = frozenset(State) - {State.ABANDONED, State.SKIPPED}
ROWS = 3  # that an artifact must predict


def misfit(outcome: Outcome, task: TrialTask, context: Context) -> str:
    """Return what of an outcome does not fit its task, as the end of a sentence; empty if all does."""
    for each in (outcome, *outcome.others):
        if each.number != task.candidate.number:
            return "holds a trial of another number"
        if each.status not in FINISHED or (each is not outcome and each.others):
            return "does not hold a finished trial"
        complete = each.artifact is not None and each.form is not None and each.structure is not None
        if not complete and (each.artifact is not None or each.status == State.FEASIBLE or each is not outcome):
            return "holds an incomplete trial"
        if not _fits(each, context) or not each.values.keys() <= context.required(task.target).by_name.keys():
            return "holds a trial of other data"
    return ""


def _fits(outcome: Outcome, context: Context) -> bool:
    """Whether arrays have the shape of the problem, and the artifact predicts its rows."""
    problem, folds = context.problem, context.folds
    held, repeats = outcome.out_of_fold, 1 + max(fold.repeat for fold in folds)
    if held is not None and not (held.ndim > 1 and len(held) <= repeats and held.shape[1] == problem.rows):
        return False
    if len(outcome.fold_utilities) > len(folds) or not 0 <= outcome.folds_run <= len(folds):
        return False
    if outcome.artifact is None:
        return True
    try:
        program = unpack(outcome.artifact)
        evaluate(program, problem.batch(np.arange(min(ROWS, problem.rows))))
    except Exception:  # noqa: BLE001 - whatever a program of other columns raises
        return False
    return problem.labels is None or program.labels == problem.labels
