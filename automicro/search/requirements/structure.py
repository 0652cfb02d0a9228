"""Requirements on the structure of a program: level, counts, columns, directions, and that it is no constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from automicro.measure import directions
from automicro.measure.monotonicity.cells import UNSEEN
from automicro.program import columns_read
from automicro.program.analyse.structure import structure
from automicro.request import LEVELS
from automicro.search.constant import ASK, constant_words
from automicro.search.requirements.columns import places, ranges_of, signs_of
from automicro.search.requirements.requirement import OfProgram, Relaxed
from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from automicro.data import Problem
    from automicro.measure import Direction
    from automicro.program import Program
    from automicro.request import Constraints, TrialRecord
    from automicro.search.requirements.requirement import Examined

__all__ = [
    "Level",
    "Monotone",
    "MostColumns",
    "MostInteractions",
    "MostOperations",
    "MustNotUse",
    "MustUse",
    "NotConstant",
]


@dataclass(frozen=True)
class Level(OfProgram):
    """At least a level of interpretability, as a number."""

    key: ClassVar[str] = "interpretability"
    limit: int

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the level above opaque that a request has."""
        del problem
        return [cls(constraints.level)] if constraints.level else []

    def measured(self, examined: Examined) -> float:
        """Return the level of a program."""
        return float(examined.structure.level)

    def violation(self, value: float) -> float:
        """Return how many levels are missing."""
        return self.limit - value

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return the level that is required."""
        del value
        return f"interpretability: {LEVELS[self.limit]} is required, the nearest ({record.family}) misses it"


@dataclass(frozen=True)
class Most(OfProgram):
    """An upper limit on a count of the program."""

    limit: int

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the limit that a request has under the key of the kind."""
        del problem
        limit = getattr(constraints, cls.key)
        return [] if limit is None else [cls(int(limit))]

    def violation(self, value: float) -> float:
        """Return what is too many, relative to the limit."""
        return (value - self.limit) / max(self.limit, 1)

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return how many are allowed, and how many the nearest has."""
        return f"{self.name}: at most {self.limit:g} are allowed, the nearest ({record.family}) has {value:g}"

    def relaxed(self, value: float) -> Relaxed:
        """Return the number that a program has as the limit."""
        instead = round(value, 6)
        return Relaxed(float(self.limit), instead, f"with {self.name} {instead:g} instead of {self.limit:g}")


class MostColumns(Most):
    """At most this many source columns are read."""

    key = "max_columns"

    def measured(self, examined: Examined) -> float:
        """Return how many columns a program reads."""
        return float(len(examined.columns))


class MostOperations(Most):
    """At most this many operations for one decision."""

    key = "max_operations"

    def measured(self, examined: Examined) -> float:
        """Return the operations of a program."""
        return examined.structure.operations


class MostInteractions(Most):
    """At most this many pairs of source columns act together."""

    key = "max_interactions"

    def measured(self, examined: Examined) -> float:
        """Return the pairs of columns that act together in a program."""
        return float(len(examined.structure.interactions))


@dataclass(frozen=True)
class OfColumns(OfProgram):
    """Something that some columns must have; its value is the number of those that do not have it."""

    columns: tuple[int, ...]
    words: str

    def violation(self, value: float) -> float:
        """Return the share of the columns that are not as they must be."""
        return value / len(self.columns)

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return the columns, and for which share of them the nearest misses it."""
        share = self.violation(value)
        return f"{self.name}: must hold for {self.words}, but the nearest ({record.family}) misses it for {share:.0%} of the columns"

    def relaxed(self, value: float) -> Relaxed:
        """Return that it is not required."""
        del value
        return Relaxed(self.words, "none", f"without {self.name} ({self.words})")


class MustNotUse(OfColumns):
    """Columns that must not be read: those of the request, and those that the problem excludes."""

    key = "must_not_use"

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the columns that a problem excludes, of which the request's are some (`limited`)."""
        del constraints
        columns = tuple(sorted(problem.excluded_columns))
        return [cls(columns, _listed(problem, columns))] if columns else []

    def measured(self, examined: Examined) -> float:
        """Return how many of the columns a program reads."""
        return float(len(examined.columns & set(self.columns)))


