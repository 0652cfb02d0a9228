"""The figures of a card that follow from a model and its data: computed for the card, and compared with it later."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automicro.errors import NotVerified
from automicro.explain import global_card
from automicro.measure import directions, interpretability
from automicro.program import decode, has_points, outlier_distances
from automicro.request import LEVELS, Card, CardColumn, HeldOutScore
from automicro.rows.readings import PLAIN, as_entry
from automicro.search import Outcome, State, on_held_out, ranges_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.data import Problem, Table
    from automicro.measure import VerifiedLevel
    from automicro.program import Batch, Program
    from automicro.request import Certificate
    from automicro.runtime.model import Model
    from automicro.search import CertificationSplit

__all__ = ["Figure", "card_columns", "checked_figures", "rounded", "usual_distance"]

SIGNIFICANT, LONGEST = 6, 200  # digits of a figure, and characters of one in an error
_PASSED = re.compile(r"passed on [\d,]+ rows")
CLOSE = 2e-6  # relative: of two numbers of so many digits
USUAL = 0.99  # of the training rows: what is farther from every prototype than these is an outlier
TRAINED = "how the model was trained does not follow from it"
CROSSED = "cross-validation, whose models the file does not contain"
OPTIONAL = (
    "explanation",
    "directions",
    "replay",
    "pos_label",
    "score_interval",
    "expected_score",
)  # which not every card states
UNKNOWN = {
    "target": "the data do not name their target; the explanation names the same",
    "indices": "only models of clusters have them",
    "score_interval": f"it follows from {CROSSED}; it contains the score",
    "expected_score": f"it follows from {CROSSED}; the interval contains it",
    "interrupted": "nothing in the file shows it",
    "parameters": TRAINED,
    "preparation": TRAINED,
    "reference": "the file does not contain the reference",
    "versions": TRAINED,
}


@dataclass(frozen=True)
class Figure:
    """A figure of a card: where it was recomputed from, or why it could not be."""

    name: str
    status: Literal["recomputed", "not recomputed"]
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What figures are recomputed from."""

    model: Model
    certification: CertificationSplit
    certificate: Certificate
    metric: str
    score: float
    level: VerifiedLevel
    batch: Batch  # rows on which the level was evaluated

    @property
    def card(self) -> dict[str, Any]:
        """The card whose figures are checked."""
        return self.model.card or {}

    @cached_property
    def searched(self) -> Problem:
        """The rows that the search used."""
        return self.certification.problem.only(self.certification.searched)


def checked_figures(found: Evidence) -> tuple[Figure, ...]:
    """Return every figure of a card with how it was checked.

    Raises
    ------
    NotVerified
        If one is not what model, data or certificate say.
    """
    return tuple(_checked(name, found.card.get(name), found) for name in Card.model_fields)


def _checked(name: str, stated: Any, found: Evidence) -> Figure:
    source, compute = _COMPUTED.get(name, ("", None))
    if compute is not None and (stated is not None or name not in OPTIONAL):
        value = compute(found)
        if not _same(stated, value):
            raise NotVerified(
                f"{name} of the card must be {_short(value)}, which follows from {source}, but is {_short(stated)}: it was changed, "
                "or written by another version"
            )
    if name in UNKNOWN or (stated is None and name in OPTIONAL):
        return Figure(name, "not recomputed", UNKNOWN.get(name, "the card does not state it"))
    return Figure(name, "recomputed", f"from {source}")


def card_columns(table: Table) -> tuple[CardColumn, ...]:
    """Return the columns of a table as a card has them."""
    readings = table.readings or (PLAIN,) * len(table.profiles)
    return tuple(
        CardColumn(
            name=c.name,
            kind=c.kind,
            minimum=c.minimum,
            maximum=c.maximum,
            offset=c.offset or None,
            reading=as_entry(reading),
        )
        for c, reading in zip(table.profiles, readings, strict=True)
    )


def usual_distance(problem: Problem, program: Program) -> float | None:
    """Return the distance to the nearest prototype that `USUAL` of the rows stay within; None if there are no prototypes."""
    if not has_points(program):
        return None
    return rounded(float(np.quantile(outlier_distances(program, problem.batch()), USUAL, method="higher")))


def rounded(value: float) -> float:
    """Return a number to as many digits as a card has."""
    return float(f"{value:.{SIGNIFICANT}g}")


