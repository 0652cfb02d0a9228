"""The certificate of a selection as a record: made after the tests, read in words, and verified against model and data."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data import hold_out, labelled_as
from automicro.errors import DataError, NotVerified
from automicro.evidence.hashes import data_sha256, rows_sha256
from automicro.measure import score, verified_level
from automicro.report import aligned, certificate_text
from automicro.request import Certificate, CertifiedStep, metric_of_record, metric_record
from automicro.request import metric as metric_named
from automicro.result.figures import Evidence, Figure, checked_figures
from automicro.search import CertificationSplit, Paired, claim_test, levels, rows_needed
from automicro.words.numbers import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.evidence.mean_test import Tested
    from automicro.request import Constraints, MetricFacts
    from automicro.runtime.model import Model
    from automicro.search import Certified

__all__ = ["Verified", "certificate_in", "certificate_of", "sealed", "texts_in", "verify"]

CLOSE = 1e-6
LEVEL_ROWS = 1000


@dataclass(frozen=True)
class Verified:
    """What was recomputed: score and p-value on the held-out rows, and the figures of the card, each with how it was checked."""

    score: float
    p_value: float
    held_rows: int
    paragraph: str
    figures: tuple[Figure, ...] = ()

    def __str__(self) -> str:
        rows = [(figure.name, f"{figure.status}, {figure.reason}") for figure in self.figures]
        return "\n".join([self.paragraph, "figures of the card:", *aligned(rows, "  ")])


def certificate_of(certified: Certified, constraints: Constraints, families: dict[int, str]) -> Certificate | None:
    """Return the record of the tests; None if nothing passed."""
    chosen, place = certified.chosen, certified.place
    if chosen is None or place is None:
        return None
    certification = certified.certification
    made = Certificate(
        method=chosen.tested.method,
        exact=chosen.tested.exact,
        null=_null(constraints.measured, constraints),
        metric=str(constraints.metric),
        function=metric_record(constraints.measured.name),
        limit=constraints.score,
        within=constraints.within,
        scores=constraints.scores,
        confidence=constraints.confidence,
        steps=tuple(
            CertifiedStep(
                size_bytes=len(step.outcome.artifact or b""),
                sha256=hashlib.sha256(step.outcome.artifact or b"").hexdigest(),
                family=families[step.outcome.number],
                score=step.score,
                p_value=step.tested.p_value,
                level=step.level,
                rejected=step.rejected,
            )
            for step in certified.steps
        ),
        place=place,
        searched_rows=len(certification.searched),
        held_rows=len(certification.held),
        share=certification.share,
        seed=certification.seed,
        rows_needed=rows_needed(chosen.tested.p_value, len(certification.held), constraints.confidence),
        split_sha256=rows_sha256(certification.held),
        data_sha256=data_sha256(certification.problem),
        reference=None if certified.reference is None else _packed(certified.reference.prediction),
        reference_sha256=None if certified.reference is None else certified.reference.sha256,
    )
    return sealed(made)


def sealed(certificate: Certificate) -> Certificate:
    """Return a certificate with its own hash."""
    return certificate.model_copy(update={"sha256": _own_sha256(certificate)})


def _own_sha256(certificate: Certificate) -> str:
    plain = certificate.model_copy(update={"sha256": ""}).model_dump(mode="json")
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _null(facts: MetricFacts, claim: _Claim | Constraints) -> str:
    side = "below" if facts.sign > 0 else "above"
    claims = []
    if claim.score is not None:
        claims.append(f"{facts.name} of the model is {side} {claim.score:g}")
    if claim.within is not None:
        claims.append(
            f"{facts.name} of the model is more than {claim.within:.3g} (as a fraction) worse than the reference's"
        )
    for name, limit in (claim.scores or {}).items():
        claims.append(f"{name} of the model is {'below' if metric_named(name).sign > 0 else 'above'} {limit:g}")
    return ", or ".join(claims)


def _difference(problem: Problem, model: Model, certificate: Certificate) -> str:
    """Return how data differ from those of a search, as far as card and certificate show it, with a remedy."""
    rows = certificate.held_rows + certificate.searched_rows
    if problem.rows != rows:
        return f"have {count(problem.rows, 'row')} instead of {rows:,}: give the same rows"
    known = [column["name"] for column in (model.card or {}).get("columns") or ()]
    if further := [name for name in problem.table.names if name not in known] if known else []:
        listed = f"the column {further[0]!r}" if len(further) == 1 else f"the columns {', '.join(map(repr, further))}"
        return f"also have {listed}: leave out what the search left out"
    return "some values differ: give the same values, target, weights, groups and time"


def _claim_of(certificate: Certificate) -> _Claim:
    return _Claim(certificate.limit, certificate.within, certificate.scores)


def _packed(prediction: NDArray[np.float64]) -> str:
    return base64.b64encode(zlib.compress(prediction.astype("<f8").tobytes(), 9)).decode()


def _unpacked(text: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(base64.b64decode(text), 8 * math.prod(shape) + 1)
        return np.frombuffer(content, dtype="<f8").reshape(shape).astype(np.float64)
    except (ValueError, zlib.error) as error:
        raise NotVerified(
            f"the reference of the certificate must be predictions for the held-out rows, but {error}"
        ) from None


def verify(model: Model, problem: Problem, metric: Any = None) -> Verified:
    """Recompute a model's certificate from the data that the search was given.

    Parameters
    ----------
    model : Model
        With its card.
    problem : Problem
        The same rows, in the same order, with the same target, weights, groups and time as in the search.
    metric : callable, scorer, Metric or str, optional
        The function that chose the model, if one did; the file of the model does not contain it.

    Returns
    -------
    Verified

    Raises
    ------
    NotVerified
        If the model, the certificate, or what the card says of the model was changed, or the data are others; the sentence says which.
    DataError
        If the model has no certificate.
    RequestError
        If the function that chose the model is not given.
    """
    certificate = certificate_in(model)
    problem = labelled_as(problem, model.program.labels)
    if hashlib.sha256(model.payload).hexdigest() != certificate.steps[certificate.place].sha256:
        raise NotVerified(
            "the model must be the one that was certified, but its bytes are others: it was changed afterwards"
        )
    if data_sha256(problem) != certificate.data_sha256:
        raise NotVerified(
            f"the data must be those of the search, in the same order, but {_difference(problem, model, certificate)}"
        )
    searched, held = hold_out(problem, certificate.share, certificate.seed)
    if rows_sha256(held) != certificate.split_sha256:
        raise NotVerified("the held-out rows must follow from the seed, but are others: the certificate was changed")
    certification = CertificationSplit(problem, searched, held, certificate.share, certificate.seed)
    own = metric_of_record(certificate.metric, certificate.function, metric, model.program.labels)
    value, tested = _recomputed(certification, model, certificate, own)
    _check_words(certificate, certification, tested, own)
    batch = problem.batch(searched[:LEVEL_ROWS])
    level = verified_level(model, batch)
    if level.fault:
        raise NotVerified(level.fault)
    figures = checked_figures(Evidence(model, certification, certificate, own, value, level, batch))
    return Verified(value, tested.p_value, len(held), certificate_text(certificate.model_dump(mode="json")), figures)


def texts_in(card: Mapping[str, Any] | None) -> list[str] | None:
    """Return the columns that the search read as text, so that they are read alike again; None where it read series."""
    entries = (card or {}).get("columns", ())
    if any(entry["kind"] == "series" for entry in entries):
        return None
    return [entry["name"] for entry in entries if entry["kind"] == "text"]


def certificate_in(model: Model) -> Certificate:
    """Return the certificate of a card that is whole and consistent."""
    record = (model.card or {}).get("certificate")
    if record is None:
        reason = "the file has no card" if model.card is None else f"its verdict is {model.card.get('verdict')!r}"
        raise DataError(
            f"the model must have a certificate to verify, but {reason}: search with certify=True and save without strip"
        )
    certificate = Certificate.in_card(record, "certificate")
    steps = certificate.steps
    consistent = (
        _own_sha256(certificate) == certificate.sha256
        and certificate.place < len(steps)
        and steps[certificate.place].rejected
        and all(step.rejected == (step.p_value <= step.level) for step in steps)
        and np.allclose(
            [step.level for step in steps], levels([step.p_value for step in steps], certificate.confidence)
        )
        and all(a.size_bytes > b.size_bytes for a, b in pairwise(steps))
    )
    if not consistent:
        raise NotVerified("the certificate must be the one that was written, but its entries were changed afterwards")
    return certificate


def _check_words(certificate: Certificate, certification: CertificationSplit, tested: Tested, metric: str) -> None:
    """Raise `NotVerified` if the certificate describes its test otherwise than it is."""
    expected = {
        "method": tested.method,
        "exact": tested.exact,
        "null": _null(metric_named(metric), _claim_of(certificate)),
        "searched_rows": len(certification.searched),
        "held_rows": len(certification.held),
        "rows_needed": rows_needed(tested.p_value, len(certification.held), certificate.confidence),
    }
    for name, value in expected.items():
        if getattr(certificate, name) != value:
            raise NotVerified(
                f"{name} of the certificate must be {value!r}, but is {getattr(certificate, name)!r}: it was changed"
            )


def _recomputed(certification: Any, model: Model, certificate: Certificate, metric: str) -> tuple[float, Tested]:
    held_out = certification.held_out(metric, certification.predict(model.payload))
    reference = None
    if certificate.reference is not None:
        prediction = _unpacked(certificate.reference, held_out.prediction.shape)
        reference = Paired(prediction, str(certificate.reference_sha256))
    claim = _claim_of(certificate)
    own = hashlib.sha256(model.payload).hexdigest()
    tested = claim_test(held_out, claim, reference, certificate.seed, own)
    value = score(held_out.metric, held_out.y, held_out.prediction, held_out.weights)
    step = certificate.steps[certificate.place]
    same = math.isclose(tested.p_value, step.p_value, rel_tol=1e-3, abs_tol=CLOSE)
    if not same or not math.isclose(value, step.score, rel_tol=CLOSE):
        raise NotVerified(
            f"the certificate must give what the data give, but says {step.score:.6g} (p {step.p_value:.3g}) where the data say "
            f"{value:.6g} (p {tested.p_value:.3g}): it was changed, or made by another version"
        )
    return value, tested


@dataclass(frozen=True)
class _Claim:
    """What a certificate claims, by the names that constraints use."""

    score: float | None
    within: float | None
    scores: Mapping[str, float] | None
