"""The `boosting` family: gradient-boosted trees, grown small by LightGBM and made smaller afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import Family, hookimpl
from automicro_boosting.family import Boosting

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["automicro_families"]


@hookimpl
def automicro_families() -> Sequence[Family]:
    """Return the one family of this plugin."""
    return (Boosting(),)
