"""A family's search space as plain data: it can be printed, counted and tested without Optuna."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automicro.errors import PluginError
from automicro.plugin.checked import items_of, name_of, plain_options, plain_setting, real_of, values_by_name, whole_of

__all__ = ["Choice", "Float", "Integer", "Parameter", "Space"]

When = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Float:
    """A real number in [low, high].

    Parameters
    ----------
    name : str
        Name of the parameter.
    low, high : float
        Least and largest value.
    log : bool
        Whether it is drawn on a logarithmic scale.
    when : mapping of str to tuple
        Values of parameters drawn before, with which this one exists; see `Space`.

    Examples
    --------
    >>> 0.1 in Float("rate", 0.01, 1.0, log=True)
    True
    """

    name: str
    low: float
    high: float
    log: bool = False
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self, low=real_of(self.low, f"low of {self.name!r}"), high=real_of(self.high, f"high of {self.name!r}"))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integer:
    """A whole number in [low, high].

    Parameters
    ----------
    name : str
        Name of the parameter.
    low, high : int
        Least and largest value.
    log : bool
        Whether it is drawn on a logarithmic scale.
    when : mapping of str to tuple
        Values of parameters drawn before, with which this one exists; see `Space`.

    Examples
    --------
    >>> 7 in Integer("leaves", 2, 64, log=True)
    True
    """

    name: str
    low: int
    high: int
    log: bool = False
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(
            self, low=whole_of(self.low, f"low of {self.name!r}"), high=whole_of(self.high, f"high of {self.name!r}")
        )

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of some plain values.

    Parameters
    ----------
    name : str
        Name of the parameter.
    options : tuple
        Different plain values: text, numbers, booleans, None.
    when : mapping of str to tuple
        Values of parameters drawn before, with which this one exists; see `Space`.

    Examples
    --------
    >>> "l1" in Choice("penalty", ("l1", "l2"))
    True
    """

    name: str
    options: tuple[Any, ...]
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self, options=plain_options(self.options, f"options of {self.name!r}"))

    def __contains__(self, value: object) -> bool:
        return value in self.options


Parameter = Float | Integer | Choice


@dataclass(frozen=True)
class Space:
    """Parameters in the order in which they are drawn.

    A parameter with ``when={"kind": ("a", "b")}`` exists only where the parameter `kind`, drawn before it, took one of these values.

    Parameters
    ----------
    parameters : tuple of Float, Integer or Choice
        Parameters of the family.
    portfolio : tuple of mappings
        Complete settings to try first, the most promising first.
    identity_when : mapping of str to tuple
        Where a regression's scores are the predicted values, by parameters and what they then are; everywhere, if not given. The search
        may train such settings on the logarithms of the target, and end their programs with the link exp.

    Examples
    --------
    >>> space = Space((Integer("leaves", 2, 64, log=True),), portfolio=({"leaves": 8},))
    >>> space.portfolio[0]["leaves"]
    8
    """

    parameters: tuple[Parameter, ...]
    portfolio: tuple[Mapping[str, Any], ...] = ()
    identity_when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        _set(
            self,
            parameters=items_of(self.parameters, "parameters"),
            portfolio=tuple(plain_setting(setting) for setting in items_of(self.portfolio, "portfolio")),
            identity_when=values_by_name(self.identity_when, "identity_when"),
        )
        seen: set[str] = set()
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise PluginError(f"parameters must be Float, Integer or Choice, but one is {reprlib.repr(parameter)}")
            if parameter.name in seen:
                raise PluginError(f"parameter names must differ, but {parameter.name!r} occurs twice")
            if missing := set(parameter.when) - seen:
                raise PluginError(f"parameter {parameter.name!r} depends on {sorted(missing)}, which must be before it")
            seen.add(parameter.name)
        if unknown := set(self.identity_when) - seen:
            raise PluginError(f"identity_when must name parameters of the space, but names {sorted(unknown)}")
        for setting in self.portfolio:
            self.check(setting)

    def check(self, setting: Mapping[str, Any]) -> None:
        """Raise `PluginError` unless `setting` is complete and every value lies in the space."""
        active = self.active(setting)
        for parameter in active:
            if parameter.name not in setting or setting[parameter.name] not in parameter:
                got = reprlib.repr(setting.get(parameter.name, "nothing"))
                raise PluginError(f"parameter {parameter.name!r} must lie in {reprlib.repr(parameter)}, but got {got}")
        if extra := set(setting) - {p.name for p in active}:
            raise PluginError(f"parameters {sorted(extra)} do not exist in the setting {reprlib.repr(setting)}")

    def is_identity(self, setting: Mapping[str, Any]) -> bool:
        """Whether a regression's scores are the predicted values in `setting`."""
        return all(setting.get(name) in values for name, values in self.identity_when.items())

    def active(self, setting: Mapping[str, Any]) -> tuple[Parameter, ...]:
        """Return the parameters whose conditions hold in `setting`."""
        return tuple(p for p in self.parameters if all(setting.get(k) in values for k, values in p.when.items()))


def _check(parameter: Parameter, **checked: Any) -> None:
    """Keep the checked values of a parameter; raise `PluginError` unless its name, bounds and condition can be used."""
    _set(
        parameter,
        name=name_of(parameter.name),
        when=values_by_name(parameter.when, f"when of {parameter.name!r}"),
        **checked,
    )
    if isinstance(parameter, Choice):
        return
    low, high, where = parameter.low, parameter.high, f"of {parameter.name!r}"
    if not isinstance(parameter.log, bool):
        raise PluginError(f"log {where} must be True or False, but is {reprlib.repr(parameter.log)}")
    if not low <= high or not math.isfinite(high - low):
        raise PluginError(
            f"low {where} must be at most high, and their difference finite, but they are {low} and {high}"
        )
    if parameter.log and low <= 0:
        raise PluginError(f"low {where} must be above 0 on a logarithmic scale, but is {low}")


def _set(value: object, **fields: Any) -> None:
    for name, held in fields.items():
        object.__setattr__(value, name, held)
