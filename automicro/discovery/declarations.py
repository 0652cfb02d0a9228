"""Whether what the hooks of a plugin returned are families and targets that keep the protocol."""

from __future__ import annotations

import inspect
import math
import re
from typing import get_args

from automicro.plugin import Family, Target, TargetOptions
from automicro.plugin.profile import Kind, Task

__all__ = ["fault", "target_fault"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")

# Positional arguments that the core hands over.
_METHODS = {
    "space": 1,
    "size_budget": 2,
    "fit": 2,
    "lower": 1,
    "needs": 1,
    "variants": 2,
    "reused": 1,
    "strongest": 1,
}


def fault(candidate: object) -> str | None:
    """Return what is wrong with a returned family, as a sentence, or None.

    Whatever its attributes raise is raised.
    """
    if (said := _instance_fault(candidate, Family, "automicro_families")) is not None:
        return said
    assert isinstance(candidate, Family)  # noqa: S101 - shows mypy what was checked
    name = candidate.name
    for attribute, allowed in (("tasks", get_args(Task)), ("kinds", get_args(Kind))):
        value = getattr(candidate, attribute, None)
        if not isinstance(value, frozenset) or not value or not value <= set(allowed):
            return (
                f"family {name!r}: {attribute} must be a frozenset out of {', '.join(allowed)}, but got {_given(value)}"
            )
    seconds = candidate.start_seconds
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        return f"family {name!r}: start_seconds must be a number that is not negative, but got {seconds!r}"
    return _method_fault(candidate)


def target_fault(candidate: object) -> str | None:
    """Return what is wrong with a returned target, as a sentence, or None.

    Whatever its attributes raise is raised.
    """
    if (said := _instance_fault(candidate, Target, "automicro_targets")) is not None:
        return said
    assert isinstance(candidate, Target)  # noqa: S101 - as above
    options: object = candidate.options
    if not isinstance(options, type) or not issubclass(options, TargetOptions):
        return f"target {candidate.name!r}: options must be a subclass of TargetOptions, but got {options!r}"
    try:
        inspect.signature(candidate.export).bind(None, None)
    except TypeError:
        return f"target {candidate.name!r}: export must be a method of 2 arguments besides self"
    return None


def _instance_fault(candidate: object, kind: type[Family | Target], hook: str) -> str | None:
    """Return why an object is no named instance of a protocol."""
    if isinstance(candidate, type):
        return f"{hook} must return instances of {kind.__name__}, but got the class {candidate.__name__}"
    if not isinstance(candidate, kind):
        return f"{hook} must return instances of {kind.__name__}, but got {candidate!r}"
    name = getattr(candidate, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        said = type(candidate).__name__
        return f"{said}.name must be lower-case letters, digits and underscores, but got {_given(name)}"
    return None


def _method_fault(family: Family) -> str | None:
    for method, arguments in _METHODS.items():
        try:
            inspect.signature(getattr(family, method)).bind(*[None] * arguments)
        except TypeError:
            return f"family {family.name!r}: {method} must be a method of {arguments} arguments besides self"
    return None


def _given(value: object) -> str:
    return "nothing" if value is None else repr(value)
