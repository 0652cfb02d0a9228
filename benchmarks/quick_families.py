"""Families that train in milliseconds, for simulations of thousands of searches: sparse least squares and greedy trees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from automicro.discovery.registry import Registry
from automicro.plugin import Choice, Family, Float, Integer, Lowered, Needs, Profile, SizeBudget, Space, TrainingData
from automicro.plugin import Variant as Named
from automicro.program import Affine, Link, Weights
from automicro_tree.family import DecisionTree

__all__ = ["QUICK"]

TERMS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
LEAVES = (2, 3, 4, 6, 8, 12, 16, 24, 32)
STEEPNESS = 4.0  # of a score of least squares on targets of 0 and 1, as a logit


@dataclass(frozen=True)
class Fit:
    """Coefficients (outputs, features) and biases (outputs,) for every number of terms."""

    steps: dict[int, tuple[np.ndarray, np.ndarray]]
    link: Link


class LeastSquares(Family):
    """Least squares on the few features that explain most, chosen one after the other (orthogonal matching pursuit)."""

    name = "linear"
    tasks = frozenset({"classification", "regression"})

    def needs(self, parameters: Any) -> Needs:  # noqa: ARG002 - the same for all settings
        return Needs(scaled=True)

    def space(self, profile: Profile) -> Space:  # noqa: ARG002 - the same for all problems
        portfolio = ({"most": 8, "ridge": 0.01}, {"most": 24, "ridge": 0.001})
        return Space((Integer("most", 4, 24), Float("ridge", 1e-4, 1.0, log=True)), portfolio)

    def size_budget(self, parameters: Any, profile: Profile) -> SizeBudget:  # noqa: ARG002 - the same for all settings
        outputs = profile.classes if profile.classes > 2 else 1
        return SizeBudget(1, 200 + 16 * outputs * (profile.features_at_most + 2))

    def fit(self, parameters: Any, data: TrainingData) -> Fit:
        X = data.X.astype(float)
        if data.task == "regression":
            T, link = data.y[:, None].astype(float), "identity"
        elif data.classes == 2:
            T, link = data.y[:, None] - 0.5, "sigmoid"
        else:
            T, link = np.eye(data.classes)[data.y], "softmax"
        steepness = 1.0 if link == "identity" else STEEPNESS
        centre, mean = X.mean(axis=0), T.mean(axis=0)
        gram = (X - centre).T @ (X - centre) / len(X) + parameters["ridge"] * np.eye(X.shape[1])
        cross = (X - centre).T @ (T - mean) / len(X)
        steps, chosen = {}, list[int]()
        residual = cross.copy()
        for count in range(1, min(parameters["most"], X.shape[1]) + 1):
            left = np.square(residual).sum(axis=1) / np.diag(gram)
            left[chosen] = -1.0
            chosen.append(int(left.argmax()))
            beta = np.linalg.solve(gram[np.ix_(chosen, chosen)], cross[chosen])
            residual = cross - gram[:, chosen] @ beta
            if count in TERMS:
                weights = np.zeros((T.shape[1], X.shape[1]))
                weights[:, chosen] = steepness * beta.T
                steps[count] = weights, steepness * mean - weights @ centre
        return Fit(steps, link)

    def lower(self, model: Fit) -> Lowered:
        return self._lowered(model, max(model.steps))

    def variants(self, model: Fit, data: TrainingData) -> Iterable[Named]:  # noqa: ARG002 - all is in the model
        return [Named(f"terms={count}", self._lowered(model, count)) for count in model.steps]

    def _lowered(self, model: Fit, count: int) -> Lowered:
        weights, bias = model.steps[count]
        return Lowered(Affine(Weights.of(weights), Weights.of(bias)), model.link)


class GreedyTree(DecisionTree):
    """The family `tree`, grown greedily alone, with half of its sizes."""

    def space(self, profile: Profile) -> Space:
        of_classes = {"criterion": "gini", "class_weight": "none"} if profile.task == "classification" else {}
        choices = tuple(Choice(name, (value,)) for name, value in {"search": "greedy", **of_classes}.items())
        portfolio = [{"search": "greedy", "leaves": most, "min_leaf": 0.01, **of_classes} for most in (8, 32)]
        return Space((*choices, Integer("leaves", 4, 32), Float("min_leaf", 0.003, 0.05, log=True)), tuple(portfolio))

    def variants(self, model: Any, data: TrainingData) -> Iterable[Named]:
        wanted = {f"leaves={count}" for count in LEAVES}
        return [variant for variant in super().variants(model, data) if variant.key in wanted]


QUICK = Registry({"linear": LeastSquares(), "tree": GreedyTree()})
