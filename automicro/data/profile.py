"""What is known of a problem before training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.data.prepare.prepare import PreparationSettings, features_at_most
from automicro.plugin import GraphProfile, Profile, StructuralConstraints

if TYPE_CHECKING:
    from automicro.data.problem import Problem
    from automicro.plugin import TargetTransform

__all__ = ["profile"]


def profile(
    problem: Problem,
    settings: PreparationSettings | None = None,
    *,
    max_columns: int | None = None,
    structural: StructuralConstraints | None = None,
    transforms: tuple[TargetTransform, ...] = ("none",),
) -> Profile:
    """Return the profile of a problem for candidates that are prepared with `settings`.

    Parameters
    ----------
    problem : Problem
    settings : PreparationSettings, optional
        Decide `features_at_most`; by default those of `PreparationSettings()`.
    max_columns : int, optional
        The constraint on source columns.
    structural : StructuralConstraints, optional
        Other constraints on the structure of the model.
    transforms : tuple of {"none", "log"}
        How the target may be transformed for training.
    """
    counts = (
        np.bincount(problem.target, minlength=problem.classes)
        if problem.labels is not None
        else np.zeros(0, dtype=np.int64)
    )
    columns = problem.table.profiles
    if problem.topology is not None:  # what is smoothed or summed up is a number of many values
        columns = tuple(c if c.kind == "category" else replace(c, kind="numeric", integral=False) for c in columns)
    return Profile(
        rows=problem.rows,
        columns=columns,
        task=problem.task,
        classes=problem.classes,
        class_counts=tuple(int(count) for count in counts),
        features_at_most=features_at_most(problem.table.profiles, settings or PreparationSettings()),
        kind=problem.kind,
        max_columns=max_columns,
        graph=_graph(problem),
        structural=structural or StructuralConstraints(),
        transforms=transforms,
    )


def _graph(problem: Problem) -> GraphProfile | None:
    known = problem.topology
    if known is None:
        return None
    attributes = 0 if known.attributes is None else known.attributes.shape[1]
    return GraphProfile(known.nodes, known.edges.shape[1], attributes, problem.places is None)
