"""One constraint of a request as a search sees it: its limit, how a value misses it, and that in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from automicro.program import columns_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from automicro.data import Problem
    from automicro.measure import Interpretability
    from automicro.program import Program
    from automicro.request import Constraints, TrialRecord

__all__ = ["Examined", "OfProgram", "Relaxed", "Requirement"]


@dataclass(frozen=True)
class Relaxed:
    """Another limit of a requirement: the limit of the request, the other, and the start of a sentence that names both."""

    limit: float | str
    instead: float | str
    said: str


class Requirement(ABC):
    """A limit on one value that is measured of a model.

    In time: `of` once a search; the value is measured by the trial, or after it; `violation` and `margin` compare it with the limit;
    `sentence` and `relaxed` put that in words. Instances are frozen dataclasses: they are sent to workers, and part of the key of a
    stored trial.

    Attributes
    ----------
    key : str
        Key of the constraint in the request.
    known_of_forms : bool
        Whether the value is known of every form that was scored, or only of those that were examined on their own.
    shown_where_met : bool
        Whether the trace has the margin of a model that meets it.
    """

    key: ClassVar[str]
    known_of_forms: ClassVar[bool] = True
    shown_where_met: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Name in the trace, in prices and in errors: the key; if a key has several requirements, a dot and the name of one follow."""
        return self.key

    @classmethod
    @abstractmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Iterable[Self]:
        """Return the requirements of this kind that a request has."""

    @abstractmethod
    def violation(self, value: float) -> float:
        """Return by how much a value misses the limit, relative to it; at most 0 where the value meets it."""

    @abstractmethod
    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return what is required, and the value of the trial that came nearest."""

    def margin(self, value: float) -> float:
        """Return how far inside (above 0) or outside (below 0) the limit a value lies, relative to it."""
        return 0.0 - self.violation(value)

    def relaxed(self, value: float) -> Relaxed | None:
        """Return the limit that a value meets, for the price of the constraint; None where there is no such price."""
        del value
        return None


@dataclass(frozen=True, eq=False)
class Examined:
    """A program and what requirements are measured on; its structure is computed once, by `judge`, if one of them needs it."""

    problem: Problem
    metric: str
    program: Program
    judge: Callable[[Program], Interpretability]

    @cached_property
    def structure(self) -> Interpretability:
        """The interpretability of the program."""
        return self.judge(self.program)

    @cached_property
    def columns(self) -> frozenset[int]:
        """Source columns that are read."""
        return frozenset(columns_read(self.program))


class OfProgram(Requirement):
    """A requirement that is measured on a program alone: of the models of the folds, and of the file."""

    known_of_forms = False

    @abstractmethod
    def measured(self, examined: Examined) -> float:
        """Return the value of a program."""
