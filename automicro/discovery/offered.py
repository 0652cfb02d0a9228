"""What the entry point of a plugin offers, found by loading it in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pluggy

from automicro.discovery.declarations import fault, target_fault
from automicro.errors import PluginError
from automicro.escaped import escaped
from automicro.plugin.hooks import PROJECT, PluginSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib import metadata

    from automicro.plugin import Family, Target

__all__ = ["GROUP", "Fault", "Offer", "OfferedTarget", "declared", "fault_of", "offered", "raised"]

GROUP = "automicro"
_HOOKS = ("automicro_families", "automicro_targets")
MOST_CHARACTERS = 500  # of what an error says


class Fault(NamedTuple):
    """Why a plugin cannot be used, or only the family or target that is named."""

    reason: str
    family: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class OfferedTarget:
    """A target by name, the JSON Schema of its options, and itself where its plugin is loaded in this process."""

    name: str
    options: Mapping[str, Any]
    target: Target | None = None


@dataclass(frozen=True)
class Offer:
    """The families and targets of one entry point that keep the protocol, and the faults of others."""

    families: tuple[Family, ...] = ()
    faults: tuple[Fault, ...] = ()
    targets: tuple[OfferedTarget, ...] = ()


def offered(entry_point: metadata.EntryPoint) -> Offer:
    """Load an entry point and call its hooks; whatever that raises is a fault."""
    try:
        returned = _returned(entry_point)
        families = [(candidate, fault_of(candidate)) for candidate in returned["automicro_families"]]
        targets = [_target(candidate) for candidate in returned["automicro_targets"]]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - some libraries raise what is no Exception, such as pytest and PyO3
        return Offer(faults=(Fault(raised(error)),))
    return Offer(
        tuple(candidate for candidate, reason in families if reason is None),
        (
            *(Fault(reason, family=_name(candidate)) for candidate, reason in families if reason is not None),
            *(each for each in targets if isinstance(each, Fault)),
        ),
        tuple(each for each in targets if isinstance(each, OfferedTarget)),
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


def _returned(entry_point: metadata.EntryPoint) -> dict[str, list[Any]]:
    """Return what the hooks of a plugin return, of which it has at least one."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(PluginSpec)
    manager.register(entry_point.load(), entry_point.name)
    manager.check_pending()
    hooks = {name: getattr(manager.hook, name) for name in _HOOKS}
    if not any(hook.get_hookimpls() for hook in hooks.values()):
        must = f"define {' or '.join(_HOOKS)}, decorated with automicro.plugin.hookimpl"
        raise PluginError(f"it must {must}, but it does not")
    return {name: _listed(name, hook) for name, hook in hooks.items()}


def _listed(name: str, hook: Any) -> list[Any]:
    if not hook.get_hookimpls():
        return []
    answers = hook()
    returned = answers[0] if answers else None
    if not isinstance(returned, list | tuple):
        raise PluginError(f"{name} must return a list of {name.rpartition('_')[2]}, but got {returned!r}")
    return list(returned)


def _target(candidate: Any) -> OfferedTarget | Fault:
    """Return a target with the schema of its options, or what is wrong with it."""
    try:
        if (reason := target_fault(candidate)) is None:
            return OfferedTarget(candidate.name, candidate.options.model_json_schema(), candidate)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - as above
        reason = f"{type(candidate).__name__} raised when its declaration was read: {raised(error)}"
    return Fault(reason, target=_name(candidate))


def _name(candidate: Any) -> str | None:
    try:
        name = candidate.name
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - as above
        return None
    return name if isinstance(name, str) else None
