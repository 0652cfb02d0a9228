"""The command `explain`: one decision of a saved model, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.cli.serving import read_rows
from automicro.errors import RequestError
from automicro.model import load

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["explain"]


def explain(arguments: Namespace) -> str:
    """Return the explanation of one row of a table."""
    model = load(arguments.model)
    table = read_rows(arguments, model)
    rows = len(table)
    if not 0 <= arguments.row < rows:
        raise RequestError(f"row: must lie in 0 to {rows - 1}, but got {arguments.row}")
    immutable = [name.strip() for name in (arguments.immutable or "").split(",") if name.strip()]
    given = table if arguments.series is None else table.values
    return f"{model.explain(given[arguments.row : arguments.row + 1], immutable=immutable)}\n"
