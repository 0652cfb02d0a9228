"""What is known of a problem before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.data.prepare import PreparationSettings, features_at_most
from automicro.plugin import Profile

if TYPE_CHECKING:
    from automicro.data.problem import Problem

__all__ = ["profile"]


def profile(
    problem: Problem, settings: PreparationSettings | None = None, *, max_features: int | None = None
) -> Profile:
    """Return the profile of a problem for candidates that are prepared with `settings`.

    Parameters
    ----------
    problem : Problem
    settings : PreparationSettings, optional
        Decide `features_at_most`; by default those of `PreparationSettings()`.
    max_features : int, optional
        The constraint on source columns.
    """
    counts = (
        np.bincount(problem.target, minlength=problem.classes)
        if problem.labels is not None
        else np.zeros(0, dtype=np.int64)
    )
    return Profile(
        rows=problem.rows,
        columns=problem.table.profiles,
        task=problem.task,
        classes=problem.classes,
        class_counts=tuple(int(count) for count in counts),
        features_at_most=features_at_most(problem.table.profiles, settings or PreparationSettings()),
        kind=problem.kind,
        max_features=max_features,
    )
