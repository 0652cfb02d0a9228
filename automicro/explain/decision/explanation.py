"""What an explanation holds: parts that add up to a score, what was weighed, and what would change the output."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from automicro.explain.decision.text import explanation_text

if TYPE_CHECKING:
    from automicro.explain.decision.counterfactual import Counterfactual

__all__ = ["Explanation", "Kind", "Part", "Weight"]

Kind: TypeAlias = Literal["sum", "path", "sum_of_paths", "prototypes", "graph_sum", "posthoc"]
SCHEMA = "automicro-explanation-1"


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
        return explanation_text(self)