def _held_out(found: Evidence) -> dict[str, Any]:
    outcome = Outcome(0, State.FEASIBLE, artifact=found.model.payload)
    certificate = found.certificate
    value = on_held_out(
        found.certification, found.metric, outcome, certificate.confidence, models=len(certificate.steps)
    )
    return HeldOutScore(
        score=value.value, low=value.low, high=value.high, rows=len(found.certification.held)
    ).model_dump()


def _scores(found: Evidence) -> dict[str, Any] | None:
    """Return the required scores beside the metric on held-out rows; their intervals, of cross-validation, as the card states them."""
    outcome, stated = Outcome(0, State.FEASIBLE, artifact=found.model.payload), found.card.get("scores") or {}
    made: dict[str, Any] = {}
    for name, limit in (found.certificate.scores or {}).items():
        value = on_held_out(found.certification, name, outcome, found.certificate.confidence).value
        made[name] = {**stated.get(name, {}), "limit": limit, "score": value}
    return made or None


def _target(found: Evidence) -> str | None:
    explained = (found.card.get("explanation") or found.card).get("target")
    return found.card.get("target") if explained in (found.card.get("target"), "prediction") else explained


def _positive(found: Evidence) -> Any:
    labels = found.model.program.labels or ()
    return labels[1] if len(labels) == len(("no", "yes")) else None


def _level(found: Evidence) -> str:
    """Return the level that the card states, unless the model has a higher one."""
    stated, features = found.level.name, decode(found.model.program.decoders, found.batch)
    strict = interpretability(found.model.program, features, topology=found.batch.topology).name
    return max(stated, strict if found.level.replay is None or found.level.replay.passed else stated, key=LEVELS.index)


def _replay(found: Evidence) -> str | None:
    stated = found.card["replay"]
    return stated if found.level.replay is not None and _PASSED.fullmatch(stated) else str(found.level.replay)


def _interval(found: Evidence) -> list[float]:
    low, high = found.card["score_interval"]
    return [min(low, rounded(found.score)), max(high, rounded(found.score))]


def _expected(found: Evidence) -> float:
    low, high = found.card.get("score_interval") or (-math.inf, math.inf)
    return float(min(max(found.card["expected_score"], low), high))


def _directions(found: Evidence) -> dict[str, str]:
    proved = directions(found.model.program, None, ranges_of(found.searched))
    return {found.model.column_names[column]: direction.kind for column, direction in proved.items()}


def _columns(found: Evidence) -> list[dict[str, Any]]:
    return [column.model_dump(mode="json") for column in card_columns(found.searched.table)]


def _record(found: Evidence) -> dict[str, Any] | None:
    function = found.certificate.function
    return None if function is None else function.model_dump(mode="json")


_DATA, _MODEL, _BOTH, _CERTIFICATE = "the data", "the model", "model and data", "the certificate"
_COMPUTED: dict[str, tuple[str, Callable[[Evidence], Any]]] = {
    "columns": (_DATA, _columns),
    "task": (_DATA, lambda found: found.certification.problem.task),
    "labels": (_MODEL, lambda found: found.model.program.labels),
    "weighted": (_DATA, lambda found: None if found.certification.problem.weights is None else True),
    "metric": (_CERTIFICATE, lambda found: found.certificate.metric),
    "function": (_CERTIFICATE, _record),
    "score": (_BOTH, lambda found: rounded(found.score)),
    "held_out": (_BOTH, _held_out),
    "confidence": (_CERTIFICATE, lambda found: found.certificate.confidence),
    "verdict": (_BOTH, lambda _found: "certified"),
    "family": (_CERTIFICATE, lambda found: found.certificate.steps[found.certificate.place].family),
    "interpretability": (_BOTH, _level),
    "directions": (_BOTH, _directions),
    "replay": (_MODEL, _replay),
    "explanation": (_MODEL, lambda found: global_card(found.model.program, found.card) if found.level.replay else None),
    "certificate": (_BOTH, lambda found: found.card["certificate"]),
    "target": ("the explanation", _target),
    "pos_label": (_MODEL, _positive),
    "scores": (_BOTH, _scores),
    "indices": (_DATA, lambda _found: None),
    "score_interval": ("the score", _interval),
    "expected_score": ("the interval", _expected),
    "size_bytes": (_MODEL, lambda found: found.model.size_bytes),
    "sha256": (_MODEL, lambda found: hashlib.sha256(found.model.payload).hexdigest()),
    "seed": (_CERTIFICATE, lambda found: found.certificate.seed),
    "outlier_distance": (_BOTH, lambda found: usual_distance(found.searched, found.model.program)),
}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float | int) and isinstance(other, float) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12)
    return type(one) is type(other) and bool(one == other)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
