"""Requirements on the file: its bytes, and the time of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from automicro.search.requirements.requirement import Requirement
from automicro.words.numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from automicro.data import Problem
    from automicro.measure import Latency
    from automicro.request import Constraints, TrialRecord

__all__ = ["MostLatency", "Size"]


@dataclass(frozen=True)
class Size(Requirement):
    """At most this many bytes."""

    key: ClassVar[str] = "size"
    limit: int

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the limit on bytes that a request has."""
        del problem
        return [] if constraints.size is None else [cls(constraints.size)]

    def violation(self, value: float) -> float:
        """Return the bytes that are too many, relative to the limit."""
        return value / self.limit - 1

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return how many bytes are allowed, and how many the nearest takes."""
        del value
        return f"size: the limit is {count(int(self.limit), 'byte')}, the nearest ({record.family}) takes {record.size_bytes}"


@dataclass(frozen=True)
class MostLatency(Requirement):
    """At most this many microseconds for one row."""

    key: ClassVar[str] = "latency"
    known_of_forms = False
    limit: float

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the limit on the latency that a request has."""
        del problem
        return [] if constraints.latency is None else [cls(constraints.latency)]

    def violation(self, value: float) -> float:
        """Return what is too slow, relative to the limit."""
        return (value - self.limit) / self.limit

    def deciding_us(self, latency: Latency) -> float:
        """Return the microseconds that decide: of what is too slow the quantile, else what it surely stays below."""
        return latency.quantile_us if latency.decision(self.limit) == "missed" else latency.high_us

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return how much time is allowed, and how much the nearest takes."""
        del value
        got = "more" if record.latency_us is None else f"{record.latency_us:.4g} us"
        return f"latency: at most {self.limit:g} us are allowed, the nearest ({record.family}) takes {got}"
