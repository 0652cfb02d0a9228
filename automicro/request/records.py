"""What is kept beside a model (its card) and of every trial (its record)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from automicro.errors import ArtifactError
from automicro.request.levels import Level
from automicro.values import hash_of, same

__all__ = [
    "Card",
    "CardColumn",
    "CardReference",
    "Certificate",
    "CertifiedStep",
    "HeldOutScore",
    "Label",
    "LatencyRecord",
    "Price",
    "QuantileRecord",
    "ScoreBeside",
    "Status",
    "TraceLine",
    "TrialRecord",
    "Verdict",
]

Label = bool | int | float | str
Verdict = Literal["certified", "estimated", "infeasible"]
_NotNegative = Annotated[int, Field(ge=0)]


class Status(StrEnum):
    """What became of a candidate, as the trace says it."""

    TAKEN = "taken"
    NOT_SMALLER = "not_smaller"
    BELOW_MARGIN = "below_margin"
    REJECTED = "rejected"
    GIVEN_UP = "given_up"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"
    FAILED = "failed"
    DECLINED = "declined"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    @classmethod
    def in_card(cls, value: Any, key: str) -> Self:
        """Return the record that a card holds under a key; raise `ArtifactError` if it is none."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, (key, *first["loc"])))
            raise ArtifactError(
                f"{where} of the card must be as written, but {first['msg'].lower()}; the file is damaged"
            ) from None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and same(vars(self), vars(other))

    def __hash__(self) -> int:
        return hash((type(self), hash_of(vars(self))))


class CardColumn(_Record):
    """A source column, in the order of a raw row."""

    name: str
    kind: Literal["numeric", "boolean", "category", "text", "series"]
    minimum: float | None = Field(None, description="least value in training")
    maximum: float | None = Field(None, description="greatest value in training")
    offset: float | None = Field(
        None,
        exclude_if=lambda offset: offset is None,
        description="what a program subtracts from the column before it rounds to 32 bits, where it is not 0",
    )
    reading: dict[str, str | list[str] | list[float] | None] | None = Field(
        None,
        description="how cells become what the program reads, where they do not stay as they are; see docs/reference/data.md",
    )


class MetricRecord(_Record):
    """A metric that the user defined: what a file can hold of it."""

    source: str = Field("", description="import path of the function, module:function; empty where there is none")
    greater_is_better: bool
    needs: Literal["predict", "predict_proba"]
    low: float | None = Field(
        None, description="what no score, or no value of a row, is below; none where there is no such bound"
    )
    high: float | None = Field(None, description="what none is above")
    per_row: bool = Field(description="whether the score is the mean of a value for each row")
    costs: tuple[tuple[float, ...], ...] | None = Field(
        None, description="of mean_cost: what is predicted costs, true labels in rows, in the order of the labels"
    )


class CardReference(_Record):
    """The reference of ``within``: the best of the families' strongest settings, each run to the end."""

    family: str
    score: float = Field(description="mean over the folds of the scores of its packed models")
    folds: _NotNegative = Field(description="number of folds on which both it and the model were scored")
    rows: _NotNegative = Field(description="number of rows of the search, which the folds consist of")
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="SHA-256 of its stripped file, trained on all rows of the search"
    )


class CertifiedStep(_Record):
    """One test of a certificate: an artifact, its score on the held-out rows, and the p-value of its claim."""

    size_bytes: _NotNegative
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the stripped file")
    family: str
    score: float = Field(description="value of the metric on the held-out rows")
    p_value: float = Field(ge=0, le=1, description="how likely such rows are if the claim does not hold")
    level: float = Field(
        ge=0, le=1, description="level of the test: its own share, and the level of the test before it if that passed"
    )
    rejected: bool = Field(description="whether the artifact passed: the p-value is at most the level")


class HeldOutScore(_Record):
    """The score of a model on rows that the search did not use."""

    score: float
    low: float = Field(
        description="lower end of the two-sided interval, which accounts for all models compared on these rows"
    )
    high: float = Field(description="its upper end")
    rows: _NotNegative = Field(description="number of held-out rows")


