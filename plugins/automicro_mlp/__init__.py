"""Small neural networks trained with their quantiser in the loop, and packed at the entropy of their weights."""

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
    from automicro_mlp.family import Mlp  # noqa: PLC0415 - keeps the listing of plugins light

    return (Mlp(),)
