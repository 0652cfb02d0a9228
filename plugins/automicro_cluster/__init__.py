"""Prototype models of few bytes: what is nearest decides, or how near it is; and partitions of rows that have no target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Family

__all__ = ["automicro_families"]


@hookimpl
def automicro_families() -> Sequence[Family]:
    """Return the one family of this plugin."""
    from automicro_cluster.family import Member  # noqa: PLC0415 - keeps the listing of plugins light

    return (Member(),)
