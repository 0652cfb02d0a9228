"""Estimators for scikit-learn: constraints and settings of the search are their parameters, and `fit` runs the search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, ClusterMixin, RegressorMixin
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_is_fitted, validate_data

from automicro.api import select
from automicro.data.prepare.distinct import columns_in, distinct_rows, is_series, is_table, rows_as_given, rows_of
from automicro.errors import DataError
from automicro.request import FORMER, Constraints, Search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.runtime.model import Model

__all__ = ["MicroClassifier", "MicroClusterer", "MicroRegressor"]

WITHIN = 0.05  # if neither a score nor another distance from the reference is given
FEW_CELLS = 20_000  # rows times columns up to which starting processes takes longer than it saves
LARGEST_SEED = 2**32 - 1


class _Estimator(BaseEstimator):  # type: ignore[misc] # scikit-learn is not typed
    """A search as an estimator; the parameters that all three share."""

    _task: str
    _metric: str
    cv: Any
    workers: int | None
    random_state: Any
    model_: Model

    def __init__(  # noqa: PLR0913 - scikit-learn reads the parameters from the signature
        self,
        *,
        metric: Any = None,
        costs: Any = None,
        target_score: float | None = None,
        scores: dict[str, float] | None = None,
        within: float | None = None,
        silhouette: float | None = None,
        density_validity: float | None = None,
        stability: float | None = None,
        size: int | str | None = None,
        latency: str | None = None,
        latency_quantile: float | None = None,
        interpretability: str | None = None,
        max_columns: int | None = None,
        max_operations: int | None = None,
        max_interactions: int | None = None,
        monotone: dict[str, str] | None = None,
        must_use: list[str] | None = None,
        must_not_use: list[str] | None = None,
        robustness: dict[str, float] | None = None,
        pos_label: Any = None,
        allow_constant: bool | None = None,
        certify: bool | str | None = None,
        confidence: float | None = None,
        margin: float | str | None = None,
        trials: int | None = 8,
        seconds: float | str | None = None,
        target_transform: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        families: list[Any] | str | None = None,
        exclude: list[str] | str | None = None,
        cv: Any = None,
        workers: int | None = None,
        trial_seconds: float | str | None = None,
        trial_memory: int | str | None = None,
        storage: str | None = None,
        start_from: Any = None,
        encoders: Any = None,
        progress: bool | None = False,
        random_state: Any = 0,
        max_features: int | None = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        self.__dict__.update(given)

    def _given(self) -> dict[str, Any]:
        """Return the parameters that were given, under the names that a request has for them."""
        given = {name: value for name, value in self.get_params(deep=False).items() if value is not None}
        if "target_score" in given:
            given["score"] = given.pop("target_score")
        return given

    def _constraints(self) -> Constraints:
        given = {name: value for name, value in self._given().items() if name in {*Constraints.model_fields, *FORMER}}
        if "costs" not in given:
            given.setdefault("metric", self._metric)
        if self._task != "clustering" and not {"score", "scores", "within"} & given.keys():
            given["within"] = WITHIN
        return Constraints(**given)

    def _search(self, X: Any) -> Search:
        given = {name: value for name, value in self._given().items() if name in Search.model_fields}
        if self.workers is None and X.shape[0] * X.shape[1] <= FEW_CELLS:
            given["workers"] = 0
        state = self.random_state
        if state is not None:
            is_seed = isinstance(state, int | np.integer)
            given["seed"] = int(state) if is_seed else int(check_random_state(state).randint(LARGEST_SEED))
        return Search(**given)

    def _rows(self, X: Any) -> Any:
        """Return rows to predict, checked against those of training."""
        check_is_fitted(self)
        X = _table(X)
        validate_data(self, X, reset=False, skip_check_array=True)
        return X

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # the other tags are of arrays; texts and categories come in data frames
        return tags

    def predict(self, X: Any) -> NDArray[Any]:
        """Return a label or a value for each row.

        Parameters
        ----------
        X : table or array, (rows, columns)
            With the columns of training in their order; missing values and unseen categories are allowed.

        Returns
        -------
        array, (rows,)
        """
        rows = self._rows(X)
        return self.model_.predict(rows)


class _Supervised(_Estimator):
    """A search for a model of a target."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search for the smallest model.

        Parameters
        ----------
        X : table or array, (rows, columns)
            Numbers, booleans, categories, texts; missing values are allowed.
        y : array, (rows,)
            Labels of a classifier, numbers of a regressor.
        sample_weight : array, (rows,), optional
            At least 0.
        groups : array, (rows,), optional
            Rows of one group stay together in every split.

        Raises
        ------
        Infeasible, RequestError, DataError
            As `automicro.select`.
        """
        X = _training_table(X)
        validate_data(self, X, y, skip_check_array=True)
        target = self._target(y)
        weights = None if sample_weight is None else _weights(sample_weight, X)
        groups = None if groups is None else column_or_1d(groups)
        check_consistent_length(X, target, groups)
        roles = [target] if groups is None else [target, groups]
        as_given = self.cv is not None and not isinstance(self.cv, int)  # its splits are of rows in their own order
        found = rows_as_given(len(target), weights) if as_given else distinct_rows([*columns_in(X), *roles], weights)
        self.rows_, self.weights_ = found.rows, found.weights
        self.selection_ = select(
            rows_of(X, found.rows),
            rows_of(y if is_series(y) else target, found.rows),
            self._constraints(),
            search=self._search(X),
            task=self._task,
            weights=found.weights,
            groups=None if groups is None else groups[found.rows],
        )
        self.model_ = self.selection_.model
        self._keep(target[found.rows])
        return self

    def _target(self, y: Any) -> NDArray[Any]:
        """Return a target as an array, checked."""
        return np.asarray(column_or_1d(y, warn=True))

    def _keep(self, y: NDArray[Any]) -> None:
        """Keep what predictions need to know of the target of the search."""


class MicroClassifier(ClassifierMixin, _Supervised):  # type: ignore[misc] # scikit-learn is not typed
    """The smallest classifier that meets constraints.

    Parameters are the fields of `automicro.Constraints` and `automicro.Search` under their names and with their defaults, except for those
    below; `fit` refuses what is for another task. Rows that are the same, target and group included, count as one with the sum of their
    weights, and rows of weight 0 not at all, so that a weight of 2 is the same as a row that occurs twice; the order of rows does not
    matter. With a splitter or pairs of row numbers as `cv`, rows are neither merged nor sorted.

    Parameters
    ----------
    metric : str, callable, scorer or Metric, optional
        ``"accuracy"``, if not given.
    target_score : float, optional
        The field `score` of `automicro.Constraints`, which is the name of a method here.
    within : float, optional
        0.05 if `target_score` is not given either: at most 5 % worse than the reference.
    trials : int or None
        Candidates that are tried, 8 if not given, so that a fit is repeatable. With ``trials=None`` the time bounds the search: `seconds`,
        or 60 s.
    workers : int, optional
        If not given, a table of at most 20,000 cells is searched in this process (0), and larger ones in processes beside it.
    random_state : int, RandomState or None
        The field `seed` of `automicro.Search`.
    max_features : int, optional
        Former name of `max_columns`.

    Attributes
    ----------
    selection_ : Selection
        The model with its evidence.
    model_ : Model
        The model that predicts; ``model_.save(path)`` writes it.
    classes_ : array, (classes,)
        Labels in ascending order.
    n_features_in_ : int
    feature_names_in_ : array, (columns,)
        Names of the columns of a data frame.
    rows_ : array, (distinct rows,)
        Row numbers in `X` of the rows of the search, in the order of ``selection_.out_of_fold``.
    weights_ : array, (distinct rows,), or None
        Their weights; None where all are alike.

    Raises
    ------
    Infeasible
        By `fit`, if no model meets the constraints.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from automicro import MicroClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> classifier = MicroClassifier(metric="roc_auc", target_score=0.97, trials=2, families=["linear"]).fit(X, y)
    >>> classifier.model_.size_bytes < 100
    True
    """

    _task, _metric = "classification", "accuracy"

    def _target(self, y: Any) -> NDArray[Any]:
        labels = super()._target(y)
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        return labels

    def _keep(self, y: NDArray[Any]) -> None:
        self.classes_ = np.unique(y)
        known = self.model_.classes_.tolist()
        self._order = [known.index(label) for label in self.classes_.tolist()]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each row, (rows,); see `fit` for `X`."""
        return np.asarray(super().predict(X)).astype(self.classes_.dtype)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (rows, classes), in the order of `classes_`; see `fit` for `X`."""
        rows = self._rows(X)
        probabilities: NDArray[np.float64] = self.model_.predict_proba(rows)[:, self._order]
        return probabilities


class MicroRegressor(RegressorMixin, _Supervised):  # type: ignore[misc] # scikit-learn is not typed
    """The smallest regression model that meets constraints.

    Parameters and attributes are those of `MicroClassifier`, without `classes_`; `metric` is ``"r2"``, if not given.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from automicro import MicroRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = MicroRegressor(target_score=0.4, trials=2, families=["linear"]).fit(X, y)
    >>> regressor.model_.size_bytes < 100
    True
    """

    _task, _metric = "regression", "r2"

    def _target(self, y: Any) -> NDArray[Any]:
        numbers = super()._target(y).astype(np.float64)
        assert_all_finite(numbers, input_name="y")
        return numbers


class MicroClusterer(ClusterMixin, _Estimator):  # type: ignore[misc] # scikit-learn is not typed
    """The smallest model that assigns rows to clusters, or all to one cluster if a test finds no cluster structure.

    Parameters and attributes are those of `MicroClassifier`, without `classes_`, `rows_` and `weights_`. `metric` is ``"silhouette"``, if
    not given, and without `target_score` the smallest partition is returned that rows without structure would hardly have.

    Attributes
    ----------
    labels_ : array of int, (rows,)
        Clusters of the training rows, from 0 on; -1 is noise.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from automicro import MicroClusterer
    >>> X, _ = load_iris(return_X_y=True)
    >>> len(set(MicroClusterer(trials=2).fit(X).labels_)) > 1
    True
    """

    _task, _metric = "clustering", "silhouette"

    def fit(self, X: Any, y: Any = None) -> MicroClusterer:  # noqa: ARG002 - as pipelines call it
        """Search for the smallest partition.

        Parameters
        ----------
        X : table or array, (rows, columns)
            Ten rows or more.
        y : None
            Not used.

        Raises
        ------
        Infeasible, RequestError, DataError
            As `automicro.select`.
        """
        X = _training_table(X)
        validate_data(self, X, skip_check_array=True)
        self.selection_ = select(X, None, self._constraints(), search=self._search(X), task=self._task)
        self.model_ = self.selection_.model
        self.labels_ = self.predict(X)
        return self

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return the cluster of each row, (rows,), from 0 on; -1 is noise. See `fit` for `X`."""
        return np.asarray(super().predict(X)).astype(np.int64)


def _table(X: Any, least: int = 1) -> Any:
    """Return a data frame as it is, and what else there is as an array, of numbers where all cells are some."""
    if is_table(X):
        if X.shape[0] < least:
            raise DataError(f"X must have at least {least} rows, but has n_samples = {X.shape[0]}")
        return X
    array = check_array(X, dtype=None, ensure_all_finite=False, ensure_min_samples=least)
    if array.dtype.kind == "O":
        try:
            return check_array(X, ensure_all_finite=False)
        except ValueError:  # texts are categories
            return array
    return np.asarray(array)


def _training_table(X: Any) -> Any:
    return _table(X, least=2)


def _weights(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (X.shape[0],):
        raise DataError(
            f"sample_weight must have one weight for each of the {X.shape[0]} rows, but its shape is {weights.shape}"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise DataError("sample_weight must be finite and at least 0 in every row, but is not")
    if not weights.any():
        raise DataError("sample_weight must be above zero in some row, but every weight is zero")
    return weights
