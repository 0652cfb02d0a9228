"""The command `select`: the search that options describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.cli.arguments import settings_of
from automicro.cli.search import answer_of, former_names_noted
from automicro.request import SearchRequest
from automicro.request.search_request import set_values

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.cli.console import Answer

__all__ = ["select"]


def select(arguments: Namespace) -> Answer:
    """Run the search that the options describe and return the result in words."""
    with former_names_noted():
        document: dict[str, Any] = set_values({}, settings_of(arguments))
    document.setdefault("constraints", {})
    return answer_of(SearchRequest(**document), arguments.interrupts)
