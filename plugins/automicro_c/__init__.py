"""The target `c`: programs as C99 for microcontrollers, and for compiled prediction in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_c.target import C

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the one target of this plugin."""
    return (C(),)
