"""The command `schema`: the JSON Schema of a file that automicro reads or writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.request.schemas import schema_text

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["schema"]


def schema(arguments: Namespace) -> str:
    """Return a JSON Schema."""
    return schema_text(arguments.name)
