"""A complete model family: a step function of the most informative column (after Holte's 1R, Machine Learning 11, 1993)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automicro.plugin import (
    Declined,
    Family,
    Integer,
    Lowered,
    Needs,
    Profile,
    SizeBudget,
    Space,
    TrainingData,
    Variant,
    hookimpl,
)
from automicro.program import StepTables, Weights

__all__ = ["OneRule"]


@dataclass(frozen=True)
class Rule:
    """Pieces of one feature: between ascending cuts, a score each."""

    feature: int
    cuts: np.ndarray
    scores: np.ndarray
    sigmoid: bool


class OneRule(Family):
    """Cuts every column at quantiles and keeps the one whose pieces explain most of the target."""

    name = "onerule"
    tasks = frozenset({"classification", "regression"})

    def needs(self, parameters: Any) -> Needs:
        return Needs(missing="fill", categories=("ordinal",))

    def space(self, profile: Profile) -> Space:
        if profile.classes > 2:
            raise Declined(f"onerule needs two classes, but this problem has {profile.classes}")
        return Space((Integer("pieces", 2, 8),), portfolio=({"pieces": 2}, {"pieces": 4}))

    def size_budget(self, parameters: Any, profile: Profile) -> SizeBudget:
        return SizeBudget(1, 24 + 9 * parameters["pieces"])

    def fit(self, parameters: Any, data: TrainingData) -> Rule:
        rules = [self._rule(j, parameters["pieces"], data) for j in range(data.X.shape[1])]
        return max(rules, key=lambda found: found[0])[1]

    def lower(self, model: Rule) -> Lowered:
        body = StepTables(
            features=(model.feature,),
            outputs=(0,),
            pieces=(len(model.scores),),
            cuts=Weights.of(model.cuts),
            values=Weights.of(model.scores),
            bias=Weights.of([0.0]),
        )
        return Lowered(body, "sigmoid" if model.sigmoid else "identity")

    def variants(self, model: Rule, data: TrainingData) -> Iterable[Variant]:
        return [Variant("full", self.lower(model))]

    def _rule(self, j: int, pieces: int, data: TrainingData) -> tuple[float, Rule]:
        """Return how much of the target's variance the steps of one column explain, and the steps."""
        x, y = data.X[:, j], data.y.astype(float)
        weights = np.ones(len(y)) if data.weights is None else data.weights
        cuts = np.unique(np.quantile(x, np.arange(1, pieces) / pieces, method="lower").astype(np.float32))
        cuts = cuts[cuts < x.max()]
        piece = np.searchsorted(cuts, x, side="left")
        mass = np.bincount(piece, weights, len(cuts) + 1) + 1e-9
        mean = np.bincount(piece, weights * y, len(cuts) + 1) / mass
        explained = float(mass @ (mean - np.average(y, weights=weights)) ** 2)
        if data.task == "classification":
            share = np.clip(mean, 0.01, 0.99)
            mean = np.log(share / (1 - share))
        return explained, Rule(j, cuts, mean, data.task == "classification")


@hookimpl
def automicro_families() -> Sequence[Family]:
    return [OneRule()]
