"""What a model has as a fitted estimator of scikit-learn: attributes, methods, and errors by the names of columns."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.runtime.exporting import Exportable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Fitted", "columns_named"]

TRAINED = (
    "fit needs an estimator that is not trained, but this model is trained: fit automicro.MicroClassifier, MicroRegressor or "
    "MicroClusterer for another, or wrap it in sklearn.frozen.FrozenEstimator where fit must do nothing"
)
KINDS = {"classification": "classifier", "regression": "regressor", "clustering": "clusterer"}


class Fitted(Exportable):
    """Names under which scikit-learn's scorers, plots, inspection, pipelines and `FrozenEstimator` use a model."""

    if TYPE_CHECKING:  # the model has it

        def predict(self, X: Any) -> NDArray[Any]:
            """Return a label or a value for each row."""

    @property
    def n_features_in_(self) -> int:
        """Number of source columns."""
        return self.program.columns

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the source columns, of a model that has its card."""
        if self.card is None:
            raise AttributeError("feature_names_in_ needs the card of the model, but this model has none")
        return np.array([column["name"] for column in self.card["columns"]], dtype=object)

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: ARG002 - as scikit-learn calls it
        """Refuse: a model is trained already. Pipelines and inspection take only what has this method.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(TRAINED)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of a classifier or the R2 of a regressor on some rows, as scikit-learn's estimators do.

        Parameters
        ----------
        X : table, array or series
            See `predict`.
        y : array, (rows,)
        sample_weight : array, (rows,), optional
        """
        from sklearn.metrics import accuracy_score, r2_score

        measure = r2_score if self.program.labels is None else accuracy_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        """Return what kind of estimator this is."""
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        task = (self.card or {}).get("task") or ("regression" if self.program.labels is None else "classification")
        return Tags(
            estimator_type=KINDS[task],
            target_tags=TargetTags(required=False),
            classifier_tags=ClassifierTags() if task == "classification" else None,
            regressor_tags=RegressorTags() if task == "regression" else None,
            input_tags=InputTags(allow_nan=True),
            requires_fit=False,
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is nothing left to fit: always."""
        return True


@contextmanager
def columns_named(names: tuple[str, ...] | None) -> Iterator[None]:
    """Call columns by their names in errors."""
    try:
        yield
    except DataError as error:
        numbered = re.match(r"column (\d+) ", str(error))
        if numbered is None or names is None:
            raise
        said = f"column {names[int(numbered[1])]!r} {str(error)[numbered.end() :]}"
        raise DataError(said).in_row(error.row) from None
