"""The explanation of a whole model: what a reader is shown, as text and as data, and whether a replay bears it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automicro.words.model import global_text

if TYPE_CHECKING:
    from automicro.explain.replay.replay import Replay

__all__ = ["ModelExplanation"]


@dataclass(frozen=True)
class ModelExplanation:
    """All of a model: its tables, coefficients, rules or prototypes, how columns are read, what the scores mean, what interacts.

    Parameters
    ----------
    card : dict
        The same as data that JSON can hold; an interpreter that reads nothing else returns what the model predicts, if `replay` passed.
    replay : Replay
    """

    card: dict[str, Any]
    replay: Replay

    def to_json(self) -> str:
        """Return all of it as one JSON object."""
        return json.dumps({**self.card, "replay": str(self.replay)})

    def __str__(self) -> str:
        return f"{global_text(self.card)}\nreplay of these lines: {self.replay}"
