"""Keys of a request that had another name; the former name works, with a warning."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from automicro.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FORMER", "FormerName", "present_settings", "with_present_names"]

FORMER = {"max_features": "max_columns"}  # former names of fields of `Constraints`, with the present ones
LIBRARIES = {"automicro", "pydantic", "sklearn"}  # whose frames no user wrote


class FormerName(DeprecationWarning):
    """A key of a request was given under its former name."""


def with_present_names(values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return fields of `Constraints` under their present names, and warn of each former name.

    Parameters
    ----------
    values : mapping
        Fields by name. A field under both names is left alone.
    place : str
        Text before a former name in the warning, such as ``search.toml:4: constraints.``.
    """
    present = dict(values)
    for former, name in FORMER.items():
        if former in present and name not in present:
            present[name] = present.pop(former)
            _warn(f"{place}{former}", name)
    return present


def present_settings(settings: Iterable[str]) -> list[str]:
    """Return settings such as ``constraints.max_columns=8`` under present names, and warn of each former name.

    Raises
    ------
    RequestError
        If a key is set under both names.
    """
    present = {f"constraints.{former}": f"constraints.{name}" for former, name in FORMER.items()}
    split = [setting.partition("=") for setting in settings]
    keys = {key.strip() for key, _, _ in split}
    for former, name in present.items():
        if former in keys and name in keys:
            raise RequestError(f"{former}: must not be given beside {name}, of which it is the former name")
        if former in keys:
            _warn(f"the command line: {former}", name.partition(".")[2])
    return [f"{present.get(key.strip(), key)}{equals}{value}" for key, equals, value in split]


def _warn(former: str, name: str) -> None:
    """Warn the caller of the package of a former name."""
    level, frame = 1, sys._getframe()  # noqa: SLF001 - what `inspect` reads too
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARIES:
        level, frame = level + 1, frame.f_back
    warnings.warn(f"{former} is now called {name}: write {name}", FormerName, stacklevel=level)
