"""A quick run of the benchmark of explanations: 50 random rows of each family that trains quickly."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import explanations

from automicro.data import load_problem

ROWS = 50


def table(rng):
    x, z = rng.normal(size=240), rng.integers(0, 6, 240).astype(float)
    z[rng.random(240) < 0.1] = np.nan
    job = rng.choice(["cook", "clerk", "nurse"], 240)
    signal = x + np.where(np.nan_to_num(z) > 2, 1.0, -1.0) + (job == "cook")
    return pd.DataFrame({"x": x, "z": z, "job": job}), signal + 0.5 * rng.logistic(size=240)


def texts(rng):
    words = np.array(["good", "bad", "film", "plot", "actor", "scene"])
    written = [" ".join(rng.choice(words, 8)) for _ in range(150)]
    return pd.DataFrame({"text": written}), np.array(
        [t.split().count("good") - t.split().count("bad") for t in written]
    )


def rings(rng):
    graphs = []
    for size in rng.integers(3, 9, 100):
        there = np.stack([np.arange(size), (np.arange(size) + 1) % size])
        graphs.append({"x": rng.normal(size=(size, 2)), "edge_index": np.hstack([there, there[::-1]])})
    return graphs, np.array([graph["x"][:, 0].sum() for graph in graphs])


CASES = [(made, family) for made in (table, rings) for family in ("linear", "tree", "boosting", "cluster")]


@pytest.mark.parametrize(("made", "family"), [*CASES, (texts, "linear")])
def test_random_rows_are_explained(made, family):
    X, value = made(np.random.default_rng(1))
    y = np.where(value > np.median(value), "yes", "no")
    text = ["text"] if made is texts else None
    model = explanations.trained(family, load_problem(X, y, text=text), "roc_auc")
    found, kept = Counter(), {}
    for row, node in explanations.drawn(X, ROWS, np.random.default_rng(2)):
        assert explanations.explained(model, row, node, found, kept) <= explanations.TOLERANCE
    assert found["adds up"] == ROWS
    assert found["flip"] == found["counterfactuals"] > ROWS / 2
