"""What the task clustering reaches on known mixtures and letters, and how often the test for structure errs.

python benchmarks/clusters.py search             bytes, indices and agreement with the known clusters
python benchmarks/clusters.py errors 50          share of 50 seeds in which structure is found, by kind of table
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from datasets import TABLES
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

import automicro
from automicro.data import Standard, load_problem
from automicro.measure import Columns, structure_test

ROWS = 400


def table(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return rows of a kind and their clusters, None where there are none."""
    r = np.random.default_rng(seed)
    made = (NOISE | MIXTURES)[kind](r, seed)
    return (made, None) if kind in NOISE else made


def apart(r: np.random.Generator, shift: list[float]) -> tuple[np.ndarray, np.ndarray]:
    truth = np.arange(ROWS) % 2
    return r.normal(size=(ROWS, len(shift))) + truth[:, None] * shift, truth


NOISE: dict[str, Any] = {
    "uniform, 1 column": lambda r, _: r.random((ROWS, 1)),
    "uniform, 2 columns": lambda r, _: r.random((ROWS, 2)),
    "uniform, 5 columns": lambda r, _: r.random((ROWS, 5)),
    "normal, 2 columns": lambda r, _: r.normal(size=(ROWS, 2)),
    "normal, 8 columns": lambda r, _: r.normal(size=(ROWS, 8)),
    "normal, correlation 0.95": lambda r, _: r.normal(size=(ROWS, 2)) @ np.array([[1.0, 0.95], [0.0, 0.3]]),
    "lognormal, 3 columns": lambda r, _: np.exp(r.normal(size=(ROWS, 3))),
    "whole numbers 0 to 5, 4 columns": lambda r, _: r.integers(0, 6, (ROWS, 4)).astype(float),
}
SPREAD = {"centers": [[0, 0], [4, 0], [0, 9]], "cluster_std": [0.3, 1, 2]}
MIXTURES: dict[str, Any] = {
    "two normal, 3 deviations apart": lambda r, _: apart(r, [3, 0]),
    "two normal, 4 deviations apart": lambda r, _: apart(r, [4, 0]),
    "one column of four, 6 apart": lambda r, _: apart(r, [6, 0, 0, 0]),
    "three normal, 4 columns": lambda _, seed: make_blobs(ROWS, 4, centers=3, cluster_std=2, random_state=seed),
    "six normal, 2 columns": lambda _, seed: make_blobs(ROWS, 2, centers=6, random_state=seed),
    "three of different spread": lambda _, seed: make_blobs(ROWS, 2, **SPREAD, random_state=seed),
    "moons": lambda _, seed: make_moons(ROWS, noise=0.05, random_state=seed),
}


def errors(seeds: int) -> None:
    for index in ("silhouette", "density_validity"):
        for kind in (*NOISE, *MIXTURES):
            runs = seeds if kind in NOISE else max(seeds // 5, 1)
            found = 0
            for seed in range(runs):
                space = Standard.of(load_problem(table(kind, seed)[0], None, task="clustering"))
                found += structure_test(
                    Columns(space.points, space.blocks, space.discrete), index, seed=seed
                ).structured
            print(f"| {index} | {kind} | {found} of {runs} |", flush=True)


def mixed(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return three clusters of different spread in numbers, with a category and missing values."""
    X, truth = make_blobs(
        600, 3, centers=[[0, 0, 0], [9, 0, 4], [4, 9, 0]], cluster_std=[0.5, 1, 1.5], random_state=seed
    )
    r = np.random.default_rng(seed)
    frame = pd.DataFrame(X * [1, 1000, 0.01], columns=["a", "b", "c"])
    frame["kind"] = np.where(truth == 2, "x", np.where(r.random(len(X)) < 0.1, None, "y"))
    frame.loc[r.random(len(X)) < 0.05, "a"] = np.nan
    return frame, truth


def search(trials: int) -> None:
    letter = TABLES["keel_letter"]()
    cases = [
        ("two normal, 4 apart", *table("two normal, 4 deviations apart", 0), {"silhouette": 0.4, "stability": 0.9}),
        ("three of different spread", *table("three of different spread", 0), {"silhouette": 0.65, "stability": 0.9}),
        ("three, mixed columns", *mixed(0), {"silhouette": 0.55, "stability": 0.95}),
        ("six normal", *make_blobs(900, 2, centers=6, random_state=1), {"silhouette": 0.6, "stability": 0.95}),
        ("moons", *make_moons(800, noise=0.05, random_state=0), {"density_validity": 0.4}),
        ("moons, silhouette 0.45", *make_moons(800, noise=0.05, random_state=0), {"silhouette": 0.45}),
        ("letter, silhouette 0.12", letter.X, letter.y, {"silhouette": 0.12, "stability": 0.7}),
        ("letter, silhouette 0.5", letter.X, letter.y, {"silhouette": 0.5}),
        ("uniform", *table("uniform, 2 columns", 0), {"silhouette": 0.3, "stability": 0.9}),
    ]
    for name, X, truth, asked in cases:
        started = time.monotonic()
        try:
            s = automicro.select(X, None, search=automicro.Search(trials=trials, workers=1), **asked)
        except automicro.Infeasible as error:
            print(f"{name}: {error}", flush=True)
            continue
        indices = ", ".join(f"{key} {value:.3f}" for key, value in s.indices.items())
        rand = (
            ""
            if truth is None
            else f", ARI with the known clusters {adjusted_rand_score(truth, s.model.predict(X)):.2f}"
        )
        seconds = time.monotonic() - started
        print(f"{name}: {s.size_bytes} B, {indices}{rand} ({s.parameters}, {s.variant}, {seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    errors(int(sys.argv[2])) if sys.argv[1] == "errors" else search(4)
