"""The hooks that a plugin implements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin.family import Family
    from automicro.plugin.target import Target

__all__ = ["PROJECT", "PluginSpec", "hookimpl"]

PROJECT = "automicro"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class PluginSpec:
    """Functions of a plugin module that automicro calls; a plugin has at least one of them."""

    @hookspec
    def automicro_families(self) -> Sequence[Family]:
        """Return the model families that this plugin offers.

        Called once a process, before the first search or when plugins are listed.
        """
        return ()

    @hookspec
    def automicro_targets(self) -> Sequence[Target]:
        """Return the targets that this plugin offers.

        Called once a process, before the first export or when plugins are listed.
        """
        return ()
