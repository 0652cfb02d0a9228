"""The hook that a plugin implements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin.family import Family

__all__ = ["PROJECT", "FamilySpec", "hookimpl"]

PROJECT = "automicro"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class FamilySpec:
    """What automicro asks of a plugin module."""

    @hookspec
    def automicro_families(self) -> Sequence[Family]:
        """Return the model families that this plugin offers.

        Called once a process, before the first search or when plugins are listed.
        """
        return ()
