"""What a search returns to the user: the model with its evidence."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from automicro.record_table import RecordTable
from automicro.values import plain, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from automicro.measure import Interpretability, Latency
    from automicro.request import Certificate, Constraints, HeldOutScore, Price, ScoreBeside
    from automicro.runtime.model import Model

__all__ = ["Point", "PointStatus", "RecordTable", "ReferenceScore", "Selection"]


@dataclass(frozen=True)
class ReferenceScore:
    """The best score that a strong portfolio reached on the same rows.

    Parameters
    ----------
    family : str
        Family whose strongest setting it is.
    score : float
        Score of its packed models: the mean over the folds, which are those of the search.
    members : dict of str to float or str
        The score of each member that was finished, or why it does not count.
    folds : int
    rows : int
        Rows of the folds.
    size_bytes : int
        Size of its packed model, trained on all of these rows.
    seconds : float
        Time that the reference took.
    """

    family: str
    score: float
    members: dict[str, float | str]
    folds: int
    rows: int
    size_bytes: int
    seconds: float


class PointStatus(StrEnum):
    """What a point of a frontier meets."""

    RETURNED = "returned"
    REACHES_MARGIN = "reaches the margin"
    MEETS_TARGET = "meets the target, not the margin"


@dataclass(frozen=True)
class Point:
    """An artifact that meets every constraint and that no other of its search beats in both size and score.

    Parameters
    ----------
    trial : int
        Number of its trial in the trace.
    family, variant, precision : str
    score : float
        Mean over the folds, on rows that the folds' models were not trained on.
    size_bytes : int
        Size of the stripped file.
    status : PointStatus
        What the model meets. In a certified search all but the returned model are estimated.
    model : Model
        Trained on all rows of the search and packed, with a card of its own: ``point.model.save("smaller.micro")``.
    """

    trial: int
    family: str
    variant: str
    precision: str
    score: float
    size_bytes: int
    status: PointStatus
    model: Model = field(repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """The smallest model found that meets the constraints, and the evidence.

    Parameters
    ----------
    model : Model
        The returned model.
    family, variant, precision : str
        Family of the model, variant of its training, and precision of its weights.
    parameters : dict
        Setting of the family.
    verdict : {"certified", "estimated"}
        How sure the score is: tested on rows that the search never saw, or estimated by cross-validation.
    metric : str
        Full name of the metric.
    pos_label : str, int, float, bool or None
        Positive class of two: the one that the request, the order of a categorical or its name (1, true, yes) states.
    score : float
        Certified: on the held-out rows. Estimated: the metric's mean over the folds, on rows that the folds' models were not trained on,
        or what the returned model's own training rows imply, where that is worse.
    expected_score : float
        Expected score of new rows. Estimated: `score` without the optimism of having selected the smallest above the target.
        Certified: the cross-validated score, since the held-out rows, on which it passed, show a higher one than new rows.
    score_interval : (float, float)
        Two-sided interval of the score of new rows, at the constraint's confidence. Certified: by cross-validation, on rows
        that did not choose the model, and reaching to `score`.
    held_out : HeldOutScore or None
        The score of the returned file on rows that the search did not use, where some were held out.
    indices : dict of str to float, or None
        For clustering: silhouette, density-based validity and stability of the partition, whichever was asked for.
    target : float
        What `score` had to reach.
    aimed_at : float or None
        The target and the margin, which the search aimed at; None without a margin.
    margin : float or None
        The margin in standard errors of the score; None where it is 0, or no standard error is known.
    prices : tuple of Price
        What less of a constraint would buy, and what more would cost, as far as the search has seen.
    certificate : Certificate or None
        The tests of a certified verdict.
    rows_needed : int or None
        Held-out rows with which a margin like the expected one would be certified four times in five; None where there is no margin.
    scores : mapping of str to ScoreBeside
        Required scores beside the metric: the required value, the value reached (`score`), and its interval (`low`, `high`).
    robustness : mapping of str to float
        On held-out rows: what the worst column that goes missing takes from the score (``"column_lost"``), and what was asked for.
    constant : str
        What the model predicts for every row, in words; empty where it does not predict the same for all (`Constraints.allow_constant`).
    size_bytes : int
        Size of the stripped file.
    latency : Latency or None
        One row, warm, in a fresh process; None where an interrupt came before it was measured.
    interpretability : str
        Level of the program.
    structure : Interpretability
        What the level follows from: operations, constants, interactions.
    constraints : Constraints
        The constraints of the request.
    reference : ReferenceScore or None
        What ``within`` was measured against.
    frontier : RecordTable of Point
        The models that meet every constraint and that no other beats in both size and score, smallest first; the returned one is among
        them. Each can be had: ``selection.frontier[0].model``.
    trace : RecordTable of TrialRecord
        Every candidate: why it was taken, passed over, skipped or rejected, and by how much.
    out_of_fold : dict of int to array
        By trial number: predictions on held-out rows, (repeats, rows) or (repeats, rows, classes), classes in the order of
        ``model.program.labels``. Rows are those of the search in their order: rows of weight 0, and rows that are held out for a
        certificate, have no place. NaN where no split of a repeat validates a row, such as the earliest under a time order.
    notes : tuple of str
        What the user should know of the data and of families that took no part.
    seconds : float
        Wall time from the call to the answer.
    interrupted : bool
        Whether an interrupt (Ctrl-C, in the shell also SIGTERM or SIGHUP) ended the search early: this is the best model so far.
        After a second interrupt interval, certificate, replay, frontier and prices are left out.

    Examples
    --------
    >>> import automicro
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> selection = automicro.select(X, y, metric="roc_auc", score=0.95, trials=1, families=["linear"], workers=0)
    >>> selection.verdict, selection.model.size_bytes == selection.size_bytes
    ('estimated', True)
    """

    model: Model
    family: str
    parameters: dict[str, Any]
    verdict: str
    metric: str
    score: float
    expected_score: float
    score_interval: tuple[float, float]
    target: float
    size_bytes: int
    latency: Latency | None
    interpretability: str
    structure: Interpretability
    constraints: Constraints
    reference: ReferenceScore | None
    frontier: RecordTable[Any]
    trace: RecordTable[Any]
    out_of_fold: dict[int, NDArray[np.float64]]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    indices: dict[str, float] | None = None
    variant: str = ""
    precision: str = ""
    certificate: Certificate | None = None
    prices: tuple[Price, ...] = ()
    rows_needed: int | None = None
    held_out: HeldOutScore | None = None
    robustness: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, ScoreBeside] = field(default_factory=dict)
    pos_label: Any = None
    constant: str = ""
    aimed_at: float | None = None
    margin: float | None = None

    @property
    def latency_us(self) -> float:
        """The latency's quantile in microseconds; NaN where it was not measured."""
        return math.nan if self.latency is None else self.latency.quantile_us

    def __eq__(self, other: object) -> bool:
        """Whether the other holds the same, the predictions out of fold included."""
        return same(vars(self), vars(other)) if isinstance(other, Selection) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return numbers, texts, lists and dicts: all fields but the model, of which the card is kept, and `out_of_fold`."""
        kept = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "out_of_fold"}
        return {**plain({**kept, "model": self.model.card}), "latency_us": self.latency_us}

    def to_json(self) -> str:
        """Return `to_dict` as JSON; numbers without a value are ``NaN`` and ``Infinity``, as Python's `json` reads them."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def __repr__(self) -> str:
        from automicro.report import summary

        return summary(self)
