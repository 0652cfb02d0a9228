"""The explanation of one decision in at most twelve lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["explanation_text"]

TOLD = 0.9  # share of what the parts add up to, in absolute terms, that is told part by part
MOST_PARTS = 7


def explanation_text(explanation: Any) -> str:
    """Return a decision in words: what was predicted, the parts until nine tenths are told, and what would change it.

    Parameters
    ----------
    explanation : automicro.explain.Explanation
    """
    lines = [_headline(explanation), *aligned(_rows(explanation.constant, explanation.parts, explanation.score), "  ")]
    if explanation.kind == "posthoc":
        lines.append(
            "  an approximation: this model is no sum, and the parts are Shapley values against a row of missing values"
        )
    if explanation.out_of_range:
        lines.append(f"outside of what training has seen: {', '.join(explanation.out_of_range)}")
    flip = explanation.counterfactual
    if flip is not None:
        changes = " and ".join(f"{c.column} {_cell(c.instead)} instead of {_cell(c.value)}" for c in flip.changes)
        lines.append(f"what would change this model's output to {flip.label}: {changes}")
    return "\n".join(lines)


def _headline(explanation: Any) -> str:
    if explanation.probability is None:
        return f"predicted {rounded(explanation.output)}, of a score {rounded(explanation.score)} that adds up as"
    against = "" if explanation.against is None else f" over {explanation.against}"
    return (
        f"predicted {explanation.output} (probability {explanation.probability:.1%}){against}, "
        f"of a score {rounded(explanation.score)} that adds up as"
    )


def _rows(constant: float, parts: Sequence[Any], score: float) -> list[tuple[str, str, str]]:
    total = sum(abs(part.contribution) for part in parts)
    rows, told = [(f"{constant:+.4g}", "to start from", "")], 0.0
    for place, part in enumerate(parts):
        if place == MOST_PARTS or (total > 0 and told >= TOLD * total and place < len(parts) - 1):
            rest = sum(part.contribution for part in parts[place:])
            rows.append((f"{rest:+.4g}", f"from {count(len(parts) - place, 'other')}", ""))
            break
        rows.append((f"{part.contribution:+.4g}", part.name, part.because))
        told += abs(part.contribution)
    return [*rows, (f"= {score:.4g}", "", "")]


def _cell(value: float | str | None) -> str:
    return "missing" if value is None else value if isinstance(value, str) else f"{value:.6g}"
