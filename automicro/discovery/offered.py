"""What the entry point of a plugin offers, found by loading it in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

from automicro.discovery.declarations import fault
from automicro.errors import PluginError
from automicro.escaped import escaped
from automicro.plugin.hooks import PROJECT, FamilySpec

if TYPE_CHECKING:
    from importlib import metadata

    from automicro.plugin import Family

__all__ = ["GROUP", "Offer", "declared", "fault_of", "offered", "raised"]

GROUP = "automicro"
_HOOK = "automicro_families"
MOST_CHARACTERS = 500  # of what an error says


@dataclass(frozen=True)
class Offer:
    """The families of one entry point that keep the protocol, and the faults of others: a reason, and the family's name if it is known."""

    families: tuple[Family, ...] = ()
    faults: tuple[tuple[str, str | None], ...] = ()


def offered(entry_point: metadata.EntryPoint) -> Offer:
    """Load an entry point and call its hook; whatever that raises is a fault."""
    try:
        checked = [(candidate, fault_of(candidate)) for candidate in _families(entry_point)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - some libraries raise what is no Exception, such as pytest and PyO3
        return Offer(faults=((raised(error), None),))
    return Offer(
        tuple(candidate for candidate, reason in checked if reason is None),
        tuple((reason, _name(candidate)) for candidate, reason in checked if reason is not None),
    )


def fault_of(candidate: object) -> str | None:
    """Return what is wrong with a family, also where reading its declaration raises; None if it can be used."""
    try:
        return fault(candidate)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - an attribute that raises must leave the plugin's other families standing
        return f"{type(candidate).__name__} raised when its declaration was read: {raised(error)}"


def declared(family: Family) -> dict[str, Any]:
    """Return the attributes that a family declares."""
    return {
        "name": family.name,
        "tasks": sorted(family.tasks),
        "kinds": sorted(family.kinds),
        "start_seconds": family.start_seconds,
        "in_every_reference": family.in_every_reference,
    }


def raised(error: BaseException) -> str:
    """Return what was raised on one line."""
    try:
        said = escaped(" ".join(str(error).split()))
    except Exception:  # noqa: BLE001 - an error of others whose text cannot be made
        said = ""
    if len(said) > MOST_CHARACTERS:
        said = f"{said[:MOST_CHARACTERS]}..."
    if type(error) is PluginError:
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


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


def _name(candidate: Any) -> str | None:
    try:
        name = candidate.name
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - as above
        return None
    return name if isinstance(name, str) else None