class ScoreBeside(_Record):
    """A required score beside the metric, and what the model reaches."""

    limit: float = Field(description="required value: at least, for an error at most")
    score: float = Field(description="score on held-out rows, or else on the validation rows of the folds")
    low: float = Field(description="lower end of its two-sided interval")
    high: float = Field(description="its upper end")


class Certificate(_Record):
    """Why a score is certain: tests of artifacts, surest first, on rows that were split off before the search."""

    method: str = Field(description="the test of one artifact")
    exact: bool = Field(description="whether its p-values hold for every number of rows")
    null: str = Field(description="the null hypothesis, in words")
    metric: str
    function: MetricRecord | None = Field(None, description="of a metric that the user defined")
    limit: float | None = Field(None, description="the required score")
    within: float | None = Field(None, description="the required fraction below the reference")
    scores: dict[str, float] | None = Field(None, description="required scores beside the metric; all are tested")
    confidence: float
    steps: tuple[CertifiedStep, ...] = Field(description="in the order of testing, which the search rows alone decided")
    place: _NotNegative = Field(
        description="place of this model's test among the steps: the smallest that passed and is fast enough"
    )
    searched_rows: _NotNegative
    held_rows: _NotNegative
    share: float = Field(description="share of the rows to hold out")
    seed: _NotNegative
    rows_needed: _NotNegative | None = Field(
        None, description="held-out rows with which a margin like this one passes four times in five"
    )
    split_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the numbers of the held-out rows")
    data_sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="of all rows: columns, target, weights, groups, order"
    )
    reference: str | None = Field(
        None, description="the reference's predictions for the held-out rows: base64 of zlib of float64, little-endian"
    )
    reference_sha256: str | None = Field(
        None, description="SHA-256 of the reference's stripped file, trained on the search rows"
    )
    sha256: str = Field("", description="of this certificate, written as JSON with an empty text here")


class Card(_Record):
    """Card of a file: what it says of its model; without it (``save(strip=True)``) the predictions are the same.

    Two runs of one request give the same card: it holds no time and no host name.
    """

    columns: tuple[CardColumn, ...] = Field(description="source columns in the order of a raw row")
    task: Literal["classification", "regression", "clustering"]
    target: str | None = Field(None, description="name of the target column")
    labels: tuple[Label, ...] | None = Field(None, description="class labels in the order of the scores")
    weighted: bool | None = Field(None, description="whether scores weigh the rows by their sample weights")
    pos_label: Label | None = Field(
        None,
        description="positive class of two: the second label; none where neither the request nor the data state it",
    )
    metric: str = Field(description="scorer or error name of scikit-learn, or name of a function")
    function: MetricRecord | None = Field(None, description="of a metric that the user defined")
    score: float = Field(description="value of the metric on rows that the model was not trained on")
    scores: dict[str, ScoreBeside] | None = Field(None, description="required scores beside the metric")
    indices: dict[str, float] | None = Field(None, description="clustering: every index of the partition")
    score_interval: tuple[float, float] | None = Field(
        None, description="two-sided interval of the score of new rows at `confidence`, low and high"
    )
    held_out: HeldOutScore | None = Field(
        None, description="the score on rows that the search did not use, where some were held out"
    )
    confidence: float = Field(0.95, description="of the interval")
    verdict: Verdict
    interrupted: Literal[True] | None = Field(
        None, description="whether the search was interrupted, so that this is the best model so far"
    )
    family: str
    parameters: dict[str, Any] = Field(default_factory=dict, description="the family's setting")
    preparation: dict[str, Any] = Field(default_factory=dict, description="how columns became features")
    interpretability: Level
    directions: dict[str, Literal["+", "-", "constant", "neither", "unproved"]] | None = Field(
        None, description="how the score is proved to go with each column of numbers, whatever the others are"
    )
    replay: str | None = Field(
        None,
        description="whether an interpreter that sees only the explanation gives what the model gives; none if it is opaque",
    )
    explanation: dict[str, Any] | None = Field(
        None, description="all of the model as data: columns, tables, rules or prototypes, link; none if it is opaque"
    )
    expected_score: float | None = Field(
        None,
        description="what is to be expected of new rows: of an estimated score the optimism of the selection is taken off, "
        "of a certified one it is the cross-validated score",
    )
    certificate: Certificate | None = Field(None, description="of a certified score")
    reference: CardReference | None = Field(None, description="reference of `within`")
    size_bytes: _NotNegative = Field(description="size of the stripped file")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the stripped file")
    seed: _NotNegative = 0
    outlier_distance: float | None = Field(
        None, description="of models of prototypes: 99 % of the training rows are at most this far from the nearest one"
    )
    versions: dict[str, str] = Field(default_factory=dict, description="of automicro and the libraries that trained")


