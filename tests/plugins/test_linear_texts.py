"""Linear models of texts: sparse products give what dense ones do, and grams are shrunk by what counting tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from automicro.plugin import Feature, TrainingData, row_weights
from automicro_linear.design import basis_of, standardise
from automicro_linear.emphasis import emphasis
from automicro_linear.solve.dense import _value_and_slope
from automicro_linear.solve.newton import Fit, Problem, quadratic, scores
from automicro_linear.targets import target_of


def data(rows=400, grams=50):
    rng = np.random.default_rng(0)
    X = ((rng.random((rows, grams)) < 0.03) * 0.3).astype(np.float32)
    X[:, 5] = 0
    y = (rng.random(rows) < 0.3 + 0.6 * (X[:, 0] > 0)).astype(np.int64)
    features = tuple(Feature(0, f"text in bucket {j}", "gram") for j in range(grams))
    return TrainingData(X=X, y=y, task="classification", classes=2, features=features, metric="roc_auc", seed=0)


def test_sparse_products_are_those_of_the_dense_design():
    given = data()
    design = standardise(given.X, row_weights(given), basis_of(given.X, given.features, 0, True), emphasis(given))
    assert design.sparse is not None
    sparse = Problem(design, target_of(given, "identity").loss, 0.01)
    for problem in (sparse, sparse.some_rows(np.arange(0, 400, 3))):
        dense = replace(problem, design=replace(problem.design, sparse=None))
        terms = np.flatnonzero(design.usable)
        fit = Fit(terms, np.random.default_rng(1).normal(size=len(terms)), np.array([0.2]))
        assert np.allclose(scores(problem.design, fit), scores(dense.design, fit), atol=1e-5)
        for one, other in zip(_value_and_slope(problem, fit), _value_and_slope(dense, fit), strict=True):
            assert np.allclose(one, other, atol=1e-5)
        one, other = quadratic(problem, fit, terms), quadratic(dense, fit, terms)
        assert np.allclose(one.hessian, other.hessian, atol=1e-6)
        assert np.allclose(one.linear, other.linear, atol=1e-5)


def test_a_gram_that_tells_classes_apart_has_the_largest_scale():
    given = data()
    told = emphasis(given)
    assert told is not None
    assert told[0] > np.median(told)
    assert emphasis(replace(given, features=tuple(Feature(j, "x", "numeric") for j in range(50)))) is None
