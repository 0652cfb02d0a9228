"""The result of a search in words, whether something was found or not."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from automicro.escaped import escaped
from automicro.report.certificate import certificate_text
from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.errors import Infeasible

__all__ = ["infeasible_text", "summary"]

SURE = 0.9  # the confidence of an interval below this is not stated


def summary(selection: Any) -> str:
    """Return what was found, one line each: family, bytes, score with interval, latency, interpretability, verdict.

    Parameters
    ----------
    selection : Selection
        Its attributes family, size_bytes, metric, score, score_interval, reference, latency, interpretability,
        verdict and trace are read, and notes where there are any.
    """
    score = _score(selection)
    level = selection.interpretability
    rows = [
        ("interrupted", _interrupted(selection)),
        ("family", selection.family),
        ("size", count(selection.size_bytes, "byte")),
        (selection.metric, score),
        ("held out", _held_out(selection)),
        ("aimed at", _aimed(selection)),
        *_scores(selection),
        *_indices(selection),
        ("positive class", _positive(selection)),
        ("robustness", _robustness(selection)),
        ("reference", _reference(selection.reference)),
        ("latency", _latency(selection)),
        ("interpretability", str(getattr(level, "name", level))),
        ("monotone", _monotone(selection)),
        ("verdict", selection.verdict),
        ("trials", _trials(selection.trace)),
    ]
    notes = [f"price: {escaped(price.said)}" for price in getattr(selection, "prices", ())]
    constant = getattr(selection, "constant", "")
    first = [f"a constant: {constant}"] if constant else []
    notes += [f"note: {escaped(note)}" for note in getattr(selection, "notes", ()) if note not in first]
    certificate = getattr(selection, "certificate", None)
    last = [] if certificate is None else ["", certificate_text(certificate.model_dump(mode="json"))]
    return "\n".join([*map(escaped, first), *aligned(row for row in rows if row[1]), *notes, *last])


def _interrupted(selection: Any) -> str:
    """Return that the search was cut short, where it was."""
    if not getattr(selection, "interrupted", False):
        return ""
    seconds = getattr(selection, "seconds", 0.0)
    return f"after {rounded(seconds)} s; this is the best model so far" if seconds else "this is the best model so far"


def _score(selection: Any) -> str:
    """Return what is to be expected of new rows, with its interval, and the score that was measured where that differs."""
    expected = getattr(selection, "expected_score", selection.score)
    details = []
    if rounded(expected) != rounded(selection.score):
        certified = selection.verdict == "certified"
        why = "on the held-out rows" if certified else "in cross-validation, less the optimism of the selection"
        details.append(f"{rounded(selection.score)} {why}")
    if selection.score_interval is not None and all(map(math.isfinite, selection.score_interval)):
        details.append(f"interval {' to '.join(rounded(side) for side in selection.score_interval)}")
    card = getattr(getattr(selection, "model", None), "card", None) or {}
    if card.get("weighted"):
        details.append("rows weighted by their sample weights")
    return rounded(expected) + (f" ({'; '.join(details)})" if details else "")


def _positive(selection: Any) -> str:
    """Return the positive class, where the metric, a direction or the request depends on it."""
    label, constraints = getattr(selection, "pos_label", None), getattr(selection, "constraints", None)
    if label is None or constraints is None:
        return ""
    of_one_class = any(measured.of_one_class for measured in constraints.all_measured)
    depends = constraints.pos_label is not None or constraints.monotone or of_one_class
    return repr(label) if depends else ""


def _held_out(selection: Any) -> str:
    """Return the score of an estimated model on held-out rows; that of a certified one is its score."""
    held = getattr(selection, "held_out", None)
    if held is None or selection.verdict == "certified":
        return ""
    return f"{rounded(held.score)} (interval {rounded(held.low)} to {rounded(held.high)}) on {count(held.rows, 'row')}"


def _aimed(selection: Any) -> str:
    """Return the score that the search aimed at, and what it is made of."""
    aim, errors = getattr(selection, "aimed_at", None), getattr(selection, "margin", None)
    if aim is None or errors is None:
        return ""
    usual = {0.5: "half a standard error", 1.0: "a standard error"}
    margin = usual.get(errors, f"{errors:.3g} standard errors")
    measured = selection.constraints.measured
    best = measured.high if measured.sign > 0 else measured.low
    if math.isfinite(best) and math.isclose(aim, (selection.target + best) / 2):
        margin = f"half the way to {rounded(best)}, which is less than {margin}"
    return f"{rounded(aim)}: the target {rounded(selection.target)} and {margin}"


def _robustness(selection: Any) -> str:
    """Return the loss of score under stresses on held-out rows, that of one column first."""
    found = getattr(selection, "robustness", {})
    losses = (
        [f"by at most {rounded(found['column_lost'])} without one of its columns"] if "column_lost" in found else []
    )
    losses += [
        f"by {rounded(loss)} under {name}" for name, loss in found.items() if name not in ("column_lost", "flip")
    ]
    said = [f"the score is worse {', '.join(losses)}"] if losses else []
    if "flip" in found:
        said.append(f"half of the rows are at least {rounded(found['flip'])} ranges from another decision")
    return "; ".join(said)


def _latency(selection: Any) -> str:
    """Return the requested quantile with its interval, the usual ones, and the operations of a decision."""
    latency, structure = selection.latency, getattr(selection, "structure", None)
    if latency is None:
        return ""
    wanted = latency.interval(latency.quantile)
    others = [f"p{100 * q.quantile:g} {rounded(q.us)}" for q in latency.quantiles if q.quantile != latency.quantile]
    sure = f" at {latency.confidence:.0%}" if latency.confidence > SURE else ""
    said = f"p{100 * wanted.quantile:g} {rounded(wanted.us)} us ({rounded(wanted.low_us)} to {rounded(wanted.high_us)}{sure}"
    operations = "" if structure is None else f"; at most {structure.operations_p95:g} operations in 95% of rows"
    where = f"{latency.argument}, in {count(len(latency.runs), 'process', 'processes')}"
    return f"{said}; {where}; {', '.join(others)}{operations})"


def _monotone(selection: Any) -> str:
    """Return in how many columns of numbers the score is monotone, unless it is in all."""
    structure = getattr(selection, "structure", None)
    if structure is None or not structure.non_monotone:
        return ""
    columns = len(structure.directions)
    return f"in {columns - len(structure.non_monotone)} of {count(columns, 'column')} of numbers"


def _scores(selection: Any) -> list[tuple[str, str]]:
    """Return the required scores beside the metric, with their intervals."""
    found = getattr(selection, "scores", None) or {}
    return [
        (name, f"{rounded(each.score)} (interval {rounded(each.low)} to {rounded(each.high)})")
        for name, each in found.items()
    ]


def _indices(selection: Any) -> list[tuple[str, str]]:
    """Return the indices of a partition beside the metric."""
    indices = getattr(selection, "indices", None) or {}
    return [(name, rounded(value)) for name, value in indices.items() if name != selection.metric]


def _reference(reference: Any) -> str:
    """Return the score of the reference of `within`, its family, and the rows that it is from."""
    if reference is None:
        return ""
    others = [f"{name} {rounded(score)}" for name, score in reference.members.items() if isinstance(score, float)]
    others = [said for said in others if not said.startswith(f"{reference.family} ")]
    on = f"mean over {count(reference.folds, 'fold')} of {count(reference.rows, 'row')}, {rounded(reference.seconds)} s"
    more = [f"{count(reference.size_bytes, 'byte')}", on, *others]
    return f"{rounded(reference.score)} ({reference.family}, {'; '.join(more)})"


def _trials(trace: Iterable[Any]) -> str:
    statuses = Counter(record.status for record in trace)
    each = ", ".join(f"{amount:,} {status.replace('_', ' ')}" for status, amount in statuses.most_common())
    return f"{sum(statuses.values()):,} ({each})" if each else ""


def infeasible_text(error: Infeasible) -> str:
    """Return why no model meets the constraints: notes about the data, the message, and the nearest trial for each binding constraint."""
    names = error.binding or tuple(error.nearest)
    rows = [(f"nearest for {name}", _nearest(error.nearest[name])) for name in names if name in error.nearest]
    rows += [("price", getattr(price, "said", "")) for price in error.prices]
    rows.append(("trials", _trials(record for record in error.trace if hasattr(record, "status"))))
    notes = [f"note: {escaped(note)}" for note in error.notes]
    return "\n".join([*notes, str(error), *aligned((row for row in rows if row[1]), "  ")])


def _nearest(nearest: dict[str, object]) -> str:
    said, interval = [], nearest.get("latency_interval_us")
    for key, value in nearest.items():
        if isinstance(value, dict):
            missed = {name: share for name, share in value.items() if isinstance(share, float) and share < 0}
            said += [_missed(name, -share) for name, share in missed.items() if name != "latency" or not interval]
        elif isinstance(value, tuple):
            low, high = value
            said.append(
                f"latency {low:.4g} to {high:.4g} us, which contains the limit of {nearest['latency_limit_us']:.4g} us"
            )
        elif key != "latency_limit_us":
            said.append(f"{key} {rounded(value) if isinstance(value, float) else value}")
    return ", ".join(said)


def _missed(name: str, share: float) -> str:
    """Return by how much a limit is missed; a large excess as a multiple of the limit, which a score has not."""
    if share < 1 or name == "score":
        return f"{name} missed by {share:.1%}"
    times = f"{1 + share:.3g}" if share < 999 else f"{1 + share:,.0f}"
    return f"{name} {times} times its limit"
