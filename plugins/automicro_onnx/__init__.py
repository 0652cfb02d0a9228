"""The target ``onnx``: models as graphs of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import hookimpl
from automicro_onnx.target import OnnxTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.plugin import Target

__all__ = ["OnnxTarget", "automicro_targets"]


@hookimpl
def automicro_targets() -> Sequence[Target]:
    """Return the target."""
    return [OnnxTarget()]
