"""Populations of which everything is known: rows are drawn from them, and the true score of a model is its score on all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from datasets import TABLES

from automicro.data import load_problem
from automicro.measure import score
from automicro.program import Batch, evaluate, unpack
from automicro.request import metric

__all__ = ["SOURCES", "Population", "population"]

FRESH_ROWS = 100_000
COLUMNS = 10
REGRESSION = ("r2", "mean_absolute_percentage_error")


@dataclass(frozen=True, eq=False)
class Population:
    """All rows, and the same rows in the form that programs are evaluated on."""

    X: pd.DataFrame
    y: np.ndarray
    metric: str
    batch: Batch

    @property
    def task(self) -> str:
        return "regression" if self.metric in REGRESSION else "classification"

    @property
    def sign(self) -> int:
        """-1 where the metric is an error."""
        return metric(self.metric).sign

    def draw(self, rows: int, seed: list[int]) -> tuple[pd.DataFrame, np.ndarray]:
        """Return independent rows, drawn with replacement."""
        drawn = np.random.default_rng(seed).integers(0, len(self.y), rows)
        return self.X.iloc[drawn].reset_index(drop=True), self.y[drawn]

    def truth(self, artifact: bytes) -> float:
        """Return the score of an artifact on all rows."""
        program = unpack(artifact)
        prediction = evaluate(program, self.batch)
        if self.metric == "accuracy":  # a sample need not hold every class
            return float(np.mean(np.asarray(program.labels)[prediction.argmax(axis=1)] == self.y))
        return score(self.metric, self.y, prediction)


def _numbers(rows: int, seed: int) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return rng.uniform(size=(rows, COLUMNS)), rng


def two_classes() -> tuple[pd.DataFrame, np.ndarray, str]:
    """Return two classes whose log odds are a sum of slopes, a step and a product of five of ten independent columns."""
    x, rng = _numbers(FRESH_ROWS, 1)
    odds = (
        5 * (x[:, 0] - 0.5) + 3 * (x[:, 1] - 0.5) + 2 * ((x[:, 2] > 0.6) - 0.4) + 16 * (x[:, 3] - 0.5) * (x[:, 4] - 0.5)
    )
    y = rng.uniform(size=len(x)) < 1 / (1 + np.exp(-1.5 * odds))
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(COLUMNS)]), y.astype(np.int64), "accuracy"


def friedman() -> tuple[pd.DataFrame, np.ndarray, str]:
    """Return Friedman's first function of five of ten independent columns, with noise of variance 1 (Annals of Statistics 19, 1991)."""
    x, rng = _numbers(FRESH_ROWS, 2)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(COLUMNS)]), y + rng.normal(size=len(x)), "r2"


def _ranked() -> tuple[pd.DataFrame, np.ndarray, str]:
    X, y, _ = two_classes()
    return X, y, "roc_auc"


def _relative() -> tuple[pd.DataFrame, np.ndarray, str]:
    table = TABLES["plotnine_diamonds"]()
    return table.X, table.y, "mean_absolute_percentage_error"


def _table(name: str) -> Callable[[], tuple[pd.DataFrame, np.ndarray, str]]:
    def read() -> tuple[pd.DataFrame, np.ndarray, str]:
        table = TABLES[name]()
        return table.X, table.y, table.metric

    return read


SOURCES: dict[str, Callable[[], tuple[pd.DataFrame, np.ndarray, str]]] = {
    "two classes": two_classes,
    "two classes, ranked": _ranked,
    "friedman": friedman,
    "keel_letter": _table("keel_letter"),
    "keel_spambase": _table("keel_spambase"),
    "plotnine_diamonds": _table("plotnine_diamonds"),
    "plotnine_diamonds, relative": _relative,
}


@cache
def population(source: str) -> Population:
    """Return the population of a source."""
    X, y, name = SOURCES[source]()
    task = "regression" if name in REGRESSION else "classification"
    return Population(X, y, name, load_problem(X, y, task=task).batch())
