"""A family's search space as plain data: it can be printed, counted and tested without Optuna."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automicro.errors import PluginError

__all__ = ["Choice", "Float", "Integer", "Parameter", "Space"]

When = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], drawn on a logarithmic scale if `log`."""

    name: str
    low: float
    high: float
    log: bool = False
    when: When = field(default_factory=dict)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integer:
    """A whole number in [low, high], drawn on a logarithmic scale if `log`."""

    name: str
    low: int
    high: int
    log: bool = False
    when: When = field(default_factory=dict)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of some plain values (text, numbers, booleans, None)."""

    name: str
    options: tuple[Any, ...]
    when: When = field(default_factory=dict)

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
    portfolio : tuple of mappings
        Complete settings to try first, the most promising first.
    identity_when : mapping of str to tuple
        Where a regression's scores are the predicted values, by parameters and what they then are; everywhere, if not given. The search
        may train such settings on the logarithms of the target, and end their programs with the link exp.
    """

    parameters: tuple[Parameter, ...]
    portfolio: tuple[Mapping[str, Any], ...] = ()
    identity_when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for parameter in self.parameters:
            if parameter.name in seen:
                raise PluginError(f"parameter names must differ, but {parameter.name!r} stands twice")
            if missing := set(parameter.when) - seen:
                raise PluginError(
                    f"parameter {parameter.name!r} depends on {sorted(missing)}, which must stand before it"
                )
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
                got = setting.get(parameter.name, "nothing")
                raise PluginError(f"parameter {parameter.name!r} must lie in {parameter}, but got {got!r}")
        if extra := set(setting) - {p.name for p in active}:
            raise PluginError(f"parameters {sorted(extra)} do not exist in this setting")

    def is_identity(self, setting: Mapping[str, Any]) -> bool:
        """Whether a regression's scores are the predicted values in `setting`."""
        return all(setting.get(name) in values for name, values in self.identity_when.items())

    def active(self, setting: Mapping[str, Any]) -> tuple[Parameter, ...]:
        """Return the parameters whose conditions hold in `setting`."""
        return tuple(p for p in self.parameters if all(setting.get(k) in values for k, values in p.when.items()))
