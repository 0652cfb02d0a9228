"""Which plugins of other distributions are loaded at all: those that the environment variable ``AUTOMICRO_PLUGINS`` names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from automicro.discovery.registry import PluginProblem
from automicro.errors import RequestError
from automicro.plugin.hooks import PROJECT
from automicro.request import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib import metadata

__all__ = ["allowed", "is_own"]

VARIABLE = "AUTOMICRO_PLUGINS"


def is_own(entry_point: metadata.EntryPoint) -> bool:
    """Whether a plugin is one of automicro's own, which are always loaded."""
    return entry_point.dist is not None and entry_point.dist.name == PROJECT


def allowed(entry_points: Iterable[metadata.EntryPoint]) -> tuple[list[metadata.EntryPoint], list[PluginProblem]]:
    """Return the plugins of others that may be loaded, and why the rest may not: all may where the variable is not set.

    It holds names of plugins or of their distributions, separated by commas; none, if it is empty.

    Raises
    ------
    RequestError
        If it names a plugin that is not installed.
    """
    known, given = list(entry_points), os.environ.get(VARIABLE)
    if given is None:
        return known, []
    wanted = {canonicalize_name(name.strip()): name.strip() for name in given.split(",") if name.strip()}
    names = {each: {canonicalize_name(each.name), canonicalize_name(_distribution(each))} for each in known}
    for name, written in wanted.items():
        if not any(name in own for own in names.values()):
            remedy = did_you_mean(written, [each.name for each in known])
            raise RequestError(f"{VARIABLE}: no installed plugin or distribution is named {written!r}: {remedy}")
    kept = [each for each in known if names[each] & wanted.keys()]
    return kept, [_left_out(each) for each in known if each not in kept]


def _distribution(entry_point: metadata.EntryPoint) -> str:
    return "unknown" if entry_point.dist is None else entry_point.dist.name


def _left_out(entry_point: metadata.EntryPoint) -> PluginProblem:
    reason = f"{VARIABLE} does not name it"
    return PluginProblem(entry_point.name, _distribution(entry_point), "left out", reason, "add it there")
