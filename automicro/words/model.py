"""A global card in words that a reader can follow with a pencil."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.escaped import escaped
from automicro.words.body import TextContext, body_lines, decides_alone
from automicro.words.features import input_text, reading_lines
from automicro.words.numbers import count, limit_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MOST_LINES", "global_text"]

MOST_LINES = 60
_PAIRS_TOLD = 8


def global_text(card: Mapping[str, Any], limit: int = MOST_LINES) -> str:
    """Return what a model computes, how its columns are read, what its scores mean, and which columns interact.

    Parameters
    ----------
    card : mapping
        As `automicro.explain.global_card` makes it.
    limit : int
        Most lines of one list of terms, steps or rules.
    """
    card = escaped(dict(card))
    labels = tuple(str(label) for label in card["labels"] or ())
    if not labels and card["link"] == "sigmoid":  # of a program without labels
        labels = ("class 0", "class 1")
    inputs = tuple(map(input_text, card["inputs"]))
    context = TextContext(inputs, tuple(card["outputs"]), labels, card["link"], limit, card.get("limits"))
    lines = [*body_lines(card["body"], context), *reading_lines(card["inputs"])]
    if not decides_alone(card["body"], context):
        lines += _link_lines(context, card["target"])
    return "\n".join([*lines, *_interaction_lines(card["interactions"])])


def _link_lines(context: TextContext, target: str) -> list[str]:
    match context.link:
        case "sigmoid":
            no, yes = context.labels
            return [
                f"predict {yes} if score > 0, else {no}",
                f"probability of {yes} = 1 / (1 + exp(-score))",
            ]
        case "softmax":
            return ["predict the label with the greatest score", "probabilities = softmax of the scores"]
        case "identity" if context.limits is None:
            return []
        case _:
            value = "exp(score)" if context.link == "exp" else "score"
            return [f"{target} = {value}{_limits(context)}"]


def _limits(context: TextContext) -> str:
    """Return the limits of what is predicted; an exponential is above 0 anyway."""
    if context.limits is None:
        return ""
    least, greatest = context.limits
    low = "" if context.link == "exp" and least <= 0 else f"at least {limit_text(least)} and "
    return f", {low}at most {limit_text(greatest)}"


def _interaction_lines(pairs: list[list[str]]) -> list[str]:
    if not pairs:
        return []
    pairs_shown = ", ".join(" and ".join(pair) for pair in pairs[:_PAIRS_TOLD])
    more = f" and {count(len(pairs) - _PAIRS_TOLD, 'more pair')}" if len(pairs) > _PAIRS_TOLD else ""
    return [f"columns whose effects depend on each other: {pairs_shown}{more}"]
