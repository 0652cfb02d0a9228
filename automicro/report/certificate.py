"""A certificate in words that a lay reader understands."""

from __future__ import annotations

import math
from typing import Any

from automicro.escaped import escaped
from automicro.request import metric
from automicro.words.numbers import count, rounded

__all__ = ["certificate_text"]


def certificate_text(certificate: dict[str, Any]) -> str:
    """Return a certificate as a paragraph.

    Parameters
    ----------
    certificate : dict
        As `automicro.request.Certificate` describes it.
    """
    certificate = escaped(certificate)
    steps = certificate["steps"]
    passed = steps[certificate["place"]]
    chance = 1 - certificate["confidence"]
    error = "" if certificate["exact"] else ", approximate"
    about = "" if certificate["exact"] else "about "
    failed = sum(not step["rejected"] for step in steps)
    tests = (
        f"{len(steps)} models were tested, from the surest to the smallest, and {len(steps) - failed} passed"
        if len(steps) > 1
        else "One model was tested"
    )
    return (
        f"Certified at {100 * certificate['confidence']:.6g}%. Before the search {count(certificate['held_rows'], 'row')} of "
        f"{certificate['held_rows'] + certificate['searched_rows']:,} were held out; the search did not use them. On them this model of "
        f"{count(passed['size_bytes'], 'byte')} has {certificate['metric']} {rounded(passed['score'])}. If "
        f"{certificate['null']}, held-out rows show such a score with a probability of at most {rounded(passed['p_value'])} "
        f"({certificate['method']}{error}). {tests}. Such a procedure certifies a model that misses its target with a probability "
        f"of at most {about}{100 * chance:.6g}%, if new rows are like the held-out ones."
        f"{_unseen(certificate)}"
    )


def _unseen(certificate: dict[str, Any]) -> str:
    """Return what no test of an unbounded error can know: rare rows with far larger errors than those that were seen."""
    own = certificate.get("function")
    if own is not None:
        is_bounded = own["low"] is not None and own["high"] is not None
    else:
        facts = metric(certificate["metric"])
        is_bounded = math.isfinite(facts.low) and math.isfinite(facts.high)
    if is_bounded:
        return ""
    rarest = -math.log(1 - certificate["confidence"]) / certificate["held_rows"]
    what = "An error of this kind has no bound" if own is None else "No bound is known of what a row adds to this score"
    return (
        f" {what}: larger ones than on these rows would not be noticed if they occur in fewer than about one row in "
        f"{max(1, round(1 / rarest)):,}."
    )