class MustUse(OfColumns):
    """Columns that must be read, not by weights of 0."""

    key = "must_use"

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the columns that a request names."""
        columns = places(problem, cls.key, constraints.must_use or ())
        return [cls(columns, _listed(problem, columns))] if columns else []

    def measured(self, examined: Examined) -> float:
        """Return how many of the columns have no effect in a program."""
        return float(len(set(self.columns) - set(structure(examined.program).columns)))


@dataclass(frozen=True)
class Monotone(OfColumns):
    """Columns with which the score must never fall (1) or never rise (-1)."""

    key = "monotone"
    signs: tuple[int, ...] = ()

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the columns that a request names, with their directions."""
        found = signs_of(problem, constraints)
        names = problem.table.names
        words = ", ".join(f"{names[column]} {'+' if sign > 0 else '-'}" for column, sign in found)
        return [cls(tuple(c for c, _ in found), words, tuple(s for _, s in found))] if found else []

    @property
    def wanted(self) -> dict[int, int]:
        """The direction of each column."""
        return dict(zip(self.columns, self.signs, strict=True))

    def measured(self, examined: Examined) -> float:
        """Return with how many columns the score is not proved to go as required."""
        return float(len(self.against(examined.problem, examined.program)))

    def against(self, problem: Problem, program: Program) -> dict[int, Direction]:
        """Return the columns with which the score is not proved to go as required."""
        wanted = {column: "+" if sign > 0 else "-" for column, sign in self.wanted.items()}
        found = directions(program, wanted, ranges_of(problem))
        return {column: direction for column, direction in found.items() if not direction.keeps(wanted[column])}

    def shown_against(self, problem: Problem, program: Program) -> str:
        """Return with which columns the score does not go as required, and between which values that shows."""
        names, less = problem.table.names, [profile.offset for profile in problem.table.profiles]
        told = []
        for column, direction in self.against(problem, program).items():
            pair = direction.falls if self.wanted[column] > 0 else direction.rises
            if pair is None:
                told.append(f"{names[column]} cannot be proved to go as asked")
                continue
            verb = "falls" if self.wanted[column] > 0 else "rises"
            before, after = (_cell(row[column], less[column]) for row in pair)
            others = [
                f"{names[c]} {_cell(pair[0][c], less[c])}"
                for c in columns_read(program)
                if c != column and _chosen(pair[0][c], less[c])
            ]
            beside = f" ({', '.join(others[:3])})" if others else ""
            told.append(f"with {names[column]} the score {verb} from {before} to {after}{beside}")
        return "; ".join(told)


@dataclass(frozen=True)
class NotConstant(OfProgram):
    """A model that predicts the same for every row is not allowed; the value is 1 of one that does."""

    key = "constant"
    shown_where_met = False
    known_of_forms = True  # a constant has no form of its own that a price could name

    @classmethod
    def of(cls, problem: Problem, constraints: Constraints) -> Sequence[Self]:
        """Return the requirement unless the request allows constants."""
        del problem
        return [] if constraints.allow_constant else [cls()]

    def measured(self, examined: Examined) -> float:
        """Return whether a program predicts the same for every row."""
        return float(bool(constant_words(examined.problem, examined.program, examined.metric)))

    def violation(self, value: float) -> float:
        """Return 1 of a constant."""
        return value

    def sentence(self, record: TrialRecord, value: float) -> str:
        """Return what the nearest predicts."""
        del value
        return f"constant: the nearest ({record.family}) {record.reason}"

    def shown_against(self, problem: Problem, program: Program, metric: str) -> str:
        """Return what a program predicts for every row."""
        return f"{constant_words(problem, program, metric)}: {ASK}"


def _listed(problem: Problem, columns: Sequence[int]) -> str:
    return ", ".join(problem.table.names[column] for column in columns)


def _cell(value: object, offset: float) -> str:
    if isinstance(value, float):
        return number(value - offset, offset) if offset else f"{value:.9g}"
    return "missing" if value is None else str(value)


def _chosen(value: object, offset: float) -> bool:
    """Whether a cell of another column in a pair of rows was chosen, and is not only a filling."""
    return value not in (offset, "", UNSEEN)
