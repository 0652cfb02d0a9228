"""The optimism of "the smallest above the target", against a simulation in which the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.evidence import Contender, HeldOutPredictions, optimism, selection_optimism


def contenders(rng, rows, accuracies):
    y = np.zeros(rows, dtype=np.int64)
    made = []
    for size, accuracy in enumerate(accuracies):
        right = rng.random(rows) < accuracy
        prediction = np.where(right[:, None], [0.9, 0.1], [0.1, 0.9])
        made.append(Contender(10 + size, float(right.mean()), HeldOutPredictions("accuracy", y, prediction)))
    return made


def test_the_bias_is_mostly_taken_off():
    accuracies = np.linspace(0.86, 0.94, 25)
    rng = np.random.default_rng(0)
    raw, corrected = [], []
    for seed in range(60):
        pool = contenders(rng, 400, accuracies)
        passing = [place for place, c in enumerate(pool) if c.utility >= 0.9]
        chosen = passing[0]
        raw.append(pool[chosen].utility - accuracies[chosen])
        corrected.append(raw[-1] - selection_optimism(pool, 0.9, 1, seed))
    assert np.mean(raw) > 0.008
    assert abs(np.mean(corrected)) < 0.5 * np.mean(raw)


def test_a_single_sure_model_has_hardly_any():
    pool = contenders(np.random.default_rng(1), 400, [0.97])
    assert selection_optimism(pool, 0.5, 1) < 0.002
    assert selection_optimism([], 0.5, 1) == 0.0


def test_of_many_rows_a_part_tells_what_all_tell(monkeypatch):
    accuracies = np.linspace(0.896, 0.904, 9)
    whole, part = [], []
    for seed in range(10):
        pool = contenders(np.random.default_rng(seed), 6000, accuracies)
        monkeypatch.setattr(optimism, "MOST_CELLS", 10**9)
        whole.append(selection_optimism(pool, 0.9, 1, seed))
        monkeypatch.setattr(optimism, "MOST_CELLS", 200 * len(pool) * 1500)  # a quarter of the rows
        part.append(selection_optimism(pool, 0.9, 1, seed))
    assert part != whole
    assert np.mean(part) == pytest.approx(np.mean(whole), rel=0.15)


def test_a_part_of_the_rows_keeps_groups_whole():
    held_out = HeldOutPredictions("accuracy", np.zeros(900), np.zeros((900, 2)), units=np.arange(900) // 3)
    rows, scale = optimism._part(held_out, 90, 0)
    assert len(rows) == 90
    assert len(np.unique(held_out.units[rows])) == 30
    assert scale == pytest.approx(np.sqrt(30 / 300))
    kept = held_out.only(rows)
    assert kept.units is not None
    assert len(kept.y) == len(kept.prediction) == len(kept.units) == 90


def test_a_model_of_infinite_error_is_no_contender():
    y = np.arange(40.0)
    near = Contender(10, -0.975, HeldOutPredictions("mean_absolute_error", y, y + np.arange(40) % 3))
    wild = Contender(9, -np.inf, HeldOutPredictions("mean_absolute_error", y, np.full(40, np.inf)))
    assert selection_optimism([wild, near], -0.975, -1) == selection_optimism([near], -0.975, -1) > 0
