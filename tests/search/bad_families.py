"""Families that break the protocol in every way there is, and one that keeps it; installed by test_bad_families.py."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np

from automicro.plugin import Choice, Declined, Family, Lowered, SizeBudget, Space, hookimpl
from automicro.program import Affine, Weights

WAYS = ("good", "raise", "die", "exit", "hang", "nan", "shape", "not a program", "eat", "print", "decline")


class Bad(Family):
    name = "bad"
    tasks = frozenset({"classification"})

    def __init__(self, ways: tuple[str, ...] = WAYS, best: dict[str, Any] | None = None) -> None:
        self.ways, self.best = ways, best

    def space(self, profile: Any) -> Space:
        return Space((Choice("way", self.ways),))

    def strongest(self, profile: Any) -> dict[str, Any] | None:
        return self.best

    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 10_000)

    def fit(self, parameters: Any, data: Any) -> Any:
        match parameters["way"]:
            case "raise":
                raise ZeroDivisionError("on purpose")
            case "die":
                os._exit(3)
            case "exit":
                sys.exit("on purpose")
            case "hang":
                time.sleep(600)
            case "eat":
                return bytearray(10**11)
            case "print":
                print("x" * 100_000)
            case "decline":
                raise Declined("not today")
        weights = np.cov(data.X.T.astype(float), data.y)[-1, :-1] / (data.X.var(axis=0) + 1e-9)
        return parameters["way"], weights, -float(weights @ data.X.mean(axis=0))

    def lower(self, model: Any) -> Any:
        way, weights, bias = model
        match way:
            case "nan":
                weights = weights * np.nan
            case "shape":
                weights = weights[:-1]
            case "not a program":
                return "a program, honestly"
        return Lowered(Affine(Weights.of(weights[None, :]), Weights.of([bias])), "sigmoid")


@hookimpl
def automicro_families() -> list[Family]:
    return [Bad()]
