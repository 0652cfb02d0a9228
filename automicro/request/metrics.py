"""The metrics that a score constraint can be about, by scikit-learn's names.

A scorer name is a score: greater is better, and `score` is a lower bound. An error name (scikit-learn's ``neg_...``
scorers without ``neg_``) is an error: less is better, and `score` is an upper bound. So ``neg_mean_absolute_error``
with ``score=-3`` and ``mean_absolute_error`` with ``score=3`` ask for the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from automicro.errors import RequestError
from automicro.request.problems import did_you_mean

__all__ = ["INDICES", "METRICS", "Metric", "metric"]

INDICES = ("silhouette", "density_validity", "stability")
"""Metrics of clustering, each of which can also be a constraint beside another."""


@dataclass(frozen=True)
class Metric:
    """What a metric is about, and the values it can take; `automicro.measure` computes it.

    Parameters
    ----------
    name : str
        A scorer name of scikit-learn, or an error name.
    greater_is_better : bool
    tasks : frozenset of {"classification", "regression", "clustering"}
    needs : {"probability", "label", "value"}
        Whether it reads class probabilities, predicted labels, or predicted values.
    low, high : float
        The least and the greatest value it can take, either may be infinite.
    two_classes : bool
        Whether it is defined for two classes only; the positive class is then the last label in sorted order. As in
        scikit-learn, ``roc_auc``, ``f1``, ``precision`` and ``recall`` are so: more classes need ``roc_auc_ovr``,
        ``f1_macro`` and the like.
    """

    name: str
    greater_is_better: bool
    tasks: frozenset[str]
    needs: Literal["probability", "label", "value"]
    low: float
    high: float
    two_classes: bool = False

    @property
    def sign(self) -> int:
        """1 where greater is better, -1 for an error: ``sign * value`` is always to be maximised."""
        return 1 if self.greater_is_better else -1

    @property
    def range(self) -> str:
        """The possible values in words, after "must"."""
        if math.isinf(self.high):
            return f"be at least {self.low:g}"
        return f"be at most {self.high:g}" if math.isinf(self.low) else f"lie in [{self.low:g}, {self.high:g}]"

    def meets(self, value: float, limit: float) -> bool:
        """Whether `value` is as good as `limit`, or better; NaN never is."""
        return self.sign * value >= self.sign * limit

    def limit_within(self, reference: float, within: float) -> float:
        """Return the value that is worse than `reference` by the fraction `within` of its magnitude."""
        return reference - self.sign * within * abs(reference)

    def check_task(self, task: str, classes: int) -> None:
        """Raise `RequestError` unless the metric is defined for `task` with so many classes."""
        if task not in self.tasks:
            served = " and ".join(sorted(self.tasks))
            fits = ", ".join(name for name, other in METRICS.items() if task in other.tasks and name[:4] != "neg_")
            raise RequestError(
                f"metric: {self.name!r} is for {served}, but the task is {task}: choose among {fits}, or give task={served!r}"
            )
        if self.two_classes and classes > 2:
            instead = f"{self.name}_ovr" if self.name == "roc_auc" else f"{self.name}_macro"
            raise RequestError(
                f"metric: {self.name!r} is for two classes, but the target has {classes}: use {instead!r}"
            )


_ABBREVIATIONS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "auprc": "average_precision",
    "brier": "brier_score",
    "brier_score_loss": "brier_score",
    "adjusted_rand_score": "stability",
    "cross_entropy": "log_loss",
    "dbcv": "density_validity",
    "logloss": "log_loss",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mcc": "matthews_corrcoef",
    "mse": "mean_squared_error",
    "msle": "mean_squared_log_error",
    "rmse": "root_mean_squared_error",
    "rmsle": "root_mean_squared_log_error",
    "silhouette_score": "silhouette",
}


def _classification() -> list[Metric]:
    tasks = frozenset({"classification"})
    averages = [
        f"{name}_{average}" for name in ("f1", "precision", "recall") for average in ("macro", "micro", "weighted")
    ]
    return [
        Metric("accuracy", True, tasks, "label", 0, 1),
        Metric("balanced_accuracy", True, tasks, "label", 0, 1),
        *(Metric(name, True, tasks, "label", 0, 1, two_classes=True) for name in ("f1", "precision", "recall")),
        *(Metric(name, True, tasks, "label", 0, 1) for name in averages),
        Metric("matthews_corrcoef", True, tasks, "label", -1, 1),
        Metric("roc_auc", True, tasks, "probability", 0, 1, two_classes=True),
        Metric("roc_auc_ovr", True, tasks, "probability", 0, 1),
        Metric("roc_auc_ovo", True, tasks, "probability", 0, 1),
        Metric("average_precision", True, tasks, "probability", 0, 1),
        Metric("log_loss", False, tasks, "probability", 0, math.inf),
        Metric("brier_score", False, tasks, "probability", 0, 2),
    ]


def _regression() -> list[Metric]:
    tasks = frozenset({"regression"})
    errors = (
        "mean_absolute_error",
        "mean_squared_error",
        "root_mean_squared_error",
        "median_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_log_error",
        "root_mean_squared_log_error",
        "max_error",
    )
    return [
        Metric("r2", True, tasks, "value", -math.inf, 1),
        Metric("explained_variance", True, tasks, "value", -math.inf, 1),
        *(Metric(name, False, tasks, "value", 0, math.inf) for name in errors),
    ]


def _clustering() -> list[Metric]:
    return [Metric(name, True, frozenset({"clustering"}), "label", -1, 1) for name in INDICES]


def _negated(error: Metric) -> Metric:
    return Metric(f"neg_{error.name}", True, error.tasks, error.needs, -error.high, -error.low, error.two_classes)


def _all() -> dict[str, Metric]:
    plain = [*_classification(), *_regression(), *_clustering()]
    return {each.name: each for each in (*plain, *(_negated(each) for each in plain if not each.greater_is_better))}


METRICS: dict[str, Metric] = _all()


def metric(name: str) -> Metric:
    """Return the metric of that name.

    Raises
    ------
    RequestError
        If there is none; the sentence names the nearest.
    """
    if name in METRICS:
        return METRICS[name]
    hint = _ABBREVIATIONS.get(str(name).casefold().replace("-", "_"))
    remedy = f"did you mean {hint!r}" if hint else did_you_mean(str(name), METRICS)
    raise RequestError(f"metric: must be one of scikit-learn's scorer or error names, but got {name!r}: {remedy}")
