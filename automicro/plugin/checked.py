"""Whether what a family returns is plain data, which JSON and other processes can carry."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from numbers import Integral
from typing import Any

from automicro.errors import PluginError

__all__ = ["items_of", "name_of", "plain_options", "plain_setting", "real_of", "values_by_name", "whole_of"]

MOST_BITS, MOST_CHARACTERS = 53, 1000  # of a number that every JSON reader keeps; of a text
MOST_OPTIONS = 1000  # of a choice: the sampler weighs each of them for every proposal


def name_of(value: object) -> str:
    """Return the name of a parameter."""
    if not isinstance(value, str) or not value or len(value) > MOST_CHARACTERS:
        raise PluginError(f"a parameter's name must be a text that is not empty, but is {reprlib.repr(value)}")
    return str(value)


def whole_of(value: object, where: str) -> int:
    """Return a whole number."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value).bit_length() > MOST_BITS:
        raise PluginError(f"{where} must be a whole number of at most {MOST_BITS} bits, but is {reprlib.repr(value)}")
    return int(value)


def real_of(value: object, where: str) -> float:
    """Return a finite number, as an int where it is one."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise PluginError(f"{where} must be a finite number, but is {reprlib.repr(value)}")
    return float(value) if isinstance(value, float) else whole_of(value, where)


def items_of(value: object, where: str) -> tuple[Any, ...]:
    """Return what a list or tuple holds."""
    if not isinstance(value, list | tuple):
        raise PluginError(f"{where} must be a tuple, but is {reprlib.repr(value)}")
    return tuple(value)


def plain_options(value: object, where: str) -> tuple[Any, ...]:
    """Return values to choose from, each once."""
    options = tuple(_plain(option, where) for option in items_of(value, where))
    if not 0 < len(options) <= MOST_OPTIONS:
        raise PluginError(f"{where} must be 1 to {MOST_OPTIONS} values, but are {len(options)}")
    if len({(type(option), option) for option in options}) < len(options):
        raise PluginError(f"{where} must differ, but are {reprlib.repr(options)}")
    return options


def plain_setting(value: object) -> dict[str, Any]:
    """Return a setting as a dict of its own."""
    if not isinstance(value, Mapping):
        raise PluginError(f"a setting must be a mapping of names to values, but is {reprlib.repr(value)}")
    return {name_of(name): _plain(held, f"value of {name!r} in a setting") for name, held in value.items()}


def values_by_name(value: object, where: str) -> dict[str, tuple[Any, ...]]:
    """Return values by the name of the parameter that has them."""
    if not isinstance(value, Mapping):
        raise PluginError(f"{where} must be a mapping of names to tuples, but is {reprlib.repr(value)}")
    return {
        name_of(name): tuple(_plain(each, f"{where} for {name!r}") for each in items_of(held, f"{where} for {name!r}"))
        for name, held in value.items()
    }


def _plain(value: object, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= MOST_CHARACTERS:
        return str(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return real_of(value, where)
    raise PluginError(f"{where} must be text, finite numbers, booleans or None, but one is {reprlib.repr(value)}")
