"""A whole model in words, its size by part and its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automicro.escaped import escaped
from automicro.explain import global_card
from automicro.program import size_by_part
from automicro.words.model import MOST_LINES, global_text
from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from automicro.program import Program

__all__ = ["card_text", "model_text", "size_text"]


def model_text(program: Program, card: dict[str, Any] | None = None, limit: int = MOST_LINES) -> str:
    """Return what a program computes, in words that a reader can follow with a pencil.

    Parameters
    ----------
    program : Program
    card : dict, optional
        Gives the columns their names; without it they are called by their position.
    limit : int
        Most lines of one list of terms, steps or rules.
    """
    return global_text(global_card(program, card), limit)


def size_text(program: Program) -> str:
    """Return how many bytes each part of the packed program takes."""
    parts = size_by_part(program)
    total = sum(parts.values())
    rows = [(name, f"{size:.1f} bytes", f"{size / total:.0%}") for name, size in parts.items()]
    return "\n".join(aligned([*rows, ("total", f"{total:.1f} bytes", "")]))


def card_text(card: dict[str, Any]) -> str:
    """Return a card as lines of key and value; `model_text` has its explanation."""
    entries = ((key, value) for key, value in card.items() if value is not None and key != "explanation")
    return "\n".join(aligned((key.replace("_", " "), _value(key, value)) for key, value in entries))


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
    return escaped(value) if isinstance(value, str) else json.dumps(value)
