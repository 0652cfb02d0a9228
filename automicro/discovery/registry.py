"""What discovery found: families and targets that can be used, and why others cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automicro.errors import FamilyUnavailableError, TargetUnavailableError
from automicro.escaped import escaped
from automicro.plugin.hooks import PROJECT
from automicro.request import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automicro.discovery.offered import OfferedTarget
    from automicro.plugin import Family, Target

__all__ = ["PluginInfo", "PluginProblem", "ProblemStatus", "Registry"]

ProblemStatus = Literal["unavailable", "broken", "duplicate", "left out"]


@dataclass(frozen=True)
class PluginInfo:
    """One entry point: where it comes from and which families and targets it brought."""

    name: str
    distribution: str
    version: str
    families: tuple[str, ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class PluginProblem:
    """Why a plugin, or one of its families or targets, cannot be used.

    Parameters
    ----------
    name : str
        The entry point.
    distribution : str
        What was installed.
    status : {"unavailable", "broken", "duplicate", "left out"}
        A requirement is missing; the plugin breaks its contract; a name is taken; ``AUTOMICRO_PLUGINS`` does not name it.
    reason, remedy : str
    family, target : str, optional
        The family or target, where only one is concerned.
    """

    name: str
    distribution: str
    status: ProblemStatus
    reason: str
    remedy: str
    family: str | None = None
    target: str | None = None

    def __str__(self) -> str:
        if self.status == "unavailable":
            return escaped(f"{self.name}: unavailable: {self.remedy} ({self.reason})")
        return escaped(f"{self.name}: {self.status}: {self.reason}: {self.remedy}")


@dataclass(frozen=True)
class Registry:
    """The families and targets of this process.

    Parameters
    ----------
    families : mapping of str to Family
        Usable families by name.
    plugins : tuple of PluginInfo
        Every entry point, usable or not; automicro's own first, others by distribution and name.
    problems : tuple of PluginProblem
        One for each plugin, family or target that cannot be used.
    targets : mapping of str to OfferedTarget
        Usable targets by name.
    """

    families: Mapping[str, Family]
    plugins: tuple[PluginInfo, ...] = ()
    problems: tuple[PluginProblem, ...] = ()
    targets: Mapping[str, OfferedTarget] = field(default_factory=dict)

    def select(self, names: Iterable[str] | None = None, exclude: Iterable[str] = ()) -> dict[str, Family]:
        """Return the families of these names in this order, or all but the excluded ones.

        Raises
        ------
        FamilyUnavailableError
            If one of them cannot be used; the sentence says why and how to get it, or names the nearest that can.
        """
        if names is not None:
            return {name: self._family(name) for name in names}
        known = {*self.families, *(plugin.name for plugin in self.plugins), *map(_concerned, self.problems)}
        for name in exclude:
            if name not in known:
                raise FamilyUnavailableError(f"exclude: no family is named {name!r}: {did_you_mean(name, known)}")
        families = {name: family for name, family in self.families.items() if name not in exclude}
        if not families and self.families:
            raise FamilyUnavailableError("at least one model family must take part, but exclude names all of them")
        if not families:
            said = "; ".join(str(each) for each in self.problems) or "reinstall automicro"
            raise FamilyUnavailableError(f"at least one model family must be usable, but there is none: {said}")
        return families

    def unusable(self, exclude: Iterable[str] = ()) -> list[str]:
        """Return a sentence for each installed plugin or family that should take part in a search, and cannot."""
        return [
            f"plugin {each}"
            for each in self.problems
            if each.status != "left out"
            and each.target is None
            and not (each.status == "unavailable" and each.distribution == PROJECT)  # an extra that nobody has chosen
            and not {each.name, each.family} & {*exclude}
        ]

    def target(self, name: str) -> Target:
        """Return the target of a name, of a plugin that is loaded in this process.

        Raises
        ------
        TargetUnavailableError
            If it cannot be used; the sentence says why and how to get it, or names the nearest that can.
        """
        known = {key: each.target for key, each in self.targets.items() if each.target is not None}
        if name in known:
            return known[name]
        raise TargetUnavailableError(self._why_not(name, "target", known))

    def _family(self, name: str) -> Family:
        if name in self.families:
            return self.families[name]
        raise FamilyUnavailableError(self._why_not(name, "family", self.families))

    def _why_not(self, name: str, kind: Literal["family", "target"], known: Iterable[str]) -> str:
        """Return why there is no family or target of a name."""
        of_kind = [each for each in self.problems if not (each.family or each.target) or getattr(each, kind)]
        for problem in of_kind:
            if name == (getattr(problem, kind) or problem.name):
                if problem.status in ("unavailable", "left out"):
                    return str(problem)
                return f"{kind} {name!r} cannot be used: {problem.reason}: {problem.remedy}"
        whole = [each for each in of_kind if each.status == "broken" and not getattr(each, kind)]
        return f"no {kind} is named {name!r}: {did_you_mean(name, known)}" + "".join(f"; {each}" for each in whole)


def _concerned(problem: PluginProblem) -> str:
    return problem.family or problem.target or problem.name
