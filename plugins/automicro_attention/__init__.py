"""Attention models of few bytes: tokens of columns, patches or words, weighed by small heads and trained with the rounding in the loop."""

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
    from automicro_attention.family import AttentionModel  # noqa: PLC0415 - keeps the listing of plugins light

    return (AttentionModel(),)
