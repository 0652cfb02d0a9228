"""P-values against exact references, and their level where the claim is just false."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from automicro.evidence import HeldOutPredictions, better_than, within_of
from automicro.evidence.mean_test import Terms, mean_test
from automicro.evidence.paired_test import paired_terms
from automicro.evidence.row_contributions import terms_of
from automicro.measure import score

LEVEL, DRAWS = 0.05, 300
ALLOWED = LEVEL + 3.1 * np.sqrt(LEVEL * (1 - LEVEL) / DRAWS)  # 99.9 % of the time below, if the level holds


def two_classes(rng, rows, positives=0.4, apart=2.0):
    y = (rng.random(rows) < positives).astype(np.int64)
    shift = rng.normal(size=rows) + apart * (y - 0.5)
    p = 1 / (1 + np.exp(-apart * shift))
    return y, np.stack([1 - p, p], axis=1)


def numbers(rng, rows):
    x = rng.normal(size=rows)
    return 2 * x + rng.laplace(size=rows) / np.sqrt(2), 2 * x


def drawn(metric, rng, rows):
    y, prediction = numbers(rng, rows) if metric in ("r2", "mean_absolute_error") else two_classes(rng, rows)
    return HeldOutPredictions(metric, y, prediction)


METRICS = ["accuracy", "balanced_accuracy", "roc_auc", "f1", "precision", "recall", "brier_score", "log_loss", "r2",
           "mean_absolute_error", "matthews_corrcoef"]  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_a_claim_that_is_just_false_is_rarely_accepted(metric):
    rng = np.random.default_rng(5)
    population = drawn(metric, rng, 400_000)
    limit = score(metric, population.y, population.prediction)
    draws = 60 if metric in ("log_loss", "r2", "mean_absolute_error", "matthews_corrcoef") else DRAWS
    accepted = sum(better_than(drawn(metric, rng, 250), limit, seed).p_value <= LEVEL for seed in range(draws))
    assert accepted / draws <= LEVEL + 3.1 * np.sqrt(LEVEL * (1 - LEVEL) / draws)


@pytest.mark.parametrize("metric", METRICS)
def test_a_claim_with_a_wide_margin_is_accepted(metric):
    rng = np.random.default_rng(6)
    held_out = drawn(metric, rng, 1500)
    value = score(metric, held_out.y, held_out.prediction)
    limit = value * 1.25 if metric in ("brier_score", "log_loss", "mean_absolute_error") else value - 0.1
    assert better_than(held_out, limit).p_value < 0.01


def test_accuracy_is_the_exact_binomial_tail():
    y = np.zeros(50, dtype=np.int64)
    prediction = np.tile([0.9, 0.1], (50, 1))
    prediction[:6] = [0.1, 0.9]
    tested = better_than(HeldOutPredictions("accuracy", y, prediction), 0.8)
    assert tested.exact
    assert tested.p_value == pytest.approx(binom.sf(43, 50, 0.8), rel=1e-12)


LABELS = ["accuracy", "f0.5", "f1", "f2", "jaccard", "precision", "recall", "brier_score", "log_loss"]
NUMBERS = ["r2", "explained_variance", "mean_absolute_error", "root_mean_squared_error", "neg_mean_squared_error"]


@pytest.mark.parametrize("metric", [*LABELS, *NUMBERS])
def test_terms_are_above_0_exactly_where_the_score_is_better(metric):
    rng = np.random.default_rng(7)
    regression = metric in NUMBERS
    y, prediction = numbers(rng, 300) if regression else two_classes(rng, 300)
    weights = rng.random(300)
    for given in (None, weights):
        held_out = HeldOutPredictions(metric, y, prediction, given)
        value = score(metric, y, prediction, given)
        sign = -1 if metric in ("brier_score", "log_loss") or (regression and metric[:2] in ("me", "ro")) else 1
        for limit in (value - 0.02, value + 0.02):
            terms = terms_of(held_out, limit)
            assert (terms.values.mean() > 0) == (sign * value > sign * limit)
            assert terms.values.min() >= terms.low - 1e-12
            assert terms.values.max() <= terms.high + 1e-12


def test_paired_terms_agree_with_the_two_scores():
    rng = np.random.default_rng(8)
    y, prediction = two_classes(rng, 400)
    reference = two_classes(np.random.default_rng(9), 400)[1]
    reference[::2] = prediction[::2]
    value, theirs = (score("accuracy", y, p) for p in (prediction, reference))
    for within in (0.0, 0.1, 0.3):
        terms = paired_terms(HeldOutPredictions("accuracy", y, prediction), reference, within)
        assert terms.values.mean() == pytest.approx(value - (1 - within) * theirs)
    target, predicted = numbers(rng, 400)
    other = predicted + rng.normal(size=400)
    model, ref = (score("r2", target, p) for p in (predicted + 0.3, other))
    terms = paired_terms(HeldOutPredictions("r2", target, predicted + 0.3), other, 0.05)
    assert terms.values.mean() / target.var() == pytest.approx(model - 0.95 * ref, rel=1e-6)


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "f1"])
def test_a_model_equal_to_its_reference_is_within_and_not_better(metric):
    rng = np.random.default_rng(10)
    y, prediction = two_classes(rng, 600)
    held_out = HeldOutPredictions(metric, y, prediction)
    assert within_of(held_out, prediction, 0.2).p_value < 0.01
    worse = prediction[rng.permutation(600)]
    assert within_of(HeldOutPredictions(metric, y, worse), prediction, 0.05).p_value > 0.9


def test_rows_of_a_group_are_not_counted_as_independent():
    rng = np.random.default_rng(11)
    y, prediction = two_classes(rng, 60)
    many = HeldOutPredictions("accuracy", np.repeat(y, 20), np.repeat(prediction, 20, axis=0))
    grouped = HeldOutPredictions("accuracy", many.y, many.prediction, units=np.repeat(np.arange(60), 20))
    limit = score("accuracy", y, prediction) - 0.04
    assert better_than(many, limit).p_value < 0.01
    assert better_than(grouped, limit).p_value > 0.1
    area = score("roc_auc", y, prediction) - 0.02
    assert (
        better_than(HeldOutPredictions("roc_auc", grouped.y, grouped.prediction, units=grouped.units), area).p_value
        > 0.05
    )


def test_copies_count_once_and_each_time_and_the_larger_p_value_counts():
    rng = np.random.default_rng(0)
    y, prediction = two_classes(rng, 600, apart=3.5)
    right = np.flatnonzero(prediction.argmax(axis=1) == y)
    wrong = np.flatnonzero(prediction.argmax(axis=1) != y)
    limit = 0.9
    for often in (right[0], wrong[0]):  # 50 copies of it
        rows = np.append(np.arange(600), np.full(50, often))
        held_out = HeldOutPredictions("accuracy", y[rows], prediction[rows], copies=rows)
        every = better_than(HeldOutPredictions("accuracy", y[rows], prediction[rows]), limit).p_value
        once = better_than(HeldOutPredictions("accuracy", y, prediction), limit).p_value
        assert better_than(held_out, limit).p_value == max(every, once)
        assert (every < once) == (often == right[0])
    as_groups = better_than(HeldOutPredictions("accuracy", y[rows], prediction[rows], units=rows), limit).p_value
    assert as_groups > 0.5 > once  # one large group would take all evidence
    reference = prediction[:, ::-1]
    assert within_of(held_out, reference[rows], 0.1).p_value < 0.01


def test_a_perfect_order_is_as_sure_as_its_rarer_class_allows():
    y = np.array([0] * 30 + [1] * 12)
    p = np.linspace(0.1, 0.9, 42)
    tested = better_than(HeldOutPredictions("roc_auc", y, np.stack([1 - p, p], axis=1)), 0.8)
    assert tested.p_value == pytest.approx(0.8**12)


def test_bounded_means_are_tested_at_their_level_and_with_power():
    rng = np.random.default_rng(12)
    false = [mean_test(Terms(rng.beta(2, 3, 200) - 0.4, -0.4, 0.6), s).p_value <= LEVEL for s in range(DRAWS)]
    assert np.mean(false) <= ALLOWED
    assert mean_test(Terms(rng.beta(2, 3, 400) - 0.33, -0.33, 0.67)).p_value < 0.01


def test_unbounded_means_of_heavy_tails_are_tested_near_their_level():
    rng = np.random.default_rng(13)
    limit = 1 - 2 / (4 + 2)  # R2 of 2 x + errors of Student's t with four degrees of freedom, whose variance is 2
    false = []
    for seed in range(DRAWS):
        x = rng.normal(size=100)
        false.append(
            better_than(HeldOutPredictions("r2", 2 * x + rng.standard_t(4, size=100), 2 * x), limit, seed).p_value
            <= LEVEL
        )
    assert np.mean(false) <= LEVEL + 0.02


def test_of_unbounded_means_a_row_worse_than_all_that_were_seen_is_counted(monkeypatch):
    values = np.random.default_rng(14).normal(0.3, 1.0, 60)
    p = mean_test(Terms(values)).p_value
    monkeypatch.setattr("automicro.evidence.mean_test.LOWER_STILL", 1.0)
    assert p > mean_test(Terms(values)).p_value + 0.005
    positive = np.linspace(1, 2, 30)  # the lowest is no loss: it is counted as it is
    assert mean_test(Terms(positive)).p_value == pytest.approx(1 / 4001)


def test_too_few_rows_say_nothing():
    assert better_than(HeldOutPredictions("r2", np.arange(5.0), np.arange(5.0)), 0.5).p_value == 1.0
    assert (
        better_than(HeldOutPredictions("accuracy", np.zeros(0, dtype=np.int64), np.zeros((0, 2))), 0.5).p_value == 1.0
    )


def certain(y, classes=2):
    return np.eye(classes)[y]


def test_no_error_at_all_says_as_much_as_so_many_rows_can():
    y = np.repeat([0, 1], 25)
    assert np.isclose(better_than(HeldOutPredictions("accuracy", y, certain(y)), 0.9).p_value, 0.9**50)


@pytest.mark.parametrize("metric", ["f1_macro", "f1_weighted", "matthews_corrcoef", "average_precision", "cohen_kappa"])
def test_ten_rows_without_an_error_prove_little(metric):
    y = np.repeat([0, 1], 5)
    assert better_than(HeldOutPredictions(metric, y, certain(y)), 0.95).p_value > LEVEL
    assert within_of(HeldOutPredictions(metric, y, certain(y)), certain(y), 0.05).p_value > LEVEL


@pytest.mark.parametrize(("metric", "last"), [("mean_squared_log_error", -2.0), ("mean_absolute_error", np.nan)])
def test_a_score_that_is_not_finite_is_no_evidence(metric, last):
    y = np.arange(30.0)
    assert better_than(HeldOutPredictions(metric, y, np.append(y[:-1], last)), 0.5).p_value == 1.0


def test_the_largest_error_of_all_rows_is_not_known_from_some():
    y = np.arange(30.0)
    assert better_than(HeldOutPredictions("max_error", y, y), 1.0).p_value == 1.0


def test_a_class_without_weight_is_none():
    y = np.repeat([0, 1], 25)
    assert better_than(HeldOutPredictions("roc_auc", y, certain(y), weights=1.0 - y), 0.5).p_value == 1.0


def test_a_confident_model_is_not_believed_for_lack_of_a_wrong_row():
    y = np.repeat([0, 1], 50)
    sure = np.where(certain(y) == 1, 1 - 1e-5, 1e-5)
    limit = -0.02 * np.log(1e-5)  # two wrong rows in a hundred
    assert np.isclose(better_than(HeldOutPredictions("log_loss", y, sure), limit).p_value, 0.98**100)


def test_weights_leave_no_test_exact():
    y = np.repeat([0, 1], 25)
    assert not better_than(HeldOutPredictions("accuracy", y, certain(y), weights=1.0 + y), 0.5).exact
