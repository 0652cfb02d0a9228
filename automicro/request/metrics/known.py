"""The metrics that a score constraint can be about, by scikit-learn's names.

A scorer name is a score: greater is better, and `score` is a lower bound. An error name (scikit-learn's ``neg_...``
scorers without ``neg_``) is an error: less is better, and `score` is an upper bound. So ``neg_mean_absolute_error``
with ``score=-3`` and ``mean_absolute_error`` with ``score=3`` require the same. Names are read in any case, and the usual
abbreviations are taken: ``auc`` is ``roc_auc``, ``rmse`` is ``root_mean_squared_error``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from automicro.errors import RequestError
from automicro.request.problems import did_you_mean

__all__ = ["ALIASES", "INDICES", "METRICS", "MetricFacts", "metric"]

INDICES = ("silhouette", "density_validity", "stability")
"""Metrics of clustering, each of which can also be a constraint beside another."""


@dataclass(frozen=True)
class MetricFacts:
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
        Whether it is defined for two classes only. As in scikit-learn, ``roc_auc``, ``f1``, ``precision`` and ``recall`` are so:
        more classes need ``roc_auc_ovr``, ``f1_macro`` and the like.
    of_one_class : bool
        Whether its value on two classes depends on which of them is the positive one. That is the second of the problem's labels.
    """

    name: str
    greater_is_better: bool
    tasks: frozenset[str]
    needs: Literal["probability", "label", "value"]
    low: float
    high: float
    two_classes: bool = False
    of_one_class: bool = False

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
            others = (f"{self.name}_ovr", f"{self.name}_macro", "f1_macro")
            instead = next(name for name in others if name in METRICS)
            raise RequestError(
                f"metric: {self.name!r} is for two classes, but the target has {classes}: use {instead!r}"
            )


ALIASES = {
    "acc": "accuracy",
    "adjusted_rand_score": "stability",
    "ap": "average_precision",
    "auc": "roc_auc",
    "auprc": "average_precision",
    "auroc": "roc_auc",
    "average_precision_score": "average_precision",
    "bacc": "balanced_accuracy",
    "brier": "brier_score",
    "brier_score_loss": "brier_score",
    "cross_entropy": "log_loss",
    "dbcv": "density_validity",
    "f0_5": "f0.5",
    "f1_score": "f1",
    "f2_score": "f2",
    "gamma_deviance": "mean_gamma_deviance",
    "iou": "jaccard",
    "jaccard_score": "jaccard",
    "kappa": "cohen_kappa",
    "cohen_kappa_score": "cohen_kappa",
    "logloss": "log_loss",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mcc": "matthews_corrcoef",
    "medae": "median_absolute_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_log_error",
    "poisson_deviance": "mean_poisson_deviance",
    "pr_auc": "average_precision",
    "qwk": "cohen_kappa_quadratic",
    "quadratic_weighted_kappa": "cohen_kappa_quadratic",
    "r2_score": "r2",
    "rmse": "root_mean_squared_error",
    "rmsle": "root_mean_squared_log_error",
    "roc_auc_score": "roc_auc",
    "sensitivity": "recall",
    "silhouette_score": "silhouette",
}
"""Usual abbreviations of metrics, with the names under which they are reported."""


def _classification() -> list[MetricFacts]:
    tasks = frozenset({"classification"})
    of_one_class = ("f1", "f2", "f0.5", "jaccard", "precision", "recall")
    averages = [
        f"{name}_{average}"
        for name in ("f1", "jaccard", "precision", "recall")
        for average in ("macro", "micro", "weighted")
    ]
    areas = ("roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted")
    return [
        MetricFacts("accuracy", True, tasks, "label", 0, 1),
        MetricFacts("balanced_accuracy", True, tasks, "label", 0, 1),
        *(MetricFacts(name, True, tasks, "label", 0, 1, two_classes=True, of_one_class=True) for name in of_one_class),
        *(MetricFacts(name, True, tasks, "label", 0, 1) for name in averages),
        MetricFacts("matthews_corrcoef", True, tasks, "label", -1, 1),
        MetricFacts("cohen_kappa", True, tasks, "label", -1, 1),
        MetricFacts("cohen_kappa_quadratic", True, tasks, "label", -1, 1),
        MetricFacts("roc_auc", True, tasks, "probability", 0, 1, two_classes=True),
        *(MetricFacts(name, True, tasks, "probability", 0, 1) for name in areas),
        MetricFacts("average_precision", True, tasks, "probability", 0, 1, of_one_class=True),
        MetricFacts("log_loss", False, tasks, "probability", 0, math.inf),
        MetricFacts("brier_score", False, tasks, "probability", 0, 2),
    ]


def _regression() -> list[MetricFacts]:
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
        "mean_poisson_deviance",
        "mean_gamma_deviance",
    )
    return [
        MetricFacts("r2", True, tasks, "value", -math.inf, 1),
        MetricFacts("explained_variance", True, tasks, "value", -math.inf, 1),
        MetricFacts("d2_absolute_error_score", True, tasks, "value", -math.inf, 1),
        *(MetricFacts(name, False, tasks, "value", 0, math.inf) for name in errors),
    ]


def _clustering() -> list[MetricFacts]:
    return [MetricFacts(name, True, frozenset({"clustering"}), "label", -1, 1) for name in INDICES]


def _negated(error: MetricFacts) -> MetricFacts:
    return replace(error, name=f"neg_{error.name}", greater_is_better=True, low=-error.high, high=-error.low)


def _all() -> dict[str, MetricFacts]:
    plain = [*_classification(), *_regression(), *_clustering()]
    return {each.name: each for each in (*plain, *(_negated(each) for each in plain if not each.greater_is_better))}


METRICS: dict[str, MetricFacts] = _all()


def metric(name: str) -> MetricFacts:
    """Return the metric of that name or abbreviation, in any case; ``neg_rmse`` is ``neg_root_mean_squared_error``.

    Raises
    ------
    RequestError
        If there is none; the sentence names the nearest.
    """
    if (own := getattr(name, "facts", None)) is not None:  # a metric that the user defines, which is its name
        return own  # type: ignore[no-any-return]  # `automicro.request.metrics.own`, which imports this
    plain = str(name).strip().casefold().replace("-", "_").replace(" ", "_")
    if plain in METRICS or plain in ALIASES:
        return METRICS[ALIASES.get(plain, plain)]
    error = plain.removeprefix("neg_")
    negated = f"neg_{ALIASES.get(error, error)}"
    if plain.startswith("neg_") and negated in METRICS:
        return METRICS[negated]
    known = METRICS if not plain.startswith("neg_") else [each for each in METRICS if each.startswith("neg_")]
    raise RequestError(
        f"metric: must be one of scikit-learn's scorer or error names, but got {name!r}: {did_you_mean(str(name), known)}"
    )
