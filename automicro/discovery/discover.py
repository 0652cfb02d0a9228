"""Find families by entry point; one broken plugin never takes the others down."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from automicro.discovery.allowed import allowed, is_own
from automicro.discovery.offered import GROUP, Offer, offered, raised
from automicro.discovery.registry import PluginInfo, PluginProblem, ProblemStatus, Registry
from automicro.discovery.requirements import made_for_another, unmet
from automicro.plugin.hooks import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from automicro.plugin import Family

__all__ = ["built_in", "discover", "refused", "survey"]


@cache
def discover() -> Registry:
    """Return the families of all installed plugins; the first call of a process finds them.

    Every entry point of group ``automicro`` that ``AUTOMICRO_PLUGINS`` allows is loaded in this process, on its own, and asked alone.
    What it raises, lacks or declares wrongly becomes a problem of the registry. A search loads the plugins of others in processes of
    their own instead; see `consulted`.
    """
    entry_points = metadata.entry_points(group=GROUP)
    others, left_out = allowed(each for each in entry_points if not is_own(each))
    found = survey([*filter(is_own, entry_points), *others])
    return Registry(found.families, found.plugins, (*found.problems, *left_out))


@cache
def built_in() -> Registry:
    """Return automicro's own families."""
    return survey(filter(is_own, metadata.entry_points(group=GROUP)))


def survey(
    entry_points: Iterable[metadata.EntryPoint], load: Callable[[metadata.EntryPoint], Offer] = offered
) -> Registry:
    """Return the families that these entry points bring, found by `load`; automicro's own come first and so keep their names."""
    families: dict[str, Family] = {}
    owners: dict[str, PluginInfo] = {}
    plugins: list[PluginInfo] = []
    problems: list[PluginProblem] = []
    for entry_point in sorted(entry_points, key=_order):
        offer, found = _ask(entry_point, load)
        problems += found
        kept: list[Family] = []
        for family in offer:
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


def _ask(
    entry_point: metadata.EntryPoint, load: Callable[[metadata.EntryPoint], Offer]
) -> tuple[tuple[Family, ...], list[PluginProblem]]:
    """Load one plugin and return its sound families and what is wrong with the rest."""
    if (problem := refused(entry_point)) is not None:
        return (), [problem]
    offer = load(entry_point)
    return offer.families, [_problem(entry_point, "broken", reason, name) for reason, name in offer.faults]


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


def _duplicate(entry_point: metadata.EntryPoint, family: str, owner: PluginInfo) -> PluginProblem:
    reason = f"family {family!r} is already offered by plugin {owner.name!r} of {owner.distribution} {owner.version}"
    return _problem(entry_point, "duplicate", reason, family)


def _problem(
    entry_point: metadata.EntryPoint, status: ProblemStatus, reason: str, family: str | None = None
) -> PluginProblem:
    distribution, version = _origin(entry_point)
    remedy = f"tell the authors of {distribution} {version}, or remove it with pip uninstall {distribution}"
    return PluginProblem(entry_point.name, distribution, status, reason, remedy, family)
