"""Predictions on rows that had no part in a model, with all that a test must know of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HeldOutPredictions"]

AREAS = ("roc_auc", "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted")


@dataclass(frozen=True, eq=False)
class HeldOutPredictions:
    """Rows with their target and what a model predicts for them.

    Parameters
    ----------
    metric : str
        A name of `automicro.request.METRICS`, or a `automicro.Metric`.
    y : array, (rows,)
        Class codes, or values.
    prediction : array of float64, (rows, classes) or (rows,)
        Probabilities, or values.
    weights : array of float64, (rows,), optional
        Sample weights.
    units : array of int64, (rows,), optional
        Groups: rows of one group are not independent of each other.
    copies : array of int64, (rows,), optional
        Rows with the same number are copies of each other, of which nobody said whether they are separate observations.
    """

    metric: str
    y: NDArray[Any]
    prediction: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    units: NDArray[np.int64] | None = None
    copies: NDArray[np.int64] | None = None

    @property
    def is_binary_area(self) -> bool:
        """Whether the metric is the area under the ROC curve of two classes."""
        return self.metric.removeprefix("neg_") in AREAS and self.prediction.shape[1:] == (2,)

    def only(self, rows: NDArray[np.int64]) -> HeldOutPredictions:
        """Return some of the rows."""

        def of(values: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if values is None else values[rows]

        return HeldOutPredictions(
            self.metric, self.y[rows], self.prediction[rows], of(self.weights), of(self.units), of(self.copies)
        )
