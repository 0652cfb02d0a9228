"""The command `explain`: one decision of a saved model, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.cli.serving import read_table
from automicro.errors import RequestError
from automicro.model import load

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["explain"]


def explain(arguments: Namespace) -> str:
    """Return the explanation of one row of a table."""
    model = load(arguments.model)
    table = read_table(arguments.data, arguments.format)
    rows = len(table)
    if not 0 <= arguments.row < rows:
        raise RequestError(f"row: must lie in 0 to {rows - 1}, but got {arguments.row}")
    immutable = [name.strip() for name in (arguments.immutable or "").split(",") if name.strip()]
    return f"{model.explain(table[arguments.row : arguments.row + 1], immutable=immutable)}\n"
