"""The `tree` family: one small decision tree, grown greedily and pruned, or found by exhaustive search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_tree.family import DecisionTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Family

__all__ = ["automicro_families"]


@hookimpl
def automicro_families() -> Sequence[Family]:
    """Return the one family of this plugin."""
    return (DecisionTree(),)
