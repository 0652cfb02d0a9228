"""A model written for a target: the target found by its name, its options checked, and what it returns checked too."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

from automicro.discovery import built_in, discover
from automicro.discovery.offered import raised
from automicro.errors import NotExported, PluginError, RequestError
from automicro.export.deployed import deployed
from automicro.plugin import Declined, Export

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Target, TargetOptions
    from automicro.program import Program

__all__ = ["checked_options", "export", "export_to", "target_named"]


def export(
    program: Program,
    card: Mapping[str, Any] | None,
    target: str,
    name: str = "model",
    options: Mapping[str, Any] | None = None,
) -> Export:
    """Return the files of a program for the target of a name.

    Raises
    ------
    TargetUnavailableError
        If no target of this name can be used.
    RequestError
        If the name or an option is wrong.
    NotExported
        If the target cannot serve the program.
    PluginError
        If the target raises anything else, or returns no `Export`.
    """
    chosen = target_named(target)
    return export_to(chosen, program, card, name, checked_options(chosen, options))


def target_named(name: str) -> Target:
    """Return the target of a name; plugins of other distributions are loaded only for names that are not automicro's own.

    Raises
    ------
    TargetUnavailableError
    """
    own = built_in()
    known = {*own.targets, *(each.target or each.name for each in own.problems if not each.family)}
    return (own if name in known else discover()).target(name)


def checked_options(target: Target, options: Mapping[str, Any] | None) -> TargetOptions:
    """Return options of a target; raise `RequestError` with its name if one is unknown or has an impossible value."""
    try:
        return target.options(**(options or {}))
    except RequestError as error:
        raise RequestError(f"target {target.name!r}: {error}") from None


def export_to(
    target: Target, program: Program, card: Mapping[str, Any] | None, name: str, options: TargetOptions
) -> Export:
    """Return the files of a program; see `export` for what is raised."""
    given = deployed(program, card, name)
    try:
        made: object = target.export(given, options)
    except Declined as declined:
        raise NotExported(f"target {target.name!r} {' '.join(str(declined).split())}") from None
    except (KeyboardInterrupt, RequestError):
        raise
    except BaseException as error:
        raise PluginError(f"export of target {target.name!r} raised {raised(error)}") from error
    if not isinstance(made, Export):
        raise PluginError(f"export of target {target.name!r} must return an Export, but returned {reprlib.repr(made)}")
    return made
