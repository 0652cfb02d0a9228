"""A family's strongest setting on one fold, or on all rows: what ships of it, how that scores, and how long it takes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import evaluate, pack, unpack
from automicro.search.context import Probe, ProbeTask, ReferenceOutcome, ReferenceTask
from automicro.search.trial.training import every_row, train
from automicro.search.trial.variant_scores import utility_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import Family
    from automicro.search.context import Context

__all__ = ["StrongestOutcome", "StrongestTask", "run_strongest"]

StrongestTask = ReferenceTask | ProbeTask
StrongestOutcome = ReferenceOutcome | Probe

EVERY, FEWER = 16, 4  # a probe trains on one row of so many, and on so many times fewer


def run_strongest(context: Context, family: Family, task: StrongestTask) -> StrongestOutcome:
    """Return what ships of a strongest setting and how that scores, or how long a fold takes."""
    return _probed(context, family, task) if isinstance(task, ProbeTask) else _scored(context, family, task)


def _scored(context: Context, family: Family, task: ReferenceTask) -> ReferenceOutcome:
    if task.fold is None:
        return ReferenceOutcome(_trained(context, family, task, every_row(context)), math.nan, np.zeros(0))
    fold = context.folds[task.fold]
    artifact = _trained(context, family, task, fold.train)
    prediction = evaluate(unpack(artifact), context.problem.batch(fold.validation))
    return ReferenceOutcome(artifact, utility_of(context, fold.validation, prediction), prediction)


def _probed(context: Context, family: Family, task: ProbeTask) -> Probe:
    """Return how long a strongest setting takes on a fold, estimated from two trainings on few of its rows."""
    fold = context.folds[0]

    def seconds(every: int) -> float:
        started = time.monotonic()
        artifact = _trained(context, family, task, fold.train[::every])
        evaluate(unpack(artifact), context.problem.batch(fold.validation[::every]))
        return time.monotonic() - started

    seconds(EVERY * FEWER**2)  # what a first training imports is not to be counted
    few, more = seconds(EVERY * FEWER), seconds(EVERY)
    each = max(more - few, 0.0) / (1 / EVERY - 1 / (EVERY * FEWER))  # of all rows, without what any training takes
    return Probe(more + each * (1 - 1 / EVERY))


def _trained(context: Context, family: Family, task: ReferenceTask | ProbeTask, rows: NDArray[np.int64]) -> bytes:
    return pack(train(context, family, task.candidate, rows, every_variant=False).programs["full"])
