"""Graph neural networks trained with their quantiser in the loop: smoothing and a linear map, or layers of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Family

__all__ = ["automicro_families"]


@hookimpl
def automicro_families() -> Sequence[Family]:
    """Return the families of this plugin."""
    from automicro_gnn.family import Gnn  # noqa: PLC0415 - keeps the listing of plugins light

    return (Gnn(),)
