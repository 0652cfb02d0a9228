"""Commands that search: `run` from a file, `select` from options."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from automicro.cli.arguments import settings_of
from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.errors import Infeasible, NothingFinished, RequestError, Undecided
from automicro.request import SearchRequest
from automicro.request.search_request import set_values

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

__all__ = ["run", "select"]


def run(arguments: Namespace) -> Answer:
    """Run the search that a file describes and return the result in words."""
    from automicro.request.files import read_request  # noqa: PLC0415 - YAML is loaded only to read a file

    return _found(read_request(arguments.config, settings_of(arguments)), arguments.config)


def select(arguments: Namespace) -> Answer:
    """Run the search that the options describe and return the result in words."""
    document: dict[str, Any] = set_values({}, settings_of(arguments))
    document.setdefault("constraints", {})
    return _found(SearchRequest(**document))


def _found(request: SearchRequest, config: str | None = None) -> Answer:
    from automicro import requested  # noqa: PLC0415 - loads the search, which --help must not
    from automicro.report import infeasible_text  # noqa: PLC0415 - loads numpy

    if request.data is None:
        raise RequestError(f"{config or 'the command line'}: data: must be given")
    requested.check_files(request, {"the search file": config})
    try:
        with _terminated_as_by_ctrl_c():
            result = requested.found(request)
    except Infeasible as infeasible:
        failures = requested.write_results(request.output, infeasible)
        said = "\n".join([infeasible_text(infeasible), *failures])
        kinds = {Undecided: Exit.UNDECIDED, NothingFinished: Exit.UNFINISHED}
        return Answer("", said, Exit.OUTPUT if failures else kinds.get(type(infeasible), Exit.INFEASIBLE))
    failures = requested.write_results(request.output, result)
    code = Exit.OUTPUT if failures else Exit.DONE
    return Answer(f"{result!r}\n{_kept(request, failures)}\n", "\n".join(failures), code)


def _kept(request: SearchRequest, failures: tuple[str, ...]) -> str:
    """Return where the model is."""
    if request.output.model is None:
        return "model not written: name a file as output.model"
    failed = [failure for failure in failures if failure.startswith("output.model: ")]
    return f"model {failed[0].removeprefix('output.model: ') if failed else f'written to {request.output.model}'}"


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
