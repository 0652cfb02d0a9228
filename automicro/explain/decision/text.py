"""The explanation of one decision in at most twelve lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from automicro.escaped import escaped
from automicro.words.numbers import aligned, apart, count, exponential, limit_text, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.explain.decision.counterfactual import Change
    from automicro.explain.decision.explanation import Explanation, Weight

__all__ = ["explanation_text"]

SHOWN = 0.9  # share of what the parts add up to, in absolute terms, that is listed part by part
MOST_LINES = 12
AROUND = ("headline", "constant", "others", "score")  # lines beside those of single parts
MOST_WEIGHTS = 4


def explanation_text(explanation: Explanation) -> str:
    """Return a decision in words: what was predicted, the parts until nine tenths are listed, and what would change it.

    Parameters
    ----------
    explanation : Explanation
    """
    explanation = escaped(explanation)
    after = _after(explanation)
    most = MOST_LINES - len(AROUND) - len(after)
    return "\n".join([_headline(explanation), *aligned(_rows(explanation, most), "  "), *after])


def _after(explanation: Explanation) -> list[str]:
    """Return what is printed below the sum."""
    lines = []
    if explanation.method:
        lines.append(f"  an approximation, as this model is no sum: {explanation.method}")
    if explanation.weights:
        lines.append(f"  {_weighed(explanation.weights)}")
    if explanation.out_of_range:
        lines.append(f"outside of what training has seen: {', '.join(explanation.out_of_range)}")
    flip = explanation.counterfactual
    if flip is not None:
        changes = " and ".join(map(_changed, flip.changes))
        lines.append(f"what would change this model's output to {flip.label}: {changes}")
    return lines


def _weighed(weights: Sequence[Weight]) -> str:
    """Return the heaviest weights; shares of attention in per cent."""
    weights_shown = [w for w in weights if w.of == "distance"] or weights
    shown = [
        f"{w.name} {w.weight:.0%} of {w.of}" if w.of.startswith("head") else f"{w.name} {w.weight:+.4g} ({w.of})"
        for w in weights_shown[:MOST_WEIGHTS]
    ]
    more = (
        f" and {count(len(weights_shown) - MOST_WEIGHTS, 'more', 'more')}" if len(weights_shown) > MOST_WEIGHTS else ""
    )
    return f"what was weighed, which is not why: {', '.join(shown)}{more}"


def _headline(explanation: Explanation) -> str:
    if explanation.probability is None:
        how = (" = exp(score)" if explanation.link == "exp" else "") + _limited(explanation)
        return f"predicted {rounded(explanation.output)}{how}, of a score {rounded(explanation.score)} that adds up as"
    against = "" if explanation.against is None else f" over {explanation.against}"
    return (
        f"predicted {explanation.output} (probability {explanation.probability:.1%}){against}, "
        f"of a score {rounded(explanation.score)} that adds up as"
    )


def _limited(explanation: Explanation) -> str:
    """Return which limit an output lies on, if it lies on one."""
    least, greatest = explanation.limits or (-math.inf, math.inf)
    if explanation.output <= least:
        return f", at least {limit_text(least)}"
    return f", at most {limit_text(greatest)}" if explanation.output >= greatest else ""


def _rows(explanation: Explanation, most: int) -> list[tuple[str, ...]]:
    """Return constant, parts and score as cells; where scores go through the exponential, each with the factor that it makes."""
    parts = explanation.parts
    total = sum(abs(part.contribution) for part in parts)
    rows, weights_shown = [(explanation.constant, "to start from", "")], 0.0
    for place, part in enumerate(parts):
        if place == most or (total > 0 and weights_shown >= SHOWN * total and place < len(parts) - 1):
            rest = sum(part.contribution for part in parts[place:])
            rows.append((rest, f"from {count(len(parts) - place, 'other')}", ""))
            break
        rows.append((part.contribution, part.name, part.because))
        weights_shown += abs(part.contribution)
    if explanation.link != "exp":
        return [*((f"{added:+.4g}", *words) for added, *words in rows), (f"= {explanation.score:.4g}", "", "")]
    multiplied = [(f"{added:+.4g}", f"x {exponential(added):.4g}", *words) for added, *words in rows]
    return [*multiplied, (f"= {explanation.score:.4g}", f"= {exponential(explanation.score):.4g}", "", "")]


def _changed(change: Change) -> str:
    if change.without:
        return f"{change.column} without {', '.join(map(repr, change.without))}"
    return f"{change.column} {_cell(change.instead, change.value)} instead of {_cell(change.value, change.instead)}"


def _cell(value: float | str | None, other: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return "missing" if value is None else value
    return apart(value, 0.0 if other is None or isinstance(other, str) else other)
