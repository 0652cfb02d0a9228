"""Find families and targets by entry point; one broken plugin never takes the others down."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from automicro.discovery.allowed import allowed, is_own
from automicro.discovery.offered import GROUP, Offer, OfferedTarget, offered, raised
from automicro.discovery.registry import PluginInfo, PluginProblem, ProblemStatus, Registry
from automicro.discovery.requirements import made_for_another, unmet
from automicro.plugin import Family
from automicro.plugin.hooks import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["built_in", "discover", "refused", "survey"]

_Thing = TypeVar("_Thing", Family, OfferedTarget)


@cache
def discover() -> Registry:
    """Return the families and targets of all installed plugins; the first call of a process finds them.

    Every entry point of group ``automicro`` that ``AUTOMICRO_PLUGINS`` allows is loaded in this process and called on its own.
    What it raises, lacks or declares wrongly becomes a problem of the registry. A search loads the plugins of others in processes of
    their own instead; see `consulted`.
    """
    entry_points = metadata.entry_points(group=GROUP)
    others, left_out = allowed(each for each in entry_points if not is_own(each))
    found = survey([*filter(is_own, entry_points), *others])
    return replace(found, problems=(*found.problems, *left_out))


@cache
def built_in() -> Registry:
    """Return automicro's own families and targets."""
    return survey(filter(is_own, metadata.entry_points(group=GROUP)))


def survey(
    entry_points: Iterable[metadata.EntryPoint], load: Callable[[metadata.EntryPoint], Offer] = offered
) -> Registry:
    """Return what these entry points bring, found by `load`; automicro's own come first and so keep their names."""
    families, targets = _Named[Family]("family"), _Named[OfferedTarget]("target")
    plugins: list[PluginInfo] = []
    problems: list[PluginProblem] = []
    for entry_point in sorted(entry_points, key=_order):
        offer, found = _ask(entry_point, load)
        problems += found
        new_families = families.add(entry_point, offer.families, problems)
        new_targets = targets.add(entry_point, offer.targets, problems)
        plugins.append(PluginInfo(entry_point.name, *_origin(entry_point), new_families, new_targets))
    return Registry(families.known, tuple(plugins), tuple(problems), targets.known)


class _Named(Generic[_Thing]):
    """Families or targets by name, and the plugins that they come from."""

    def __init__(self, kind: Literal["family", "target"]) -> None:
        self.kind = kind
        self.known: dict[str, _Thing] = {}
        self.owners: dict[str, metadata.EntryPoint] = {}

    def add(
        self, entry_point: metadata.EntryPoint, offered: Iterable[_Thing], problems: list[PluginProblem]
    ) -> tuple[str, ...]:
        """Keep what one plugin offers under names that are free, and return these; the rest are problems."""
        kept = []
        for thing in offered:
            name, named = thing.name, {self.kind: thing.name}
            if name not in self.owners:
                self.known[name], self.owners[name] = thing, entry_point
                kept.append(name)
            elif self.owners[name] is entry_point:
                reason = f"it offers {self.kind} {name!r} twice"
                problems.append(_problem(entry_point, "duplicate", reason, **named))
            else:
                owner = " ".join(_origin(self.owners[name]))
                reason = f"{self.kind} {name!r} is already offered by plugin {self.owners[name].name!r} of {owner}"
                problems.append(_problem(entry_point, "duplicate", reason, **named))
        return tuple(kept)


def _order(entry_point: metadata.EntryPoint) -> tuple[bool, str, str]:
    distribution, _ = _origin(entry_point)
    return distribution != PROJECT, distribution, entry_point.name


def _origin(entry_point: metadata.EntryPoint) -> tuple[str, str]:
    """Return distribution and version."""
    distribution = entry_point.dist
    return (distribution.name, distribution.version) if distribution is not None else ("unknown", "unknown")


def _ask(
    entry_point: metadata.EntryPoint, load: Callable[[metadata.EntryPoint], Offer]
) -> tuple[Offer, list[PluginProblem]]:
    """Load one plugin and return what is sound of it, and what is wrong with the rest."""
    if (problem := refused(entry_point)) is not None:
        return Offer(), [problem]
    offer = load(entry_point)
    return offer, [_problem(entry_point, "broken", *fault) for fault in offer.faults]


def refused(entry_point: metadata.EntryPoint) -> PluginProblem | None:
    """Return why a plugin is not loaded, as its metadata show."""
    if (distribution := entry_point.dist) is None:
        return None
    try:
        if said := made_for_another(distribution, PROJECT):
            remedy = f"install a version of {distribution.name} that is made for this version of {PROJECT}"
            return PluginProblem(entry_point.name, distribution.name, "broken", said, remedy)
        missing = unmet(distribution, entry_point.name)
    except Exception as error:  # noqa: BLE001 - metadata of others that cannot be read
        return _problem(entry_point, "broken", raised(error))
    return _unavailable(entry_point, missing) if missing else None


def _unavailable(entry_point: metadata.EntryPoint, missing: list[str]) -> PluginProblem:
    distribution, _ = _origin(entry_point)
    remedy = f"pip install '{distribution}[{entry_point.name}]'"
    return PluginProblem(entry_point.name, distribution, "unavailable", ", ".join(missing), remedy)


def _problem(
    entry_point: metadata.EntryPoint,
    status: ProblemStatus,
    reason: str,
    family: str | None = None,
    target: str | None = None,
) -> PluginProblem:
    distribution, version = _origin(entry_point)
    remedy = f"report it to the authors of {distribution} {version}, or remove it with pip uninstall {distribution}"
    return PluginProblem(entry_point.name, distribution, status, reason, remedy, family, target)
