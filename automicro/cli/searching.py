"""Commands that search: `run` from a file, `select` from options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.cli.arguments import settings_of
from automicro.errors import RequestError
from automicro.request import SearchRequest
from automicro.request.search_request import set_values

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["run", "select"]


def run(arguments: Namespace) -> str:
    """Run the search that a file describes and return the result in words."""
    from automicro.request.files import read_request  # noqa: PLC0415 - YAML is loaded only to read a file

    return _found(read_request(arguments.config, settings_of(arguments)), arguments.config)


def select(arguments: Namespace) -> str:
    """Run the search that the options describe and return the result in words."""
    document: dict[str, Any] = set_values({}, settings_of(arguments))
    document.setdefault("constraints", {})
    return _found(SearchRequest(**document), "the command line")


def _found(request: SearchRequest, name: str) -> str:
    from automicro.api import select_request  # noqa: PLC0415 - loads the search, which --help must not

    if request.data is None:
        raise RequestError(f"{name}: data: must be given")
    for key in ("model", "trace", "report"):
        path = getattr(request.output, key)
        if path is not None and not Path(path).absolute().parent.is_dir():
            raise RequestError(f"output.{key}: the folder must exist, but {Path(path).parent} does not")
    selection = select_request(request)
    kept = f"written to {request.output.model}" if request.output.model else "not written: name a file as output.model"
    return f"{selection!r}\nmodel {kept}\n"
