"""Scores are scikit-learn's, ties, weights and absent classes included."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from automicro.errors import RequestError
from automicro.measure import score, scores, scores_by_fold
from automicro.measure.metrics.score import _scorers
from automicro.request import INDICES, METRICS


def _averages(name):
    function = getattr(sk, f"{name}_score")
    return {
        f"{name}_{average}": lambda y, p, w, average=average: function(
            y, p.argmax(1), sample_weight=w, average=average, zero_division=0
        )
        for average in ("macro", "micro", "weighted")
    } | {name: lambda y, p, w: function(y, p.argmax(1), sample_weight=w, zero_division=0)}


def _auc(y, p, w, **kind):
    if p.shape[1] == 2:
        return sk.roc_auc_score(y, p[:, 1], sample_weight=w)
    return sk.roc_auc_score(y, p, sample_weight=w, multi_class="ovr", **kind)


def _one_hot(y, p):
    return y if p.shape[1] == 2 else np.eye(p.shape[1])[y]


CLASSIFICATION = {
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p.argmax(1), sample_weight=w),
    "matthews_corrcoef": lambda y, p, w: sk.matthews_corrcoef(y, p.argmax(1), sample_weight=w),
    "cohen_kappa": lambda y, p, w: sk.cohen_kappa_score(y, p.argmax(1), sample_weight=w),
    "cohen_kappa_quadratic": lambda y, p, w: sk.cohen_kappa_score(
        y, p.argmax(1), sample_weight=w, weights="quadratic", labels=range(p.shape[1])
    ),
    "f2": lambda y, p, w: sk.fbeta_score(y, p.argmax(1), beta=2, sample_weight=w, zero_division=0),
    "f0.5": lambda y, p, w: sk.fbeta_score(y, p.argmax(1), beta=0.5, sample_weight=w, zero_division=0),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w, labels=range(p.shape[1])),
    "brier_score": lambda y, p, w: sk.brier_score_loss(
        y, p if p.shape[1] > 2 else p[:, 1], sample_weight=w, labels=range(p.shape[1])
    ),
    "d2_log_loss_score": lambda y, p, w: sk.d2_log_loss_score(y, p, sample_weight=w, labels=range(p.shape[1])),
    "d2_brier_score": lambda y, p, w: sk.d2_brier_score(
        y, p if p.shape[1] > 2 else p[:, 1], sample_weight=w, labels=range(p.shape[1])
    ),
    "roc_auc": _auc,
    "roc_auc_ovr": _auc,
    "roc_auc_ovr_weighted": lambda y, p, w: _auc(y, p, w, average="weighted"),
    "average_precision": lambda y, p, w: sk.average_precision_score(
        _one_hot(y, p), p if p.shape[1] > 2 else p[:, 1], sample_weight=w
    ),
    **_averages("f1"),
    **_averages("precision"),
    **_averages("recall"),
    **_averages("jaccard"),
}
PAIRS = {
    "roc_auc_ovo": lambda y, p: sk.roc_auc_score(y, p, multi_class="ovo"),
    "roc_auc_ovo_weighted": lambda y, p: sk.roc_auc_score(y, p, multi_class="ovo", average="weighted"),
}
REGRESSION = {
    name: getattr(sk, {"r2": "r2_score", "explained_variance": "explained_variance_score"}.get(name, name))
    for name in (
        *("r2", "explained_variance", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error"),
        *("median_absolute_error", "mean_absolute_percentage_error", "mean_squared_log_error"),
        *("root_mean_squared_log_error", "mean_poisson_deviance", "mean_gamma_deviance", "d2_absolute_error_score"),
    )
}
BINARY_ONLY = {"f0.5", "f1", "f2", "precision", "recall", "jaccard"}


def _classified(seed, classes, coarse):
    generator = np.random.default_rng(seed)
    y = np.r_[np.arange(classes), generator.integers(0, classes, 40)]
    p = generator.dirichlet(np.ones(classes), len(y))
    if coarse:  # many ties
        p = np.round(p * 4) + 0.25
        p /= p.sum(1, keepdims=True)
    return y, p, generator.uniform(0.1, 3, len(y))


@pytest.mark.parametrize("name", CLASSIFICATION)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), classes=st.integers(2, 5), coarse=st.booleans(), weighted=st.booleans())
def test_classification_scores_are_those_of_scikit_learn(name, seed, classes, coarse, weighted):
    classes = 2 if name in BINARY_ONLY else classes
    y, p, w = _classified(seed, classes, coarse)
    w = w if weighted else None
    assert score(name, y, p, w) == pytest.approx(CLASSIFICATION[name](y, p, w), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), coarse=st.booleans())
def test_scores_over_pairs_of_classes_are_those_of_scikit_learn(name, seed, coarse):
    y, p, _ = _classified(seed, 4, coarse)
    assert score(name, y, p) == pytest.approx(PAIRS[name](y, p), rel=1e-9)


@pytest.mark.parametrize("name", REGRESSION)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), weighted=st.booleans(), count=st.integers(3, 40))
def test_regression_scores_are_those_of_scikit_learn(name, seed, weighted, count):
    generator = np.random.default_rng(seed)
    y, p = generator.gamma(2, 3, count), generator.gamma(2, 3, count)
    w = generator.uniform(0.1, 3, count) if weighted else None
    assert score(name, y, p, w) == pytest.approx(REGRESSION[name](y, p, sample_weight=w), rel=1e-9)


def test_max_error_is_that_of_scikit_learn():
    y, p = np.array([1.0, 5.0, 2.0]), np.array([2.0, 2.5, 2.0])
    assert score("max_error", y, p) == sk.max_error(y, p) == 2.5
    assert score("neg_max_error", y, p) == -2.5


def test_every_metric_of_a_request_can_be_computed():
    assert {name.removeprefix("neg_") for name in METRICS.keys() - {*INDICES}} <= set(_scorers())


@pytest.mark.parametrize("name", sorted(_scorers()))
def test_one_weighting_or_many_give_the_same(name):
    generator = np.random.default_rng(3)
    if name in CLASSIFICATION or name in PAIRS:
        y, p, _ = _classified(5, 2 if name in BINARY_ONLY else 3, coarse=True)
    else:
        y, p = generator.gamma(2, 3, 50), generator.gamma(2, 3, 50)
    batch = generator.integers(0, 4, (7, len(y))).astype(float)
    many = scores(name, y, p, batch)
    single = [score(name, y, p, weights) for weights in batch]
    repeated = [score(name, np.repeat(y, w.astype(int)), np.repeat(p, w.astype(int), axis=0)) for w in batch]
    np.testing.assert_allclose(many, single, rtol=1e-12)
    np.testing.assert_allclose(many, repeated, rtol=1e-9)


@pytest.mark.parametrize("name", sorted(METRICS.keys() - {*INDICES}))
def test_degenerate_rows_give_a_number_or_nan_without_a_warning(name):
    classification = "classification" in METRICS[name].tasks
    for count in (0, 1, 4):
        y = np.zeros(count, dtype=int)
        p = np.full((count, 2), 0.5) if classification else np.zeros(count)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value = score(name, y, p)
        assert np.isnan(value) or count > 0


def test_a_ranking_of_one_class_is_not_defined():
    assert np.isnan(score("roc_auc", np.zeros(5, dtype=int), np.full((5, 2), 0.5)))


def test_a_class_without_rows_is_left_out_of_a_mean_over_classes():
    y, p, _ = _classified(1, 3, coarse=False)
    rows = y < 2
    parts = [sk.roc_auc_score(y[rows] == k, p[rows, k]) for k in (0, 1)]
    assert score("roc_auc_ovr", y[rows], p[rows]) == pytest.approx(np.mean(parts))


def test_impossible_predictions_are_infinitely_wrong_where_they_count():
    y, p = np.array([1.0, 2.0]), np.array([-3.0, 2.0])
    for name in ("mean_squared_log_error", "mean_poisson_deviance", "mean_gamma_deviance"):
        assert score(name, y, p) == np.inf
        assert score(name, y, p, np.array([0.0, 1.0])) == 0


def test_folds_are_scored_one_by_one():
    y, p = np.array([0, 1, 1, 0, 1]), np.eye(2)[[0, 1, 0, 0, 1]]
    folds = np.array([0, 0, 1, 1, -1])
    assert scores_by_fold("accuracy", y, p, folds).tolist() == [1.0, 0.5]


def test_an_unknown_metric_is_refused():
    with pytest.raises(RequestError, match=r"metric: must be one of accuracy.*but got 'acuracy'"):
        score("acuracy", np.zeros(2, dtype=int), np.full((2, 2), 0.5))
