"""The published models that the benchmark trains: their formulas, their budgets, and how their bytes are counted."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import bonsai  # noqa: E402 - torch may be missing
import protonn  # noqa: E402 - as above
from thresholding import (  # noqa: E402 - as above
    Schedule,
    compact_bytes,
    model_bytes,
    rounded,
    stored_bytes,
    train,
)

SETTINGS = [
    (protonn, {"dimensions": 4, "projection": 1, "labels": 1}),
    (protonn, {"dimensions": 4, "projection": 0.4, "labels": 0}),
    (bonsai, {"depth": 2, "dimensions": 4, "projection": 0.4}),
]


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    return (rng.normal(size=(300, 40)) + 2 * np.eye(3, 40)[y]).astype(np.float32), y


@pytest.mark.parametrize(("published", "setting"), SETTINGS)
def test_a_trained_model_keeps_its_budget_and_learns(published, setting, rows) -> None:
    X, y = rows
    torch.manual_seed(0)
    model = published.within(700, X, y, setting)
    train(model, torch.tensor(X), torch.tensor(y), Schedule(30, 50, 0.01))
    assert 500 < model_bytes(model) <= 700
    assert (model.classes(torch.tensor(X)).numpy() == y).mean() > 0.6


def test_protonn_sums_labels_weighted_by_the_kernel(rows) -> None:
    X, y = rows
    model = protonn.ProtoNN(X, y, dimensions=3, prototypes=7)
    W, B, Z, gamma = (p.detach().numpy() for p in (model.projection, model.prototypes, model.labels, model.gamma))
    kernel = np.exp(-(gamma**2) * ((W @ X[5] - B) ** 2).sum(axis=1))
    np.testing.assert_allclose(model(torch.tensor(X[5:6])).detach().numpy()[0], kernel @ Z, rtol=1e-3, atol=1e-5)
    assert len(B) == 7


def test_bonsai_adds_the_nodes_that_a_row_passes(rows) -> None:
    X, _ = rows
    torch.manual_seed(1)
    model = bonsai.Bonsai(40, 3, dimensions=4, depth=2)
    Z, W, V, theta = (p.detach().numpy() for p in (model.projection, model.values, model.gates, model.branches))
    projected, expected, node = Z @ np.append(X[5], 1.0), np.zeros(3), 0
    while node < len(W):
        expected += (W[node] @ projected) * np.tanh(V[node] @ projected)
        node = 2 * node + (1 if node < len(theta) and theta[node] @ projected > 0 else 2)
    np.testing.assert_allclose(model(torch.tensor(X[5:6]), np.inf).detach().numpy()[0], expected, rtol=1e-4, atol=1e-5)


def test_bytes_are_counted_dense_or_with_positions_whichever_is_shorter() -> None:
    assert [stored_bytes(100, k) for k in (10, 50, 90)] == [80, 400, 400]
    assert compact_bytes(100, 100, 2) == 204
    assert compact_bytes(100, 50, 1) == 50 + 13 + 4
    assert compact_bytes(100, 0, 1) == 4


def test_rounding_to_a_byte_keeps_zeros_and_errs_by_half_a_step(rows) -> None:
    X, y = rows
    model = protonn.within(700, X, y, SETTINGS[1][1])
    before = model.prototypes.detach().clone()
    rounded(model, 1)
    after = model.prototypes.detach()
    assert float((after - before).abs().max()) <= float(before.abs().max()) / 127 / 2 * 1.001
    assert bool((after[before == 0] == 0).all())
