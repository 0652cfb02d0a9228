"""The explanation of one decision in at most twelve lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.explain.counterfactual import Change
    from automicro.explain.explanation import Explanation, Part, Weight

__all__ = ["explanation_text"]

TOLD = 0.9  # share of what the parts add up to, in absolute terms, that is told part by part
MOST_LINES = 12
AROUND = ("headline", "constant", "others", "score")  # lines beside those of single parts
MOST_WEIGHTS = 4


def explanation_text(explanation: Explanation) -> str:
    """Return a decision in words: what was predicted, the parts until nine tenths are told, and what would change it.

    Parameters
    ----------
    explanation : Explanation
    """
    after = _after(explanation)
    most = MOST_LINES - len(AROUND) - len(after)
    rows = _rows(explanation.constant, explanation.parts, explanation.score, most)
    return "\n".join([_headline(explanation), *aligned(rows, "  "), *after])


def _after(explanation: Explanation) -> list[str]:
    """Return what is told below the sum."""
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
    told = [w for w in weights if w.of == "distance"] or weights
    shown = [
        f"{w.name} {w.weight:.0%} of {w.of}" if w.of.startswith("head") else f"{w.name} {w.weight:+.4g} ({w.of})"
        for w in told[:MOST_WEIGHTS]
    ]
    more = f" and {count(len(told) - MOST_WEIGHTS, 'more', 'more')}" if len(told) > MOST_WEIGHTS else ""
    return f"what was weighed, which is not why: {', '.join(shown)}{more}"


def _headline(explanation: Explanation) -> str:
    if explanation.probability is None:
        return f"predicted {rounded(explanation.output)}, of a score {rounded(explanation.score)} that adds up as"
    against = "" if explanation.against is None else f" over {explanation.against}"
    return (
        f"predicted {explanation.output} (probability {explanation.probability:.1%}){against}, "
        f"of a score {rounded(explanation.score)} that adds up as"
    )


def _rows(constant: float, parts: Sequence[Part], score: float, most: int) -> list[tuple[str, str, str]]:
    total = sum(abs(part.contribution) for part in parts)
    rows, told = [(f"{constant:+.4g}", "to start from", "")], 0.0
    for place, part in enumerate(parts):
        if place == most or (total > 0 and told >= TOLD * total and place < len(parts) - 1):
            rest = sum(part.contribution for part in parts[place:])
            rows.append((f"{rest:+.4g}", f"from {count(len(parts) - place, 'other')}", ""))
            break
        rows.append((f"{part.contribution:+.4g}", part.name, part.because))
        told += abs(part.contribution)
    return [*rows, (f"= {score:.4g}", "", "")]


def _changed(change: Change) -> str:
    if change.without:
        return f"{change.column} without {', '.join(map(repr, change.without))}"
    return f"{change.column} {_cell(change.instead)} instead of {_cell(change.value)}"


def _cell(value: float | str | None) -> str:
    return "missing" if value is None else value if isinstance(value, str) else f"{value:.6g}"
