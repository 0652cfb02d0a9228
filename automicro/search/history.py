"""What a search leaves behind: every candidate with its outcome, the artifacts that may be returned, and why it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automicro.search.context import Candidate, Outcome

__all__ = ["SearchHistory", "Stop", "bytes_of", "utility_of"]


class Stop(StrEnum):
    """Why a search ended, as the end of a sentence."""

    TIME = "time is up"
    TRIALS = "every trial is done"
    EXHAUSTED = "the spaces of all families are exhausted"
    NOTHING_SMALLER = "no candidate is left that could be smaller"
    INTERRUPTED = "interrupted"
    NO_STRUCTURE = "the rows show no cluster structure"


@dataclass
class SearchHistory:
    """What the loop leaves behind: every candidate with its outcome, in order, and the artifacts that may be returned.

    Parameters
    ----------
    aim : float
        The utility that the search aims at: the target and the margin; minus infinity where there is no margin.
    floor : float
        The requested utility.
    stopped : Stop or None
        Why the search ended; None while it runs.
    figures : str
        What is said beside that, where it needs figures.
    haste : str
        What is said where the time was up early.
    untimed : str
        Why latency was not measured in fresh processes, where they failed.
    size_bytes : int or None
        Most bytes of what is returned. The search itself is the same without it.
    interrupted, hurried : bool
        Whether an interrupt has ended the search, and another one what followed.
    """

    candidates: dict[int, Candidate] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    hurried: bool = False
    stopped: Stop | None = None
    figures: str = ""
    haste: str = ""
    untimed: str = ""
    aim: float = -math.inf
    floor: float = -math.inf
    size_bytes: int | None = None

    @property
    def artifacts(self) -> list[Outcome]:
        """Return what was trained on all rows and meets the constraints, the size that is allowed aside; the best first.

        Those that reach the margin (`aim`) come first: smallest, then fewest operations, then fewest columns. The others meet the
        target alone: of them the surest, which has the highest utility, comes first, as a score just above the target is likely too high.
        """
        made = [each for o in self.outcomes for each in (o, *o.others)]
        return sorted((each for each in made if each.artifact is not None and not each.missed), key=self.order)

    def order(self, outcome: Outcome) -> tuple[Any, ...]:
        """Return what is least for the best artifact."""
        size = bytes_of(outcome)
        first = (False, size) if self.reaches_aim(outcome) else (True, -utility_of(outcome), size)
        return (*first, _effort(outcome), outcome.number)

    @property
    def feasible(self) -> list[Outcome]:
        """Return the artifacts that meet every constraint, the best first."""
        return [outcome for outcome in self.artifacts if self.allows(outcome)]

    def allows(self, outcome: Outcome) -> bool:
        """Whether an artifact has no more bytes than are allowed."""
        return self.size_bytes is None or bytes_of(outcome) <= self.size_bytes

    def interrupt(self) -> None:
        """Take up an interrupt: the first ends the search, a second what follows."""
        self.hurried, self.interrupted = self.interrupted, True
        self.stopped = self.stopped or Stop.INTERRUPTED

    @property
    def ending(self) -> str:
        """Why the search ended, in words."""
        return f"{self.stopped or ''}{self.figures}"

    def reaches_aim(self, outcome: Outcome) -> bool:
        """Whether an outcome's utility is as high as the search aims."""
        return utility_of(outcome) >= self.aim

    @property
    def incumbent(self) -> Outcome | None:
        """Return what would be returned now."""
        return next(iter(self.feasible), None)

    def replace(self, outcome: Outcome, other: Outcome) -> None:
        """Put another in the place of an outcome, which may be one of the others of a trial."""
        self.outcomes[:] = [
            other
            if each is outcome
            else replace(each, others=tuple(other if more is outcome else more for more in each.others))
            if any(more is outcome for more in each.others)
            else each
            for each in self.outcomes
        ]


def bytes_of(outcome: Outcome) -> int:
    """Return the size of an artifact; 0 where there is none."""
    return len(outcome.artifact or b"")


def utility_of(outcome: Outcome) -> float:
    """Return the utility of an outcome's form; minus infinity where there is none."""
    return outcome.form.utility if outcome.form else -math.inf


def _effort(outcome: Outcome) -> tuple[float, int]:
    """Return operations of a decision and columns read: what decides between equal bytes."""
    return (outcome.structure.operations_p95, len(outcome.structure.columns)) if outcome.structure else (0.0, 0)
