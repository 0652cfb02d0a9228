"""The target ``sql``: models as one query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_sql.target import SqlTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["SqlTarget", "automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the target."""
    return [SqlTarget()]
