"""The one exception tree of automicro.

AutomicroError
├── RequestError          the request cannot be understood or contradicts itself
│   └── ConstraintError   a constraint has an impossible value
├── DataError             the data cannot be used as they are
│   └── OutputError       a file cannot be written; a RequestError, too
├── PluginError           a plugin breaks the contract of ``automicro.plugin``
│   ├── FamilyUnavailableError   a family was requested by name and cannot be used
│   └── TargetUnavailableError   a target was requested by name and cannot be used
├── ArtifactError         bytes that are not an automicro artifact
├── NotCompiled           no C compiler could compile the model
├── NotExported           a target cannot serve the model
├── NotVerified           a certificate that does not belong to its model or its data
└── Infeasible            no model meets the constraints
    ├── Undecided         whether one does cannot be decided: none was certified, or a latency is too close to its limit
    └── NothingFinished   no candidate was finished in time, or all of them failed

KeyboardInterrupt
└── Interrupted           a search was interrupted before it had a model
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from automicro.escaped import escaped
from automicro.values import hash_of, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ArtifactError",
    "AutomicroError",
    "ConstraintError",
    "DataError",
    "FamilyUnavailableError",
    "Infeasible",
    "Interrupted",
    "NotCompiled",
    "NotExported",
    "NotVerified",
    "NothingFinished",
    "OutputError",
    "PluginError",
    "RequestError",
    "TargetUnavailableError",
    "Undecided",
]


class _Comparable(BaseException):
    """Equals an error of its type with the same attributes."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Comparable) or type(self) is not type(other):
            return NotImplemented
        return same((self.args, vars(self)), (other.args, vars(other)))

    def __hash__(self) -> int:
        return hash((type(self), hash_of(self.args)))


class AutomicroError(_Comparable, Exception):
    """Whatever automicro raises on purpose; pickles with all attributes, and equals an error of its type with the same ones.

    Attributes
    ----------
    notes : tuple of str
        What was known of the data when it was raised, such as a column that had to be left out.
    """

    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return escaped(super().__str__(), keep="\n")

    def noted(self, notes: Iterable[str]) -> Self:
        """Return the error with notes about the data, which a traceback prints too."""
        known, self.notes = self.notes, tuple(notes)
        for note in self.notes:
            if note not in known:
                self.add_note(f"note: {note}")
        return self


class RequestError(AutomicroError, ValueError):
    """The request cannot be understood or contradicts itself."""


class ConstraintError(RequestError):
    """A constraint has an impossible value."""


class DataError(AutomicroError, ValueError):
    """The data cannot be used as they are.

    Attributes
    ----------
    row : int or None
        Position, counted from 0, of the row of a cell that cannot be read; the sentence names it as ``row 2``.
    """

    row: int | None = None

    def in_row(self, row: int | None) -> Self:
        """Return the error with the position of a row."""
        self.row = row
        return self


class OutputError(DataError, RequestError):
    """A file cannot be written; says which, and why.

    Attributes
    ----------
    selection : Selection or None
        What a search has found whose files could not all be written.
    """

    selection: object = None


class PluginError(AutomicroError):
    """A plugin breaks the contract of :mod:`automicro.plugin`."""


class FamilyUnavailableError(PluginError):
    """A family was requested by name and cannot be used."""


class TargetUnavailableError(PluginError):
    """A target was requested by name and cannot be used."""


class ArtifactError(AutomicroError, ValueError):
    """Bytes that are not an automicro artifact, or a damaged one."""


class NotExported(AutomicroError):  # noqa: N818 - an answer, named as the user reads it
    """A target cannot serve the model, and says why."""


class NotCompiled(AutomicroError):  # noqa: N818 - an answer, named as the user reads it
    """No C compiler could compile the model, and why."""


class NotVerified(AutomicroError):  # noqa: N818 - a finding, named as the user reads it
    """A certificate does not belong to its model or the data, or was changed."""


class Infeasible(AutomicroError):  # noqa: N818 - a verdict, named as the user reads it
    """No model meets the constraints.

    Attributes
    ----------
    binding : tuple of str
        Names of the constraints that the nearest trials miss.
    nearest : dict of str to dict
        For each binding constraint, the trial that came nearest: family, value, limit, bytes.
    trace : RecordTable of TrialRecord
        Every trial of the search, as in ``Selection.trace``.
    prices : tuple of Price
        For a constraint, another limit with which some model that was seen would pass.
    notes : tuple of str
        What was known of the data and of families that could not be used, as in ``Selection.notes``.
    """

    def __init__(
        self,
        message: str,
        *,
        binding: tuple[str, ...] = (),
        nearest: dict[str, dict[str, object]] | None = None,
        trace: Sequence[object] = (),
        prices: tuple[object, ...] = (),
    ) -> None:
        super().__init__(message)
        self.binding = binding
        self.nearest = nearest or {}
        self.trace = trace
        self.prices = prices


class Interrupted(_Comparable, KeyboardInterrupt):
    """A search was interrupted before it had a model.

    Attributes
    ----------
    verdict : Infeasible
        How near the search had come: its sentence, trace and prices.
    """

    def __init__(self, verdict: Infeasible) -> None:
        super().__init__(verdict)  # alone, for a pickle calls the class with it
        self.verdict = verdict

    def __str__(self) -> str:
        return f"interrupted before a model was found: {self.verdict}"


class Undecided(Infeasible):
    """Whether a model meets the constraints cannot be decided: none was certified, or a latency is too close to its limit.

    Attributes
    ----------
    selection : Selection or None
        The model that was found, where no process could be started to measure its latency.
    """

    selection: object = None


class NothingFinished(Infeasible):
    """No candidate was finished in time, or all of them failed: nothing is known of the constraints."""
