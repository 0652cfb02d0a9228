"""The `boosting` family: gradient-boosted trees, grown small by LightGBM and made smaller afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from automicro.plugin import Family, hookimpl
from automicro_boosting.family import Boosting

__all__ = ["automicro_families"]


@hookimpl
def automicro_families() -> Sequence[Family]:
    """Return the one family of this plugin."""
    return (Boosting(),)
