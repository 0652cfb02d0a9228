"""The checks for family authors pass for families that keep the protocol, and name each promise that is broken."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automicro.discovery import discover
from automicro.plugin import Choice, Declined, Family, Lowered, SizeBudget, Space, TrainingData, Variant
from automicro.program import Affine, Weights
from automicro.testing import cases, check_family

QUICK = {"linear", "tree"}


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in sorted(discover().families)],
)
def test_built_in_families_keep_the_protocol(name: str) -> None:
    check_family(discover().families[name], settings=1, drawn=0)


class Sound(Family):
    name = "sound"
    tasks = frozenset({"classification"})

    def space(self, profile: Any) -> Space:
        return Space((Choice("ridge", (1.0, 10.0)),), ({"ridge": 1.0},))

    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 10_000)

    def fit(self, parameters: Any, data: TrainingData) -> Any:
        if data.max_columns is not None:
            raise Declined("all columns are needed")
        X = data.X.astype(float)
        targets = np.eye(data.classes)[data.y][:, -data.outputs :] - 0.5
        weights = np.linalg.solve(X.T @ X + parameters["ridge"] * np.eye(X.shape[1]), X.T @ targets).T
        return weights, "sigmoid" if data.outputs == 1 else "softmax"

    def lower(self, model: Any) -> Lowered:
        weights, link = model
        return Lowered(Affine(Weights.of(weights), Weights.of(np.zeros(len(weights)))), link)


class Large(Sound):
    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 1)


class Small(Sound):
    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(900, 10_000)


class Restless(Sound):
    calls = itertools.count()

    def lower(self, model: Any) -> Lowered:
        weights, link = model
        return Lowered(Affine(Weights.of(weights), Weights.of(np.full(len(weights), next(self.calls)))), link)


class Greedy(Sound):
    def fit(self, parameters: Any, data: TrainingData) -> Any:
        return super().fit(parameters, replace(data, max_columns=None))


class Raising(Sound):
    def fit(self, parameters: Any, data: TrainingData) -> Any:
        if data.weights is not None:
            raise ZeroDivisionError("no weight")
        return super().fit(parameters, data)


class Empty(Sound):
    def variants(self, model: Any, data: TrainingData) -> list[Variant]:
        return []


class Unnamed(Sound):
    name = "Not a name"


def test_a_family_that_keeps_its_promises_passes() -> None:
    check_family(Sound())
    assert [case.name for case in cases(Sound())] == ["two classes", "four classes"]


@pytest.mark.parametrize(
    ("family", "said"),
    [
        (Large, "sound: promised at most"),
        (Small, "sound: promised at least"),
        (Restless, "sound: the same seed must give the same bytes, but variant 'full' differs"),
        (Greedy, "sound: data.max_columns was 2, but variant 'full' reads"),
        (
            Raising,
            "sound: size_budget, fit, variants and lower must work or decline, but one raised ZeroDivisionError: no weight",
        ),
        (Empty, "sound: variants must give at least one program, but gave none"),
        (Unnamed, "name must be lower-case letters"),
    ],
)
def test_each_broken_promise_is_a_sentence(family: type[Family], said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_family(family(), settings=1, drawn=0)
    assert said in str(caught.value)


def test_the_sentence_says_where() -> None:
    with pytest.raises(
        AssertionError, match=r"promised at most \d+ bytes, packed \d+ .*\(seed 7, (two|four) classes, .'ridge': 1.0.\)"
    ):
        check_family(Large(), settings=1, drawn=0)


def test_declining_is_no_fault() -> None:
    class Choosy(Sound):
        def space(self, profile: Any) -> Space:
            raise Declined("not today")

    check_family(Choosy())
