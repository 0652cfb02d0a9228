"""A whole model in words, its size by part and its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automicro.program import Forest, size_by_part
from automicro.report.body import Telling, body_lines, decides_alone
from automicro.words.features import column_names, feature_texts, reading_lines
from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from automicro.program import Program

__all__ = ["card_text", "model_text", "size_text"]


def model_text(program: Program, card: dict[str, Any] | None = None, limit: int = 40) -> str:
    """Return what a program computes, in words that a reader can follow with a pencil.

    Parameters
    ----------
    program : Program
    card : dict, optional
        Gives the columns their names; without it they are called by their position.
    limit : int
        Most lines of one list of terms, steps or rules.
    """
    names = column_names(program.columns, card)
    labels = tuple(str(label) for label in program.labels or ())
    target = str((card or {}).get("target") or "prediction")
    outputs = tuple(f"score of {label}" for label in labels) if program.link == "softmax" else ("score",)
    if program.link == "identity" and not labels:
        outputs = (target,)
    telling = Telling(feature_texts(program, names), outputs, labels, program.link, limit)
    lines = [*body_lines(program.body, telling), *reading_lines(program, names)]
    if not (isinstance(program.body, Forest) and decides_alone(program.body, telling)):
        lines += _link_lines(telling, target)
    return "\n".join(lines)


def _link_lines(telling: Telling, target: str) -> list[str]:
    match telling.link:
        case "sigmoid":
            no, yes = telling.labels
            return [
                f"predict {yes} if score > 0, else {no}",
                f"probability of {yes} = 1 / (1 + exp(-score))",
            ]
        case "softmax":
            return ["predict the label with the greatest score", "probabilities = softmax of the scores"]
        case "exp":
            return [f"{target} = exp(score)"]
        case _:
            return []


def size_text(program: Program) -> str:
    """Return how many bytes each part of the packed program takes."""
    parts = size_by_part(program)
    total = sum(parts.values())
    rows = [(name, f"{size:.1f} bytes", f"{size / total:.0%}") for name, size in parts.items()]
    return "\n".join(aligned([*rows, ("total", f"{total:.1f} bytes", "")]))


def card_text(card: dict[str, Any]) -> str:
    """Return a card as lines of key and value."""
    return "\n".join(
        aligned((key.replace("_", " "), _value(key, value)) for key, value in card.items() if value is not None)
    )


def _value(key: str, value: Any) -> str:
    if key == "columns":
        return f"{count(len(value), 'column')}: " + ", ".join(f"{each['name']} ({each['kind']})" for each in value)
    if isinstance(value, float):
        return rounded(value)
    if key == "score_interval":
        return " to ".join(rounded(side) for side in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={_value('', each)}" for name, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_value("", each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)
