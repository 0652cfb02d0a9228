"""The target ``javascript``: models as ES modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_javascript.target import JavaScriptTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["JavaScriptTarget", "automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the target."""
    return [JavaScriptTarget()]
