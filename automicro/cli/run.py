"""The command `run`: the search that a file describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.cli.arguments import settings_of
from automicro.cli.search import answer_of, former_names_noted

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.cli.console import Answer

__all__ = ["run"]


def run(arguments: Namespace) -> Answer:
    """Run the search that a file describes and return the result in words."""
    from automicro.request.files import read_request  # noqa: PLC0415 - YAML is loaded only to read a file

    with former_names_noted():
        request = read_request(arguments.config, settings_of(arguments))
    return answer_of(request, arguments.interrupts, arguments.config)
