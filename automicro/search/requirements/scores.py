"""Requirements on scores of held-out rows: the metric, other metrics, indices of a partition, robustness, and a stable training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from automicro.request import FLIP, metric
from automicro.search.requirements.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from automicro.data import Problem
    from automicro.request import Constraints, TrialRecord

__all__ = ["STABILITY", "Index", "OtherScore", "Robustness", "Score", "Stability"]

STABILITY = "stability of training"
LEAST_SCALE = 1e-9  # that a shortfall is divided by, for limits near 0
LEAST_LOSS = 0.01  # that a loss beyond its limit is divided by, for limits near 0
MOST = 1e6  # what is not defined, or infinitely far away, counts as


@dataclass(frozen=True)
class Score(Requirement):
    """The utility must reach a limit; `scale` is what a shortfall is divided by to compare it with other requirements."""

    key: ClassVar[str] = "score"
    metric: str
    limit: float
    scale: float

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return nothing: the utility to reach may depend on a reference, so that `Requirements.with_score` adds it."""
        del problem, constraints
        return []

    def violation(self, value: float) -> float:
        """Return by how much a utility falls short."""
        return (self.limit - value) / self.scale

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return the value of the metric that is required, and that of the nearest."""
        del value  # the utility that decides may be of other rows than the record's score
        sign = metric(self.metric).sign
        got = "unknown" if record.score is None else f"{record.score:.4g}"
        words = "at least" if sign > 0 else "at most"
        return f"score: {self.metric} must be {words} {sign * self.limit:.4g}, the nearest ({record.family}) has {got}"


@dataclass(frozen=True)
class OtherScore(Requirement):
    """At least a value of another metric, at most one of an error."""

    key: ClassVar[str] = "scores"
    known_of_forms = False
    metric: str
    limit: float

    @property
    def name(self) -> str:
        """The metric behind the key."""
        return f"{self.key}.{self.metric}"

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return one requirement for each metric beside the first."""
        del problem
        return [cls(name, limit) for name, limit in (constraints.scores or {}).items()]

    @property
    def scale(self) -> float:
        """What a shortfall is divided by."""
        return max(abs(self.limit), LEAST_SCALE)

    def violation(self, value: float) -> float:
        """Return by how much a value falls short; where the metric is not defined on any fold, it is not reached."""
        sign = metric(self.metric).sign
        short = (sign * self.limit - sign * value) / self.scale
        return min(short, MOST) if math.isfinite(short) else -MOST if short < 0 else MOST

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return the value that is required, and that of the nearest."""
        words = "at least" if metric(self.metric).sign > 0 else "at most"
        return f"{self.name}: {self.metric} must be {words} {self.limit:.4g}, the nearest ({record.family}) has {value:.4g}"


@dataclass(frozen=True)
class Index(Requirement):
    """At least a value of an index of the partition."""

    key: ClassVar[str] = "indices"
    index: str
    limit: float

    @property
    def name(self) -> str:
        """Name of the index, which is a key of its own."""
        return self.index

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return one requirement for each index beside the metric."""
        del problem
        return [cls(name, limit) for name, limit in constraints.indices.items() if name != constraints.measured.name]

    def violation(self, value: float) -> float:
        """Return by how much a value falls short."""
        return (self.limit - value) / max(abs(self.limit), LEAST_SCALE)

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return the value that is required, and that of the nearest."""
        return f"{self.name}: must be at least {self.limit:.4g}, the nearest ({record.family}) has {value:.4g}"


@dataclass(frozen=True)
class Robustness(Requirement):
    """What a stress may take from the score at most, or how far half of the rows must be from another decision (`FLIP`)."""

    key: ClassVar[str] = "robustness"
    stress: str
    metric: str
    limit: float

    @property
    def name(self) -> str:
        """The stress behind the key."""
        return f"{self.key}.{self.stress}"

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return one requirement for each stress."""
        del problem
        return [cls(name, constraints.measured.name, limit) for name, limit in (constraints.robustness or {}).items()]

    def violation(self, value: float) -> float:
        """Return by how much more is lost than is allowed, or how much nearer the other decision is."""
        if self.stress == FLIP:
            return max(1 - value / self.limit, -MOST)
        return min((value - self.limit) / max(self.limit, LEAST_LOSS), MOST)

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return what may be lost, and what the nearest loses."""
        if self.stress == FLIP:
            return (
                f"{self.name}: half of the rows must be at least {self.limit:g} ranges from another decision, for the nearest "
                f"({record.family}) {value:.4g} can be shown"
            )
        return f"{self.name}: at most {self.limit:g} of {self.metric} may be lost, the nearest ({record.family}) loses {value:.4g}"


@dataclass(frozen=True)
class Stability(Requirement):
    """A file is about as good as the models of its folds; the value is what it lacks, relative to the score that it must reach."""

    key: ClassVar[str] = STABILITY
    shown_where_met = False

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return what every search requires."""
        del problem, constraints
        return [cls()]

    def violation(self, value: float) -> float:
        """Return what a file lacks."""
        return value

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return that the training was not stable."""
        del value
        return (
            f"{self.name}: the nearest ({record.family}) was not as good trained on all rows as the models of its folds"
        )
