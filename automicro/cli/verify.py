"""The command `verify`: a model's certificate, recomputed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from automicro.api import named_columns, problem_of
from automicro.cli.arguments import settings_of
from automicro.cli.rows import lines_named, read_table
from automicro.request import SearchRequest
from automicro.request.search_request import set_values
from automicro.result.certificate import certificate_in, texts_in
from automicro.result.certificate import verify as recompute
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from automicro.data import Problem
    from automicro.runtime.model import Model

__all__ = ["problem_of_command", "rows_named", "verify"]


def verify(arguments: Namespace) -> str:
    """Recompute the certificate of a model and return it in words; target and columns of text are the card's, if none are given."""
    model = load(arguments.model)
    certificate_in(model)
    verified = recompute(model, problem_of_command(arguments, model), arguments.metric)
    return f"verified: {verified.held_rows:,} held-out rows give {verified.score:.6g} (p {verified.p_value:.3g})\n{verified}\n"


def problem_of_command(arguments: Namespace, model: Model) -> Problem:
    """Return the rows that a command names, with the target that it names or else the card."""
    card = model.card or {}
    document = set_values({}, settings_of(arguments))
    data = document.setdefault("data", {})
    data.setdefault("task", card.get("task"))
    data.setdefault("text", texts_in(card))
    if not data["source"].startswith("sklearn:"):
        data.setdefault("target", card.get("target"))
    metric = {"regression": "r2", "clustering": "silhouette"}.get(data["task"] or "", "accuracy")
    document["constraints"] = {
        "metric": metric,
        "score": 1.0,
    }  # which a request must have, though only its data are read
    with rows_named(arguments, model):
        return problem_of(SearchRequest(**document), model)[0]


@contextmanager
def rows_named(arguments: Namespace, model: Model) -> Iterator[None]:
    """Name what a model cannot read in the rows of a command: missing columns by name, cells by their line."""
    words = vars(arguments)
    source, form = words["data.source"], words["data.format"]
    with lines_named(arguments), named_columns(model, lambda: read_table(source, form, model)):
        yield
