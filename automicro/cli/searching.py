"""Commands that search: `run` from a file, `select` from options."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from automicro.cli.arguments import settings_of
from automicro.errors import RequestError
from automicro.request import SearchRequest
from automicro.request.search_request import set_values

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

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
    with _terminated_as_by_ctrl_c():
        selection = select_request(request)
    kept = f"written to {request.output.model}" if request.output.model else "not written: name a file as output.model"
    return f"{selection!r}\nmodel {kept}\n"


@contextlib.contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Make SIGTERM, with which schedulers end a search, give the best model so far and leave no process or folder behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
