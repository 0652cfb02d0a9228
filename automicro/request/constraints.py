"""What the model must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from automicro.errors import ConstraintError, RequestError
from automicro.request.levels import LEVELS, Level
from automicro.request.metrics.costs import MEAN_COST, Costs, bounds_of
from automicro.request.metrics.known import ALIASES, INDICES, METRICS, MetricFacts, metric
from automicro.request.metrics.names import metric_named
from automicro.request.metrics.own import Metric
from automicro.request.metrics.scores import Scores, with_first_as_metric
from automicro.request.problems import Section, as_share, did_you_mean, problem
from automicro.request.quantities import (
    Auto,
    Bytes,
    Count,
    Directions,
    Flag,
    Label,
    Margin,
    Microseconds,
    Names,
    NotNegative,
    Number,
    Text,
)
from automicro.request.renamed import FORMER, with_present_names
from automicro.request.stresses import Limits

__all__ = ["Constraints"]

PERCENT = 10  # a score from here on that can be 1 at most is meant as a percentage


def _metric_name(given: object) -> str:
    if given is None or given == "" or isinstance(given, int | float):
        raise problem(f"must be a text that is not empty (in quotes) or a function, but got {given!r}")
    if isinstance(given, str) and given == MEAN_COST:
        return MEAN_COST
    try:
        return metric_named(given)
    except RequestError as error:
        raise problem(str(error).removeprefix("metric: ")) from None


def _as_written(name: str) -> str:
    return name.definition.source or name.plain if isinstance(name, Metric) else name


def _level(name: str) -> Level:
    for level in LEVELS:
        if name == level:
            return level
    remedy = did_you_mean(name, LEVELS)
    near = "" if remedy.startswith("choose") else f": {remedy}"
    raise problem(f"must be one of {', '.join(LEVELS)}, but got {name!r}{near}")


def _fraction(value: float) -> float:
    if not 0 <= value < 1:
        raise problem(f"must be a fraction in [0, 1), but got {value!r}{as_share(value)}")
    return value


def _inside(value: float) -> float:
    if not 0 < value < 1:
        raise problem(f"must lie between 0 and 1, both excluded, but got {value!r}{as_share(value)}")
    return value


_MetricName = Annotated[
    str,
    PlainValidator(_metric_name),
    PlainSerializer(_as_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": sorted({*METRICS, *ALIASES, MEAN_COST})},
                {
                    "type": "string",
                    "pattern": r"^[\w.]+:[\w.]+$",
                    "description": "import path of a function, module:function",
                },
            ]
        }
    ),
]
_LevelName = Annotated[Text, AfterValidator(_level), WithJsonSchema({"type": "string", "enum": list(LEVELS)})]
_Probability = Annotated[Number, AfterValidator(_inside)]


class Constraints(Section):
    """What the model must satisfy; the smallest model that does is returned.

    At least one of `score` and `within` is required, with `metric`: without them the smallest model predicts a
    constant. Where both are given, both must hold. Clustering has the metrics ``"silhouette"``,
    ``"density_validity"`` and ``"stability"``; each can be `metric` with `score`, or a constraint of its own beside
    it. Without any value the search returns the smallest partition that structureless rows would hardly have.

    Parameters
    ----------
    metric : str, callable, scorer or Metric
        A scorer name of scikit-learn (``"roc_auc"``, ``"r2"``, ``"neg_log_loss"``), an error name (``"mean_absolute_error"``)
        or a usual abbreviation (``"auc"``, ``"rmse"``), in any case; kept under its full name. Also a function of true and
        predicted values (in a file its import path, ``"shop.scores:profit"``), a scorer of ``make_scorer``, or an `automicro.Metric`, which
        describes a function.
    costs : matrix, or dict of (true, predicted) to float
        Cost of each error of classification, ``{("fraud", "legit"): 100, ("legit", "fraud"): 1}``, in a file
        ``{"fraud": {"legit": 100}, ...}``; as a matrix with true labels in rows, in ascending order. Right predictions cost 0
        unless given. The metric is then ``"mean_cost"``, an error.
    score : float
        At least this value of the metric; at most, where the metric is an error.
    within : float
        At most this fraction, in [0, 1), worse than the reference: the best score that a strong portfolio reaches on
        the same rows.
    silhouette, density_validity, stability : float
        Clustering: at least this mean silhouette width, density-based validity, adjusted Rand index between models of
        two halves of the rows.
    scores : dict of str to float, optional
        Other metrics, each with the value that must be reached too: ``{"precision": 0.5}``. Without `metric` the first of them is the
        metric and its value the score. A certificate tests each of them.
    pos_label : str, int, float or bool
        Positive class of a target of two classes, for ``precision``, ``recall``, ``f1``, ``f2``, ``f0.5``, ``jaccard`` and
        ``average_precision``. Without it the last level of an ordered categorical, 1 of 0/1 or -1/1, true or yes; those metrics refuse
        other labels.
    latency : str
        At most this time for one row, such as ``"200us"`` or ``"1.5ms"``; the call is included.
    runtime : {"python"}
        Where the latency is measured.
    latency_quantile : float
        The quantile of the latencies of many calls that must stay below `latency`.
    interpretability : {"opaque", "decomposable", "additive", "simulatable"}
        At least this level, computed from the structure of the program.
    size : int or str
        At most this many bytes: 2048, ``"2KB"`` (2,000 bytes) or ``"2KiB"`` (2,048 bytes).
    max_columns : int
        At most this many source columns are read.
    max_operations : int
        At most this many comparisons, look-up steps, products and additions for one decision, over 95 % of held-out rows.
    max_interactions : int
        At most this many pairs of source columns act together, as far as the structure does not rule it out: 0 means a sum of
        functions of one column each. A network counts all pairs of the columns that it reads.
    monotone : mapping of str to {"+", "-"}
        With a column the prediction must never fall ("+") or never rise ("-"), whatever the other columns are, missing values included:
        of two classes the score of the positive one, or of the second in ascending order where none is. It is proved on the packed
        program; see `automicro.measure.directions`.
    must_use, must_not_use : sequence of str
        Columns that the model must read, and must not read.
    robustness : dict of str to float
        By stress (``"noise_30"``, ``"missing_10"``, ``"column_lost"``, ... of `automicro.request.STRESSES`) the most of the score that
        it may take on held-out rows, and as ``"flip"`` how far half of the rows must at least be from another decision, in ranges of
        the columns.
    margin : float or "auto"
        How far above the target the search aims, in standard errors of the score: the smallest model that reaches this is returned, or,
        where none does, the surest of those that meet the target. 0 aims at the target itself. "auto" is half a standard error of a
        cross-validated score, a whole one below 500 rows; for a certificate it is what its test needs to pass four times in five, 2.5
        standard errors of a score on the held-out rows at a confidence of 0.95. The search aims at most half-way to the best score.
    certify : bool or "auto"
        True: the verdict is certified, on rows that are split off before the search, or there is none. False: it is estimated by
        cross-validation on all rows. "auto" certifies where that costs little: from 25,000 rows on, and where nothing passes the
        certificate's test there the verdict is estimated.
    allow_constant : bool
        Whether a model may be returned that predicts the same for every row: one label for a metric of labels, else the same
        probabilities or value.
    confidence : float
        Confidence of the verdict and of the interval.

    Raises
    ------
    ConstraintError
        If a value is impossible.
    RequestError
        If a key is unknown.

    Examples
    --------
    >>> Constraints(metric="roc_auc", score=0.83, size="2KB").size
    2KB
    """

    _error: ClassVar[type[RequestError]] = ConstraintError

    metric: _MetricName | None = Field(
        None,
        description="scorer or error of scikit-learn, such as accuracy, roc_auc, r2 or mean_absolute_error, or module:function",
    )
    costs: Costs | None = Field(
        None,
        description="what errors of classification cost, such as fraud>legit=100,legit>fraud=1; the metric is mean_cost",
    )
    score: Number | None = Field(None, description="at least this value of the metric; at most, for an error")
    within: Annotated[Number, AfterValidator(_fraction)] | None = Field(
        None, description="at most this fraction worse than the reference portfolio's best score"
    )
    scores: Scores | None = Field(
        None, description="other metrics with values that must be reached too, such as recall=0.75,precision=0.5"
    )
    silhouette: Number | None = Field(None, description="clustering: at least this mean silhouette width")
    density_validity: Number | None = Field(None, description="clustering: at least this density-based validity (DBCV)")
    stability: Number | None = Field(
        None, description="clustering: at least this adjusted Rand index between models of two halves of the rows"
    )
    pos_label: Label | None = Field(
        None, description="positive class of two, for metrics such as recall; without it 1, true, yes or the last level"
    )
    latency: Microseconds | None = Field(None, description="at most this time for one row, with its unit: '200us'")
    runtime: Literal["python"] = Field("python", description="where the latency is measured: python")
    latency_quantile: _Probability = Field(0.99, description="quantile of the latency that must hold")
    interpretability: _LevelName | None = Field(None, description="at least this level of interpretability")
    size: Bytes | None = Field(None, description="at most this many bytes: 2048, '2KB' (2,000) or '2KiB' (2,048)")
    max_columns: Count | None = Field(None, description="at most this many source columns are read")
    max_operations: Count | None = Field(
        None, description="at most this many operations of one decision (95 % of rows)"
    )
    max_interactions: NotNegative | None = Field(
        None, description="at most this many pairs of columns act together; 0: a sum of functions of one column each"
    )
    monotone: Directions | None = Field(
        None, description="columns with which the score must never fall or never rise, such as age=+,price=-"
    )
    must_use: Names | None = Field(None, description="columns that the model must read")
    must_not_use: Names | None = Field(None, description="columns that the model must not read")
    robustness: Limits | None = Field(
        None,
        description="most of the score that stresses may take, least distance of a flip: 'noise_30=0.02,flip=0.05'",
    )
    margin: Margin = Field(
        "auto", description="standard errors that the search aims above the target; 0: at the target itself"
    )
    certify: Auto = Field("auto", description="whether the score is certified on rows that the search never saw")
    allow_constant: Flag = Field(
        False, description="whether a model that predicts the same for every row may be returned"
    )
    confidence: _Probability = Field(0.95, description="confidence of the verdict and its interval")

    @model_validator(mode="before")
    @classmethod
    def _first_score(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and values.get("costs") is not None and values.get("metric") is None:
            return {**values, "metric": MEAN_COST}
        return with_first_as_metric(values)

    @model_validator(mode="before")
    @classmethod
    def _present_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        present = with_present_names(values)
        if both := FORMER.keys() & present.keys():
            former = min(both)
            raise problem(f"must not be given beside {FORMER[former]}, of which it is the former name", former)
        return present

    @model_validator(mode="after")
    def _possible(self) -> Constraints:
        if (self.metric == MEAN_COST) != (self.costs is not None):
            raise problem(f"{MEAN_COST!r} must be given with costs, and costs with no other metric", "metric")
        if self.clusters:
            self._check_clustering()
        elif self.score is None and self.within is None:
            raise problem(
                "score or within must be given, but got neither: without them the smallest model predicts a constant"
            )
        if self.metric is None and (self.score is not None or self.within is not None):
            given = "score" if self.score is not None else "within"
            raise problem(f"must be given with {given}, such as 'roc_auc' or 'r2'", "metric")
        bounds = self.measured
        if self.score is not None and not bounds.low <= self.score <= bounds.high:
            raise problem(f"must {bounds.range} for {self.metric!r}, but got {self.score!r}{self._remedy()}", "score")
        if self.latency is None and self.latency_quantile != Constraints.model_fields["latency_quantile"].default:
            raise problem("needs latency, but none is given", "latency_quantile")
        self._check_columns()
        self._check_scores()
        return self

    def _check_scores(self) -> None:
        """Raise unless the scores beside the metric are others, of the same task."""
        for name in self.scores or {}:
            if name == self.measured.name:
                raise problem(
                    f"must name other metrics than {name!r}, which is the metric: give it as score alone", "scores"
                )
            if self.clusters or not METRICS[name].tasks & self.measured.tasks:
                raise problem(f"must be of the same task as {self.measured.name!r}, but {name!r} is not", "scores")

    def _remedy(self) -> str:
        """Return the remedy where an error was given to its negative, or a percentage."""
        name, value = str(self.metric), self.score or 0.0
        if self.measured.high == 1 and value >= PERCENT:
            return as_share(value)
        if name not in METRICS or not name.startswith("neg_") or not METRICS[name].low <= -value <= METRICS[name].high:
            return ""
        return f": use {-value!r}, or metric {name.removeprefix('neg_')!r}"

    def _check_columns(self) -> None:
        """Raise unless what is required of columns goes together."""
        excluded_columns = set(self.must_not_use or ())
        for key, names in (("must_use", self.must_use or ()), ("monotone", self.monotone or ())):
            if both := sorted(excluded_columns & set(names)):
                raise problem(f"must not name what {key} names, but got {both}", "must_not_use")
        if self.max_columns is not None and len(self.must_use or ()) > self.max_columns:
            raise problem(
                f"must be at least the {len(self.must_use or ())} of must_use, but got {self.max_columns}",
                "max_columns",
            )
        if self.monotone and self.clusters:
            raise problem("is of a score, which clustering has not: leave it out", "monotone")
        if self.pos_label is not None and "classification" not in self.measured.tasks:
            raise problem(f"needs a metric of classes, but the metric is {self.metric!r}: leave it out", "pos_label")

    def _check_clustering(self) -> None:
        """Raise unless what is required of a partition goes together."""
        if self.margin not in ("auto", 0.0):
            raise problem("is in standard errors of a score of rows, which clustering has not: leave it out", "margin")
        if self.within is not None:
            raise problem("is relative to models of a target, which clustering has not: give score", "within")
        if self.robustness is not None:
            raise problem("is what a score of a target loses, which clustering has not: leave it out", "robustness")
        for name, least in self._beside.items():
            if self.metric is not None and self.metric not in INDICES:
                raise problem(f"is for clustering, but the metric {self.metric!r} is not: leave one of them out", name)
            if name == self.metric:
                raise problem("must be given once, but is the metric too: give it as score alone", name)
            if not METRICS[name].low <= least <= METRICS[name].high:
                raise problem(f"must {METRICS[name].range}, but got {least!r}", name)

    @property
    def _beside(self) -> dict[str, float]:
        return {name: least for name in INDICES if (least := getattr(self, name)) is not None}

    @property
    def clusters(self) -> bool:
        """Whether a partition is requested."""
        return self.metric in INDICES or bool(self._beside)

    @property
    def indices(self) -> dict[str, float]:
        """Least values of the indices of a partition, by name, `score` included."""
        primary = {self.metric: self.score} if self.metric in INDICES and self.score is not None else {}
        return {**primary, **self._beside}

    @property
    def measured(self) -> MetricFacts:
        """The metric, with its direction and range; the first index that is requested, if a partition is requested without a metric."""
        if (
            self.metric == MEAN_COST and not isinstance(self.metric, Metric) and self.costs
        ):  # of which the labels are not known yet
            return MetricFacts(MEAN_COST, False, frozenset({"classification"}), "label", *bounds_of(self.costs))
        return metric(self.metric or next(iter(self._beside)))

    @property
    def all_measured(self) -> tuple[MetricFacts, ...]:
        """The metric and those of `scores`."""
        return (self.measured, *(METRICS[name] for name in self.scores or {}))

    @property
    def level(self) -> int:
        """The least level of interpretability as a number, from 0 (opaque, the default) to 3 (simulatable)."""
        return 0 if self.interpretability is None else LEVELS.index(self.interpretability)

    def limit(self, reference: float | None = None) -> float:
        """Return the value of the metric that must be reached: the stricter of `score` and `within`.

        Parameters
        ----------
        reference : float, optional
            The score that `within` is measured against.

        Raises
        ------
        ConstraintError
            If `within` is given and `reference` is not.
        """
        limits = [] if self.score is None else [self.score]
        if self.within is not None:
            if reference is None:
                raise ConstraintError("within: needs the score of a reference, but there is none")
            limits.append(self.measured.limit_within(reference, self.within))
        return max(limits, key=lambda value: self.measured.sign * value)

    def check_task(self, task: str, classes: int) -> None:
        """Raise `ConstraintError` unless the metrics are defined for this task with so many classes."""
        try:
            for measured in self.all_measured:
                measured.check_task(task, classes)
        except RequestError as error:
            raise ConstraintError(str(error)) from None
