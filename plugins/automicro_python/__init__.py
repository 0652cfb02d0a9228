"""The target ``python``: models as modules of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_python.target import PythonTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["PythonTarget", "automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the target."""
    return [PythonTarget()]
