"""The result of a search in words, whether something was found or not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from automicro.report.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from automicro.errors import Infeasible

__all__ = ["infeasible_text", "summary_text"]


def summary_text(selection: Any) -> str:
    """Return what was found, one line each: family, bytes, score with interval, latency, interpretability, verdict.

    Parameters
    ----------
    selection : Selection
        Its attributes family, size_bytes, metric, score, score_interval, reference, latency_us, interpretability, verdict and
        trace are read.
    """
    score = rounded(selection.score)
    if selection.score_interval is not None:
        score += f" (interval {' to '.join(rounded(side) for side in selection.score_interval)})"
    level = selection.interpretability
    rows = [
        ("family", selection.family),
        ("size", count(selection.size_bytes, "byte")),
        (selection.metric, score),
        ("reference", "" if selection.reference is None else _told(selection.reference)),
        ("latency", "" if selection.latency_us is None else f"{rounded(selection.latency_us)} us"),
        ("interpretability", str(getattr(level, "name", level))),
        ("verdict", selection.verdict),
        ("trials", _trials(selection.trace)),
    ]
    return "\n".join(aligned(row for row in rows if row[1]))


def _told(value: Any) -> str:
    return rounded(value) if isinstance(value, float) else str(value)


def _trials(trace: Any) -> str:
    statuses = Counter(record.status for record in trace)
    told = ", ".join(f"{amount:,} {status}" for status, amount in statuses.most_common())
    return f"{sum(statuses.values()):,} ({told})" if told else ""


def infeasible_text(error: Infeasible) -> str:
    """Return why no model meets the constraints: the binding ones and the nearest trial along each."""
    lines = [str(error)]
    for name in error.binding or tuple(error.nearest):
        nearest = error.nearest.get(name)
        lines.append(f"  {name}: {_nearest(nearest)}" if nearest else f"  {name}: no trial could be measured")
    statuses = _trials([record for record in error.trace if hasattr(record, "status")])
    return "\n".join([*lines, f"  trials: {statuses}"] if statuses else lines)


def _nearest(nearest: dict[str, object]) -> str:
    asked, got = (_told(nearest[key]) if key in nearest else "unknown" for key in ("limit", "value"))
    rest = ", ".join(f"{key} {_told(value)}" for key, value in nearest.items() if key not in ("limit", "value"))
    return f"asked {asked}, the nearest trial has {got}" + (f" ({rest})" if rest else "")
