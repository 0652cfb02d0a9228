"""A family's strongest setting on one fold, or on all rows: what ships of it, and how that scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import evaluate, pack, unpack
from automicro.search.forms import gain_of
from automicro.search.task import ReferenceOutcome
from automicro.search.training import every_row, train

if TYPE_CHECKING:
    from automicro.plugin import Family
    from automicro.search.task import Context, ReferenceTask

__all__ = ["scored_strongest"]


def scored_strongest(context: Context, family: Family, task: ReferenceTask) -> ReferenceOutcome:
    """Return what ships of a strongest setting, and how that scores on its fold."""
    rows = every_row(context) if task.fold is None else context.folds[task.fold].train[:: task.every]
    artifact = pack(train(context, family, task.candidate, rows, every_variant=False).programs["full"])
    if task.fold is None:
        return ReferenceOutcome(artifact, math.nan, np.zeros(0))
    judged = context.folds[task.fold].validation[:: task.every]
    prediction = evaluate(unpack(artifact), context.problem.batch(judged))
    return ReferenceOutcome(artifact, gain_of(context, judged, prediction), prediction)
