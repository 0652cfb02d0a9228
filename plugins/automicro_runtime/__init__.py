"""The runtime in C: loads any model file on a part, in a browser or in node, and predicts without a heap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the targets of this plugin."""
    from automicro_runtime.target import Runtime  # noqa: PLC0415 - keeps the listing of plugins light

    return (Runtime(),)
