"""What an explanation holds: parts that add up to a score, what was weighed, what would change the output; and its at most twelve lines."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from automicro.escaped import escaped
from automicro.words.numbers import aligned, apart, count, exponential, limit_text, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.explain.decision.counterfactual import Change, Counterfactual

__all__ = ["Explanation", "Kind", "Part", "Weight"]

Kind: TypeAlias = Literal["sum", "path", "sum_of_paths", "prototypes", "graph_sum", "posthoc"]
SCHEMA = "automicro-explanation-1"
SHOWN = 0.9  # share of what the parts add up to, in absolute terms, that is listed part by part
MOST_LINES = 12
AROUND = ("headline", "constant", "others", "score")  # lines beside those of single parts
MOST_WEIGHTS = 4


@dataclass(frozen=True)
class Part:
    """What a column, a step table, a tree, an example or a node adds to the score; `because` says which values or comparisons led to it."""

    name: str
    contribution: float
    because: str = ""


@dataclass(frozen=True)
class Weight:
    """How a model weighed one input on the way: what was summed and how much of it, not why the output is what it is.

    Parameters
    ----------
    name : str
        A token of attention, a node of a graph, or a prototype.
    of : str
        What weighed: ``"head 1"`` gives shares that add up to 1; ``"contribution, 1 hop away"`` is what a node adds to the score;
        ``"distance"`` is that of a prototype, squared and under the model's relevances.
    weight : float
    """

    name: str
    of: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """The trace of one decision.

    Parameters
    ----------
    kind : {"sum", "path", "sum_of_paths", "prototypes", "graph_sum", "posthoc"}
        How the score comes about: a sum of functions of single columns; one path through a tree; several of them; how much nearer one
        prototype is than another; a sum over the nodes of a graph; or, of a program that is none of these, Shapley values,
        which are an approximation.
    output : label or float
        What is predicted.
    probability : float or None
        Probability of the predicted class.
    score : float
        What the parts add up to, before the link: of several classes the score of the predicted one less that of the runner-up.
    against : label or None
        The runner-up, where there are several classes.
    constant : float
        What the score starts from.
    parts : tuple of Part
        The largest first; with `constant` they add up to `score`.
    out_of_range : tuple of str
        Columns with a value that training has never seen, as far as the card has it.
    counterfactual : Counterfactual or None
        The nearest change that was found to flip the decision; None for numbers and series, or if there is none within the ranges seen.
    weights : tuple of Weight
        What attention weighed, how much each node of a graph adds, how far the prototypes are; the largest first.
    link : {"identity", "exp", "sigmoid", "softmax"}
        What turns the score into the output. Under ``"exp"`` the output is the product of ``exp(constant)`` and ``exp(contribution)``
        of every part, so that each part multiplies it by a factor, or one of `limits` where the product is beyond it.
    method : str
        How parts were found where they are an approximation, with its seed; empty where they are the program's own steps.
    limits : tuple of float, or None
        The least and the greatest number that the model predicts; None where the program has no limits.
    """

    kind: Kind
    output: Any
    probability: float | None
    score: float
    against: Any
    constant: float
    parts: tuple[Part, ...]
    out_of_range: tuple[str, ...] = ()
    counterfactual: Counterfactual | None = None
    weights: tuple[Weight, ...] = ()
    method: str = ""
    link: str = "identity"
    limits: tuple[float, float] | None = None

    @property
    def completeness_error(self) -> float:
        """By how much constant and parts miss the score; rounding alone, for every kind."""
        return abs(self.constant + sum(part.contribution for part in self.parts) - self.score)

    def to_json(self) -> str:
        """Return all of it as one JSON object."""
        content = {"schema": SCHEMA, **asdict(self), "completeness_error": self.completeness_error}
        return json.dumps(content, default=str)

    def __str__(self) -> str:
        return _text(self)


def _text(explanation: Explanation) -> str:
    """Return a decision in words: what was predicted, the parts until nine tenths are listed, and what would change it."""
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
