"""All requirements of a search: built once from the request, the problem and the reference, and read by all that decides or reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from automicro.plugin import StructuralConstraints
from automicro.search.requirements.file import MostLatency, Size
from automicro.search.requirements.requirement import OfProgram, Requirement
from automicro.search.requirements.scores import Index, OtherScore, Robustness, Score, Stability
from automicro.search.requirements.structure import (
    Level,
    Monotone,
    MostColumns,
    MostInteractions,
    MostOperations,
    MustNotUse,
    MustUse,
    NotConstant,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.data import Problem
    from automicro.request import Constraints
    from automicro.search.requirements.requirement import Examined

__all__ = ["KINDS", "Requirements"]

KINDS: list[type[Requirement]] = [
    Size,
    Level,
    MostColumns,
    MostOperations,
    MostInteractions,
    MustNotUse,
    MustUse,
    Monotone,
    NotConstant,
    Index,
    OtherScore,
    Robustness,
    MostLatency,
    Stability,
]
"""Every kind of requirement; a constraint of a request is checked, traced and priced if its kind is here."""

Kind = TypeVar("Kind", bound=Requirement)


@dataclass(frozen=True)
class Requirements:
    """What a model must satisfy. Without `with_score` all but the score, which a reference may decide on."""

    every: tuple[Requirement, ...] = ()

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Requirements:
        """Return what a request requires of models for a problem, the score aside.

        Raises
        ------
        ConstraintError
            If a column that the request names is not there, or cannot have a direction.
        """
        return cls(tuple(each for kind in KINDS for each in kind.of(problem, constraints)))

    def with_score(self, score: Score, *, of_partition: bool = False) -> Requirements:
        """Add a score. In clustering, the partition that a file makes must reach it too."""
        as_index = [Index(score.metric, score.limit)] if of_partition else []
        return Requirements((score, *self.every, *as_index))

    def with_indices(self, limits: Mapping[str, float]) -> Requirements:
        """Return the requirements with these least values of indices."""
        others = [each for each in self.every if not isinstance(each, Index)]
        return Requirements((*others, *(Index(name, limit) for name, limit in limits.items())))

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """Return the requirements of one kind."""
        return [each for each in self.every if isinstance(each, kind)]

    def one(self, kind: type[Kind]) -> Kind | None:
        """Return the requirement of a kind of which there is at most one."""
        return next(iter(self.of_kind(kind)), None)

    @cached_property
    def by_name(self) -> dict[str, Requirement]:
        """The requirements by their names."""
        return {each.name: each for each in self.every}

    def violations(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return by how much, relative to its limit, each value misses its requirement, of those that do."""
        missed = {name: self.by_name[name].violation(value) for name, value in values.items()}
        return {name: violation for name, violation in missed.items() if violation > 0}

    def missed(self, values: Mapping[str, float]) -> float:
        """Return the sum of the violations of some values: what a search minimises until something is feasible."""
        return sum(self.violations(values).values(), 0.0)

    def worse(self, values: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
        """Return the values, replaced by those of the others that miss their requirements, with those that are among the others alone."""
        missed = self.violations(others)
        return {**values, **{name: value for name, value in others.items() if name in missed or name not in values}}

    def margins(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return how far inside (above 0) or outside (below 0) its limit each value lies, where that is to be shown."""
        known = [(each, each.margin(value)) for name, value in values.items() if (each := self.by_name.get(name))]
        return {each.name: margin for each, margin in known if margin < 0 or (margin >= 0 and each.shown_where_met)}

    def measured(self, examined: Examined) -> dict[str, float]:
        """Return the values of a program."""
        return {each.name: each.measured(examined) for each in self.every if isinstance(each, OfProgram)}

    @property
    def size_bytes(self) -> int | None:
        """The most bytes."""
        size = self.one(Size)
        return None if size is None else size.limit

    @property
    def level(self) -> int:
        """The least level of interpretability."""
        level = self.one(Level)
        return 0 if level is None else level.limit

    @property
    def max_columns(self) -> int | None:
        """The most columns."""
        most = self.one(MostColumns)
        return None if most is None else most.limit

    @property
    def latency_us(self) -> float | None:
        """The most microseconds of a call."""
        latency = self.one(MostLatency)
        return None if latency is None else latency.limit

    @cached_property
    def structural(self) -> StructuralConstraints:
        """Constraints on structure that families receive."""
        monotone, use = self.one(Monotone), self.one(MustUse)
        operations, interactions = self.one(MostOperations), self.one(MostInteractions)
        return StructuralConstraints(
            monotone=() if monotone is None else tuple(monotone.wanted.items()),
            max_operations=None if operations is None else operations.limit,
            max_interactions=None if interactions is None else interactions.limit,
            must_use=() if use is None else use.columns,
        )
