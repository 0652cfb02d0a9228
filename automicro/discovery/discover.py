"""Find families by entry point; one broken plugin never takes the others down."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

import pluggy

from automicro.discovery.declarations import fault
from automicro.discovery.registry import PluginInfo, PluginProblem, ProblemStatus, Registry
from automicro.discovery.requirements import unmet
from automicro.errors import PluginError
from automicro.plugin.hooks import PROJECT, FamilySpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Family

__all__ = ["GROUP", "discover", "survey"]

GROUP = "automicro"
_HOOK = "automicro_families"


@cache
def discover() -> Registry:
    """Return the families of all installed plugins; the first call of a process finds them.

    Every entry point of group ``automicro`` is loaded on its own and asked alone. What it raises, lacks or declares
    wrongly becomes a problem of the registry.
    """
    return survey(metadata.entry_points(group=GROUP))


def survey(entry_points: Iterable[metadata.EntryPoint]) -> Registry:
    """Return the families that these entry points bring; automicro's own come first and so keep their names."""
    families: dict[str, Family] = {}
    owners: dict[str, PluginInfo] = {}
    plugins: list[PluginInfo] = []
    problems: list[PluginProblem] = []
    for entry_point in sorted(entry_points, key=_order):
        offered, found = _ask(entry_point)
        problems += found
        kept: list[Family] = []
        for family in offered:
            if owner := owners.get(family.name):
                problems.append(_duplicate(entry_point, family.name, owner))
            elif family.name in {other.name for other in kept}:
                problems.append(
                    _problem(entry_point, "duplicate", f"it offers family {family.name!r} twice", family.name)
                )
            else:
                kept.append(family)
        info = PluginInfo(entry_point.name, *_origin(entry_point), tuple(family.name for family in kept))
        plugins.append(info)
        families |= {family.name: family for family in kept}
        owners |= dict.fromkeys(info.families, info)
    return Registry(families, tuple(plugins), tuple(problems))


def _order(entry_point: metadata.EntryPoint) -> tuple[bool, str, str]:
    distribution, _ = _origin(entry_point)
    return distribution != PROJECT, distribution, entry_point.name


def _origin(entry_point: metadata.EntryPoint) -> tuple[str, str]:
    """Return distribution and version."""
    distribution = entry_point.dist
    return (distribution.name, distribution.version) if distribution is not None else ("unknown", "unknown")


def _ask(entry_point: metadata.EntryPoint) -> tuple[list[Family], list[PluginProblem]]:
    """Load one plugin and return its sound families and what is wrong with the rest."""
    try:
        if entry_point.dist is not None and (missing := unmet(entry_point.dist, entry_point.name)):
            return [], [_unavailable(entry_point, missing)]
        faults = [(candidate, _fault(candidate)) for candidate in _families(entry_point)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises must leave the others standing
        return [], [_problem(entry_point, "broken", _raised(error))]
    problems = [
        _problem(entry_point, "broken", reason, _name(candidate)) for candidate, reason in faults if reason is not None
    ]
    return [candidate for candidate, reason in faults if reason is None], problems


def _fault(candidate: object) -> str | None:
    try:
        return fault(candidate)
    except Exception as error:  # noqa: BLE001 - an attribute that raises must leave the plugin's other families standing
        return f"{type(candidate).__name__} raised when its declaration was read: {_raised(error)}"


def _families(entry_point: metadata.EntryPoint) -> list[Family]:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(FamilySpec)
    plugin = entry_point.load()
    manager.register(plugin, entry_point.name)
    manager.check_pending()
    if not manager.hook.automicro_families.get_hookimpls():
        raise PluginError(f"it must define {_HOOK}, decorated with automicro.plugin.hookimpl, but it does not")
    answers = manager.hook.automicro_families()
    returned = answers[0] if answers else None
    if not isinstance(returned, list | tuple):
        raise PluginError(f"{_HOOK} must return a list of families, but got {returned!r}")
    return list(returned)


def _raised(error: BaseException) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _name(candidate: object) -> str | None:
    name = getattr(candidate, "name", None)
    return name if isinstance(name, str) else None


def _unavailable(entry_point: metadata.EntryPoint, missing: list[str]) -> PluginProblem:
    distribution, _ = _origin(entry_point)
    remedy = f"pip install '{distribution}[{entry_point.name}]'"
    return PluginProblem(entry_point.name, distribution, "unavailable", ", ".join(missing), remedy)


def _duplicate(entry_point: metadata.EntryPoint, family: str, owner: PluginInfo) -> PluginProblem:
    reason = f"family {family!r} is already offered by plugin {owner.name!r} of {owner.distribution} {owner.version}"
    return _problem(entry_point, "duplicate", reason, family)


def _problem(
    entry_point: metadata.EntryPoint, status: ProblemStatus, reason: str, family: str | None = None
) -> PluginProblem:
    distribution, version = _origin(entry_point)
    remedy = f"tell the authors of {distribution} {version}, or remove it with pip uninstall {distribution}"
    return PluginProblem(entry_point.name, distribution, status, reason, remedy, family)