class Price(_Record):
    """What another limit of one constraint would buy or cost, as far as the search has seen."""

    record: Literal["price"] = "price"
    constraint: str = Field(description="name of the constraint: score, margin, size, latency, interpretability, ...")
    limit: float | str = Field(description="the limit of the request")
    instead: float | str = Field(description="the other limit")
    size_bytes: _NotNegative | None = Field(
        None, description="bytes with the limit of the request; none if nothing met it"
    )
    size_instead: _NotNegative = Field(description="bytes that are enough with the other limit")
    said: str = Field(description="one sentence")


class QuantileRecord(_Record):
    """A quantile of the times of single calls: its median over fresh processes, with its interval."""

    quantile: float
    us: float = Field(description="microseconds")
    low_us: float
    high_us: float


class LatencyRecord(_Record):
    """Times of one row, warm, call included, in fresh processes; and on what they were measured."""

    quantiles: tuple[QuantileRecord, ...]
    confidence: float = Field(description="of each interval, which lies between order statistics of the processes")
    processes: _NotNegative
    calls: _NotNegative = Field(description="timed calls of all processes")
    cpu_share: float = Field(
        description="what of the time a typical process had a processor; below 0.95 the machine was busy"
    )
    runtime: str
    argument: str = Field("one row as an array", description="what each call was given")
    machine: dict[str, Any] = Field(
        description="processor, cores, threads, clock and its resolution, load before and after"
    )


class TrialRecord(_Record):
    """What happened to one candidate, and by how much it met or missed each constraint."""

    record: Literal["trial"] = "trial"
    number: _NotNegative = Field(description="order in which candidates were drawn")
    family: str
    parameters: dict[str, Any] = Field(default_factory=dict, description="the family's setting")
    preparation: dict[str, Any] = Field(default_factory=dict, description="how columns became features")
    status: Status = Field(
        description="taken: returned; not_smaller: takes no fewer bytes than an artifact that the search has;"
        " below_margin: meets every constraint and the target, not the margin; rejected: misses a constraint; given_up:"
        " stopped after the folds that showed it cannot reach the target; abandoned: running when the search ended;"
        " skipped: its size budget cannot win, untrained; failed: raised, or broke a limit; declined: the family cannot serve"
    )
    reason: str = Field(description="one sentence")
    score: float | None = Field(None, description="value of the metric, out of fold")
    size_bytes: _NotNegative | None = Field(None, description="size of the stripped file")
    latency_us: float | None = Field(None, description="latency in microseconds, where it was measured")
    latency: LatencyRecord | None = Field(
        None, description="as measured in fresh processes, of what was nearly returned"
    )
    interpretability: Level | None = None
    margins: dict[str, float] = Field(
        default_factory=dict, description="by constraint: how far inside (above 0) or outside (below 0) the limit"
    )
    folds_run: _NotNegative = 0
    seconds: float = Field(0.0, ge=0, description="time spent")
    variant: str | None = Field(None, description="key of the best of the programs that one training gave")
    precision: str | None = Field(None, description="how the weights were rounded")
    robustness: dict[str, float] | None = Field(
        None,
        description="on held-out rows: score lost by stress; 'flip': ranges that half of the rows are at least from another decision",
    )
    reused: str | None = Field(None, description="what of an earlier model or a pretrained encoder went into it")
    traceback: str | None = Field(
        None, description="of a failed trial: where in the code it failed; of the first of those that give one reason"
    )
    from_storage: bool = Field(
        False, description="whether another run on the same storage had finished it, in as many seconds"
    )


class TraceLine(RootModel[Annotated[TrialRecord | Price, Field(discriminator="record")]]):
    """One line of a trace file: a trial, or the price of a constraint."""
