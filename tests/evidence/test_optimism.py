"""The optimism of "the smallest above the target", against a simulation in which the truth is known."""

from __future__ import annotations

import numpy as np

from automicro.evidence import Contender, Judged, selection_optimism


def contenders(rng, rows, accuracies):
    y = np.zeros(rows, dtype=np.int64)
    made = []
    for size, accuracy in enumerate(accuracies):
        right = rng.random(rows) < accuracy
        prediction = np.where(right[:, None], [0.9, 0.1], [0.1, 0.9])
        made.append(Contender(10 + size, float(right.mean()), Judged("accuracy", y, prediction)))
    return made


def test_the_bias_is_mostly_taken_off():
    accuracies = np.linspace(0.86, 0.94, 25)
    rng = np.random.default_rng(0)
    raw, corrected = [], []
    for seed in range(60):
        pool = contenders(rng, 400, accuracies)
        passing = [place for place, c in enumerate(pool) if c.gain >= 0.9]
        chosen = passing[0]
        raw.append(pool[chosen].gain - accuracies[chosen])
        corrected.append(raw[-1] - selection_optimism(pool, 0.9, 1, seed))
    assert np.mean(raw) > 0.008
    assert abs(np.mean(corrected)) < 0.5 * np.mean(raw)


def test_a_single_sure_model_has_hardly_any():
    pool = contenders(np.random.default_rng(1), 400, [0.97])
    assert selection_optimism(pool, 0.5, 1) < 0.002
    assert selection_optimism([], 0.5, 1) == 0.0
