"""Answers of a family before it is trained: called, checked, and as plain data between processes."""

from __future__ import annotations

import reprlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from automicro.discovery.offered import raised
from automicro.errors import PluginError
from automicro.plugin import Choice, Declined, Float, Integer, Needs, SizeBudget, Space
from automicro.plugin.checked import plain_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automicro.plugin import Family

__all__ = ["answer", "from_data", "guarded", "to_data"]

MOST_SETTINGS, MOST_PARAMETERS = 1000, 200  # of a portfolio, all of which are evaluated first; of a space
RESERVED = "preparation."  # begins the names of the parameters that the search adds
_PARAMETERS = {kind.__name__: kind for kind in (Float, Integer, Choice)}


def answer(family: Family, method: str, *arguments: Any) -> Any:
    """Return what a method of a family returns.

    Raises
    ------
    Declined
    PluginError
        If it raises anything else, or returns what the protocol does not know.
    """
    return guarded(family.name, method, lambda: _CHECKS[method](getattr(family, method)(*arguments)))


def guarded(name: str, method: str, call: Callable[[], Any]) -> Any:
    """Return the result of a call of a family's method; raise `PluginError` for what it raises, unless it declines."""
    try:
        return call()
    except (Declined, KeyboardInterrupt):
        raise
    except PluginError as error:
        raise PluginError(f"{method} of family {name!r}: {raised(error)}") from error
    except BaseException as error:
        raise PluginError(f"{method} of family {name!r} raised {raised(error)}") from error


def to_data(method: str, answered: Any) -> Any:
    """Return an answer as what JSON can hold."""
    if method != "space":
        return asdict(answered) if isinstance(answered, Needs | SizeBudget) else answered
    return {
        "parameters": [[type(each).__name__, vars(each)] for each in answered.parameters],
        "portfolio": answered.portfolio,
        "identity_when": answered.identity_when,
    }


def from_data(method: str, data: Any) -> Any:
    """Return the answer that `to_data` has made plain, checked anew."""
    if method == "space":
        parameters = tuple(_PARAMETERS[kind](**fields) for kind, fields in data["parameters"])
        return _space(Space(parameters, data["portfolio"], data["identity_when"]))
    made: dict[str, Callable[..., Any]] = {"needs": Needs, "size_budget": SizeBudget}
    return made[method](**data) if method in made else _strongest(data)


def _space(value: object) -> Space:
    space: Space = _of_type(value, Space)
    if len(space.portfolio) > MOST_SETTINGS or len(space.parameters) > MOST_PARAMETERS:
        most = f"at most {MOST_SETTINGS} settings in its portfolio and {MOST_PARAMETERS} parameters"
        raise PluginError(f"a space must have {most}, but has {len(space.portfolio)} and {len(space.parameters)}")
    for parameter in space.parameters:
        if parameter.name.startswith(RESERVED):
            raise PluginError(f"names of parameters must not begin with {RESERVED!r}, but one is {parameter.name!r}")
    return space


def _strongest(value: object) -> dict[str, Any] | None:
    return None if value is None else plain_setting(value)


def _of_type(value: object, kind: type) -> Any:
    if not isinstance(value, kind):
        raise PluginError(f"it must return a {kind.__name__}, but returned {reprlib.repr(value)}")
    return value


_CHECKS: Mapping[str, Callable[[object], Any]] = {
    "space": _space,
    "needs": lambda value: _of_type(value, Needs),
    "size_budget": lambda value: _of_type(value, SizeBudget),
    "strongest": _strongest,
}
