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
    """Return the explanation of one row of a table, of one node of a graph, or of one graph of a list."""
    model = load(arguments.model)
    table = read_rows(arguments, model)
    immutable = [name.strip() for name in (arguments.immutable or "").split(",") if name.strip()]
    if isinstance(table, dict) and model.reads_graphs:
        node = None if model.predicts_graphs else arguments.row
        told = model.explain(table, immutable=immutable, node=node)
    else:
        rows = len(table)
        if not 0 <= arguments.row < rows:
            raise RequestError(f"row: must lie in 0 to {rows - 1}, but got {arguments.row}")
        given = table if arguments.series is None else table.values
        told = model.explain(given[arguments.row : arguments.row + 1], immutable=immutable)
    return f"{told.to_json() if arguments.json else told}\n"
