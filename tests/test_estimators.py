"""Estimators in the manner of scikit-learn, and models where scikit-learn takes fitted ones."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_clusterer
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, GroupKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

import automicro
from automicro import MicroClassifier, MicroClusterer, MicroRegressor
from automicro.data.prepare.distinct import columns_in, distinct_rows
from automicro.request import FORMER, Constraints, Search

QUICK: dict[str, Any] = {"trials": 1, "families": ["linear"], "workers": 0}
CLASSIFIER = MicroClassifier(target_score=0.0, allow_constant=True, **QUICK)
REGRESSOR = MicroRegressor(target_score=-100.0, allow_constant=True, **QUICK)
CLUSTERER = MicroClusterer(trials=1, workers=0)
CHECKED = {
    "check_no_attributes_set_in_init",
    "check_estimators_unfitted",
    "check_mixin_order",
    "check_n_features_in_after_fitting",
    "check_sample_weight_equivalence_on_dense_data",
    "check_all_zero_sample_weights_error",
    "check_complex_data",
    "check_estimators_empty_data_messages",
    "check_estimator_sparse_array",
    "check_classifiers_one_label",
    "check_classifiers_regression_target",
    "check_supervised_y_no_nan",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_requires_y_none",
}


def quick_checks() -> list[Any]:
    pairs = [pair for one in (CLASSIFIER, REGRESSOR, CLUSTERER) for pair in estimator_checks_generator(one)]
    named = [(one, check, getattr(check, "func", check).__name__) for one, check in pairs]
    taken = [each for each in named if each[2] in CHECKED]
    return [pytest.param(*each[:2], id=f"{type(each[0]).__name__}-{each[2]}") for each in taken]


@pytest.mark.parametrize(("estimator", "check"), quick_checks())
def test_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("estimator", [CLASSIFIER, REGRESSOR, CLUSTERER], ids=lambda one: type(one).__name__)
def test_all_checks_of_scikit_learn(estimator: Any) -> None:
    check_estimator(estimator, on_skip=None)


@pytest.fixture(scope="module")
def cancer() -> tuple[pd.DataFrame, pd.Series]:
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:200, :4], y.iloc[:200]


@pytest.fixture(scope="module")
def fitted(cancer: Any) -> MicroClassifier:
    return MicroClassifier(target_score=0.8, **QUICK).fit(*cancer)


def test_every_constraint_and_setting_is_a_parameter() -> None:
    fields = {*Constraints.model_fields, *Search.model_fields, *FORMER} - {"score", "seed", "runtime"}
    assert fields | {"target_score", "random_state"} == set(inspect.signature(MicroClassifier).parameters)


def test_a_fit_leaves_what_scikit_learn_looks_for(fitted: MicroClassifier, cancer: Any) -> None:
    X, y = cancer
    assert list(fitted.classes_) == [0, 1]
    assert fitted.n_features_in_ == 4
    assert list(fitted.feature_names_in_) == list(X.columns)
    assert fitted.model_ is fitted.selection_.model
    assert fitted.score(X, y) == np.mean(fitted.predict(X) == y) > 0.8
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.model_.predict_proba(X))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(X[X.columns[::-1]])


def test_parameters_are_the_request() -> None:
    asked = clone(MicroClassifier(metric="roc_auc", size="2KB", seconds=3, trials=None, random_state=5))
    assert asked._constraints() == Constraints(metric="roc_auc", within=0.05, size="2KB")
    assert asked._search(np.zeros((10, 2))) == Search(seconds=3, seed=5, workers=0, progress=False)
    assert asked._search(np.zeros((20_000, 2))).workers is None
    assert asked.set_params(target_score=0.9)._constraints().within is None


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [1.0, 2.0], ["b", "a"]])
def test_labels_come_back_as_they_were(labels: list[Any]) -> None:
    X, y = load_iris(return_X_y=True)
    target = np.array(labels)[(y > 0).astype(int)]
    found = MicroClassifier(target_score=0.8, **QUICK).fit(X, target)
    assert found.predict(X).dtype == target.dtype
    assert found.score(X, target) > 0.9
    assert found.classes_[np.argmax(found.predict_proba(X), axis=1)].tolist() == found.predict(X).tolist()


def test_an_infeasible_request_is_raised_by_fit(cancer: Any) -> None:
    with pytest.raises(automicro.Infeasible, match="size: the limit is 2 bytes"):
        MicroClassifier(target_score=0.8, size=2, **QUICK).fit(*cancer)
    with pytest.raises(NotFittedError):
        MicroClassifier().predict(cancer[0])


def test_pipelines_and_grid_searches_take_it(cancer: Any) -> None:
    X, y = cancer
    estimator = MicroClassifier(target_score=0.7, **QUICK)
    assert cross_val_score(make_pipeline(StandardScaler(), estimator), X, y, cv=2).min() > 0.7
    search = GridSearchCV(estimator, {"target_score": [0.6, 0.7]}, cv=2).fit(X, y)
    assert search.best_estimator_.selection_.constraints.score == search.best_params_["target_score"]


def test_calibrations_and_thresholds_take_it(cancer: Any) -> None:
    X, y = cancer
    estimator = MicroClassifier(target_score=0.7, **QUICK)
    calibrated = CalibratedClassifierCV(estimator, cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.8
    assert FixedThresholdClassifier(estimator, threshold=0.3).fit(X, y).score(X, y) > 0.7


def test_class_weights_move_predictions_to_the_heavier_class(cancer: Any) -> None:
    X, y = cancer
    estimator = MicroClassifier(target_score=0.0, allow_constant=True, **QUICK)
    shares = [clone(estimator).set_params(class_weight={label: 30}).fit(X, y).predict(X).mean() for label in (0, 1)]
    assert shares[0] < shares[1]
    with pytest.raises(automicro.RequestError, match="class_weight: needs a target of classes"):
        MicroRegressor(class_weight="balanced", **QUICK).fit(X, X["mean area"] / 2)


def test_weights_and_groups_are_routed(cancer: Any) -> None:
    X, y = cancer
    roles = {"sample_weight": np.arange(200) % 4 + 1.0, "groups": np.arange(200) % 21}
    with config_context(enable_metadata_routing=True):
        estimator = MicroClassifier(target_score=0.6, **QUICK).set_fit_request(sample_weight=True, groups=True)
        chain = make_pipeline(MinMaxScaler(), estimator.set_score_request(sample_weight=True))
        chain.set_output(transform="pandas")
        found = cross_validate(chain, X, y, cv=GroupKFold(2), params=roles, return_estimator=True, error_score="raise")
    for fitted in found["estimator"]:
        assert set(fitted[-1].weights_) == {1.0, 2.0, 3.0, 4.0}
        assert list(fitted[-1].feature_names_in_) == list(X.columns)


def test_regression_and_clusters() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    assert MicroRegressor(target_score=0.3, **QUICK).fit(X, y).score(X, y) > 0.3
    X, _ = make_blobs(n_samples=100, random_state=1)
    found = clone(CLUSTERER).fit(X)
    assert found.labels_.tolist() == found.predict(X).tolist() == found.fit_predict(X).tolist()
    assert found.labels_.dtype == np.int64
    assert is_clusterer(found)
    assert is_clusterer(FrozenEstimator(found.model_))


def test_a_row_of_twice_the_weight_is_one_that_stands_twice(cancer: Any) -> None:
    X, y = cancer[0].iloc[:80], cancer[1].iloc[:80]
    weights = np.arange(80) % 3
    estimator = MicroClassifier(target_score=0.7, **QUICK)
    order = np.random.default_rng(0).permutation(80)
    one = estimator.fit(X.iloc[order], y.iloc[order], sample_weight=weights[order]).model_
    other = clone(estimator).fit(X.loc[X.index.repeat(weights)], y.loc[y.index.repeat(weights)]).model_
    assert one == other


def test_distinct_rows_are_in_an_order_of_their_own() -> None:
    table = pd.DataFrame({"a": [2.0, 1.0, 2.0, np.nan], "b": ["x", "y", "x", None]})
    found = distinct_rows(columns_in(table), None)
    assert found.rows.tolist() == [3, 1, 0]
    assert found.weights is not None
    assert found.weights.tolist() == [1, 1, 2]
    assert distinct_rows([np.array([3, 1])], np.array([2.0, 2.0])).weights is None


@pytest.fixture(scope="module")
def model(fitted: MicroClassifier, tmp_path_factory: pytest.TempPathFactory) -> automicro.Model:
    path: Path = tmp_path_factory.mktemp("model") / "m.micro"
    fitted.model_.save(path)
    return automicro.load(path)


def test_a_saved_model_is_taken_as_a_fitted_estimator(model: automicro.Model, cancer: Any) -> None:
    X, y = cancer
    expected = model.predict(X)
    assert make_pipeline("passthrough", model).predict(X).tolist() == expected.tolist()
    assert CalibratedClassifierCV(FrozenEstimator(model)).fit(X, y).score(X, y) > 0.8
    threshold = FixedThresholdClassifier(FrozenEstimator(model), threshold=0.3, response_method="predict_proba")
    assert threshold.fit(X, y).predict(X).mean() >= expected.mean()
    assert permutation_importance(model, X, y, n_repeats=2).importances_mean.max() > 0
    assert partial_dependence(model, X, [0], kind="average").average.shape[0] == 1
    assert model.score(X, y) == np.mean(expected == y)
    assert (model.n_features_in_, list(model.feature_names_in_)) == (4, list(X.columns))
    with pytest.raises(TypeError, match=r"this model is trained: fit automicro\.MicroClassifier"):
        model.fit(X, y)


def test_a_fitted_estimator_is_pickled(fitted: MicroClassifier, cancer: Any) -> None:
    back = pickle.loads(pickle.dumps(fitted))
    assert back.selection_ == fitted.selection_
    np.testing.assert_array_equal(back.predict(cancer[0]), fitted.predict(cancer[0]))
