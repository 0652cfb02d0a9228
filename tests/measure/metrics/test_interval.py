"""Bounds hold as often as they promise, and depend on nothing but their arguments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from automicro.measure import FoldPredictions, Reference, interval, scores_by_fold
from automicro.measure.metrics.interval import ROWS_AT_MOST


def _regression(seed, count, noise=1.0):
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=count)
    return truth, truth + noise * generator.normal(size=count), np.arange(count) % 5


def test_bounds_lie_around_the_score_and_repeat():
    y, p, folds = _regression(0, 300)
    rows = FoldPredictions(y, folds)
    low, high = interval("r2", rows, p, seed=3)
    assert low < scores_by_fold("r2", y, p, folds).mean() < high
    assert interval("r2", rows, p, seed=3) == (low, high)
    assert interval("r2", rows, p, seed=4) != (low, high)


def test_lower_bounds_of_a_mean_error_hold_about_as_often_as_promised():
    truth, held, trials = 0.7978845608, 0, 200  # mean of |N(0, 1)|
    for seed in range(trials):
        y, p, folds = _regression(seed, 100)
        low, _ = interval("mean_absolute_error", FoldPredictions(y, folds), p, confidence=0.9, seed=seed)
        held += low <= truth
    assert binomtest(held, trials, 0.9).pvalue > 0.001


def test_a_perfect_accuracy_on_few_rows_is_not_certain():
    y = np.array([0, 1] * 15)
    low, high = interval("accuracy", FoldPredictions(y, np.arange(30) % 5), np.eye(2)[y])
    assert low == pytest.approx(0.05 ** (1 / 30))
    assert high == 1.0


def test_paired_bounds_are_narrower_than_single_ones():
    y, p, folds = _regression(1, 300)
    rows = FoldPredictions(y, folds)
    single = interval("mean_squared_error", rows, p)
    margin = interval("mean_squared_error", rows, p, reference=Reference(p + 0.01))
    assert margin[1] - margin[0] < (single[1] - single[0]) / 5


@pytest.mark.parametrize(
    ("metric", "within"), [("r2", 0.1), ("mean_squared_error", 0.1), ("neg_mean_squared_error", 0.1)]
)
def test_a_model_equal_to_its_reference_keeps_within(metric, within):
    y, p, folds = _regression(2, 200)
    low, high = interval(metric, FoldPredictions(y, folds), p, reference=Reference(p, within))
    assert 0 < low <= high
    assert interval(metric, FoldPredictions(y, folds), p, reference=Reference(p)) == (0.0, 0.0)


def test_a_worse_model_has_a_negative_margin_whatever_the_direction():
    y, p, folds = _regression(2, 200)
    worse = p + np.random.default_rng(0).normal(size=200)
    for metric in ("r2", "mean_squared_error", "neg_mean_squared_error"):
        assert interval(metric, FoldPredictions(y, folds), worse, reference=Reference(p, 0.01))[1] < 0


def test_rows_of_one_unit_are_drawn_together():
    y, p, _ = _regression(3, 60)
    folds, units = np.arange(60) % 5, np.arange(60)
    once = interval("mean_absolute_error", FoldPredictions(y, folds, units=units), p)
    same_folds = interval(
        "mean_absolute_error", FoldPredictions(np.tile(y, 4), np.tile(folds, 4), units=np.tile(units, 4)), np.tile(p, 4)
    )
    assert same_folds == pytest.approx(once)
    shifted = np.concatenate([5 * r + (np.arange(60) + r) // 12 for r in range(4)])  # repeated cross-validation
    repeated = interval(
        "mean_absolute_error", FoldPredictions(np.tile(y, 4), shifted, units=np.tile(units, 4)), np.tile(p, 4)
    )
    assert repeated[1] - repeated[0] == pytest.approx(once[1] - once[0], rel=0.3)


def test_rows_of_a_negative_fold_and_undefined_folds_are_left_out():
    y = np.array([0, 1] * 20 + [0] * 10)
    p = np.stack([1 - y * 0.4, y * 0.4], axis=1)
    folds = np.r_[np.arange(40) % 3, np.full(10, 3)]
    low, high = interval("roc_auc", FoldPredictions(y, folds), p)
    assert low == high == 1.0
    nothing = interval("roc_auc", FoldPredictions(np.zeros(4, dtype=int), np.zeros(4, dtype=int)), np.full((4, 2), 0.5))
    assert np.isnan(nothing).all()


def test_many_rows_are_sampled_and_the_spread_scaled():
    count = ROWS_AT_MOST * 4
    y, p, folds = _regression(4, count)
    low, high = interval("mean_squared_error", FoldPredictions(y, folds, weights=np.ones(count)), p)
    expected = 2 * 1.645 * np.sqrt(2 / count)
    assert high - low == pytest.approx(expected, rel=0.35)
