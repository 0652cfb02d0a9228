"""The families that may take part in a search: automicro's own, those of other distributions, and objects."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

from automicro.discovery.allowed import allowed, is_own
from automicro.discovery.discover import built_in, refused, survey
from automicro.discovery.offered import GROUP, Fault, Offer, OfferedTarget, declared, fault_of, offered, raised
from automicro.discovery.process import Host, Limit
from automicro.discovery.registry import PluginInfo, Registry
from automicro.discovery.third_party import Given, Installed, ThirdParty
from automicro.errors import PluginError, RequestError
from automicro.interpreters import interpreter
from automicro.room import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from automicro.folder import OwnedFolder

__all__ = ["consulted", "names_of"]


@contextmanager
def consulted(
    families: Sequence[Any] | None = None, exclude: Iterable[str] = (), seconds: float | None = None
) -> Iterator[Registry]:
    """Yield automicro's own families, and those of others that may take part, whose processes end with the context.

    A plugin of another distribution is loaded in a process of its own, with limits on time and memory, and only where `families` is
    None or has a name that none of automicro's own families has: first plugins of that name, then all.

    Parameters
    ----------
    families : sequence of str or Family, optional
    exclude : iterable of str
        Plugins that are not loaded.
    seconds : float, optional
        Time of the search, in seconds.

    Raises
    ------
    RequestError
        If an object is no family, or has the name of another family.
    """
    given = [each for each in families or () if not isinstance(each, str)]
    hosts = _Hosts(seconds)
    try:
        yield _with_objects(_named(families, {*exclude}, hosts), given)
    finally:
        hosts.close()


def names_of(families: Iterable[Any] | None) -> list[str] | None:
    """Return the names of families, of which some may be objects; None for None."""
    return None if families is None else [each if isinstance(each, str) else each.name for each in families]


def _named(families: Sequence[Any] | None, exclude: set[str], hosts: _Hosts) -> Registry:
    """Return the registry with the plugins that are needed for these names, or all but the excluded ones."""
    own = built_in()
    known = {*own.families, *(problem.family or problem.name for problem in own.problems)}
    wanted = {each for each in families or () if isinstance(each, str)} - known
    if families is not None and not wanted:
        return own
    others, left_out = allowed(each for each in metadata.entry_points(group=GROUP) if not is_own(each))
    if families is None:
        return _surveyed([each for each in others if each.name not in exclude], hosts, left_out, others)
    registry = _surveyed([each for each in others if each.name in wanted], hosts, left_out, others)
    if wanted <= registry.families.keys():
        return registry
    return _surveyed(others, hosts, left_out, others)


def _surveyed(
    chosen: list[metadata.EntryPoint], hosts: _Hosts, left_out: Sequence[Any], others: Sequence[metadata.EntryPoint]
) -> Registry:
    hosts.begin(each for each in chosen if refused(each) is None)
    own = filter(is_own, metadata.entry_points(group=GROUP))
    found = survey([*own, *chosen], lambda each: offered(each) if is_own(each) else hosts.offer(each))
    unused = tuple(_listed(each) for each in others if each not in chosen)
    return replace(found, plugins=(*found.plugins, *unused), problems=(*found.problems, *left_out))


def _listed(entry_point: metadata.EntryPoint) -> PluginInfo:
    name, version = (
        ("unknown", "unknown") if entry_point.dist is None else (entry_point.dist.name, entry_point.dist.version)
    )
    return PluginInfo(entry_point.name, name, version, ())


def _with_objects(registry: Registry, given: Sequence[Any]) -> Registry:
    families = dict(registry.families)
    for family in given:
        if said := fault_of(family):
            raise RequestError(f"families: {said.replace('automicro_families must return', 'must be names or')}")
        if family.name in families:
            raise RequestError(
                f"families: an object must have a name of its own, but {family.name!r} is that of another family"
            )
        families[family.name] = ThirdParty(declared(family), Given(family))
    return replace(registry, families=families)


class _Hosts:
    """The processes of plugins, started together, so that they are imported at the same time."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._folder: OwnedFolder | None = None
        self._hosts: dict[tuple[str, str], Host] = {}

    def begin(self, entry_points: Iterable[metadata.EntryPoint]) -> None:
        """Start the processes that are not there yet."""
        if interpreter() is None:
            return
        for each in entry_points:
            self._folder = self._folder or temporary_folder()
            if (each.name, each.value) not in self._hosts:
                self._hosts[each.name, each.value] = Host(each, self._folder.path, Limit(self._seconds))

    def offer(self, entry_point: metadata.EntryPoint) -> Offer:
        """Return what a plugin offers; where no process can be started, it is loaded in this one."""
        source = entry_point.name, entry_point.value
        if (host := self._hosts.get(source)) is None:
            offer = offered(entry_point)
            declarations = [declared(each) for each in offer.families]
            faults, targets = offer.faults, offer.targets
        else:
            try:
                found: dict[str, Any] = host.declared()
            except PluginError as error:
                return Offer(faults=(Fault(raised(error)),))
            declarations = found["families"]
            faults = tuple(Fault(str(reason), *named) for reason, *named in found["faults"])
            targets = tuple(OfferedTarget(name, options) for name, options in found["targets"])
        unawaited = [{**each, "in_every_reference": False} for each in declarations]
        families = [ThirdParty(each, Installed(*source, each["name"]), host) for each in unawaited]
        return Offer(tuple(families), faults, targets)

    def close(self) -> None:
        """End all processes with their children, and remove what they wrote to the folder of temporary files."""
        for host in self._hosts.values():
            host.close()
        if self._folder is not None:
            self._folder.cleanup()
