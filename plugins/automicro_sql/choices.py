"""Trees of choices: those of forests, and step functions of one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Choice", "steps"]


@dataclass(frozen=True)
class Choice:
    """One choice: `yes` where `condition` is true, `no` where it is false or NULL.

    Parameters
    ----------
    condition : str
    yes : Choice or str
    no : Choice or str
    opposite : str, optional
        Condition that is true where `condition` is false, of a number that is never NULL.
    size : int
        Number of choices.
    """

    condition: str
    yes: Choice | str
    no: Choice | str
    opposite: str | None = None
    size: int = 1

    @classmethod
    def of(cls, condition: str, yes: Choice | str, no: Choice | str, opposite: str | None = None) -> Choice:
        """Return a choice with its size."""
        return cls(condition, yes, no, opposite, 1 + sum(each.size for each in (yes, no) if isinstance(each, Choice)))

    @classmethod
    def between(cls, condition: str, yes: Choice | str, no: Choice | str, opposite: str | None = None) -> Choice | str:
        """Return a choice, or what both sides are."""
        return yes if isinstance(yes, str) and yes == no else cls.of(condition, yes, no, opposite)

    def turned(self) -> Choice:
        """Return the same choice, of which `yes` is the smaller side if the condition has an opposite."""
        sizes = [each.size if isinstance(each, Choice) else 0 for each in (self.yes, self.no)]
        if self.opposite is None or sizes[0] <= sizes[1]:
            return self
        return Choice(self.opposite, self.no, self.yes, self.condition, self.size)


def steps(x: str, cuts: Sequence[str], values: Sequence[str]) -> Choice | str:
    """Return the value of the piece that a number falls into: the first where ``x <= cuts[0]``, the last beyond all cuts."""
    if not cuts:
        return values[0]
    middle = len(cuts) // 2
    left, right = (
        steps(x, cuts[:middle], values[: middle + 1]),
        steps(x, cuts[middle + 1 :], values[middle + 1 :]),
    )
    return Choice.of(f"{x}<={cuts[middle]}", left, right, f"{x}>{cuts[middle]}")
