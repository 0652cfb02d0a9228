"""The search of a request as a command: its result in words, its files and its exit code."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from automicro.cli.console import Answer, write
from automicro.cli.exits import Exit
from automicro.errors import Infeasible, Interrupted, NothingFinished, RequestError, Undecided
from automicro.request import FormerName
from automicro.room import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.cli.signals import Interrupts
    from automicro.report import Progress
    from automicro.request import SearchRequest
    from automicro.result.selection import Selection

__all__ = ["answer_of", "former_names_noted"]


@contextmanager
def former_names_noted() -> Iterator[None]:
    """Print a note for each former name of a key."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FormerName)
        yield
    for each in caught:
        write(sys.stderr, f"note: {each.message}\n")


def answer_of(request: SearchRequest, interrupts: Interrupts, config: str | None = None) -> Answer:
    """Search, write the files of a request, and return the result in words; `config` is the search file, if there is one."""
    check_memory(request.search.workers)  # before numeric libraries are loaded
    from automicro import requested  # noqa: PLC0415 - loads the search, which --help must not
    from automicro.report import Progress  # noqa: PLC0415 - as above

    if request.data is None:
        raise RequestError(f"{config or 'the command line'}: data: must be given")
    requested.check_files(request, {"the search file": config})
    progress = Progress(request.search.progress, metric=request.constraints.measured)
    interrupts.given_up = lambda: _rescued(request, progress)
    try:
        result: Selection | Infeasible | Interrupted = requested.found(request, progress)
    except (Infeasible, Interrupted) as error:
        result = error
    except KeyboardInterrupt:
        return Answer("", "interrupted before a model was found", Exit.INTERRUPTED)
    interrupts.hold()
    read = [*requested.files_read(request).values(), *filter(None, [config])]
    failures = requested.write_results(request.output, result, read)
    code = Exit.OUTPUT if failures else _code(result)
    selection = requested.selection_of(result)
    if selection is not None and isinstance(result, Undecided):
        return Answer(f"{selection!r}\n{_kept(request, failures)}\n", "\n".join([str(result), *failures]), code)
    if isinstance(result, Infeasible | Interrupted):
        return Answer("", "\n".join([requested.report_of(result), *failures]), code)
    return Answer(f"{result!r}\n{_kept(request, failures)}\n", "\n".join(failures), code)


def _code(result: Selection | Infeasible | Interrupted) -> Exit:
    ends: dict[type, Exit] = {Undecided: Exit.UNDECIDED, NothingFinished: Exit.UNFINISHED, Infeasible: Exit.INFEASIBLE}
    ends |= {Interrupted: Exit.INTERRUPTED}
    cut_short = getattr(result, "interrupted", False)
    return ends.get(type(result), Exit.CUT_SHORT if cut_short else Exit.DONE)


def _kept(request: SearchRequest, failures: tuple[str, ...]) -> str:
    """Return where the model is."""
    if request.output.model is None:
        return "model not written: name a file as output.model"
    failed = [failure for failure in failures if failure.startswith("output.model: ")]
    return f"model {failed[0].removeprefix('output.model: ') if failed else f'written to {request.output.model}'}"


def _rescued(request: SearchRequest, progress: Progress) -> Exit:
    """Write the best model so far, stripped, for a process that does not respond and must end; what is being written is left alone."""
    from automicro.outputs import saved_anywhere  # noqa: PLC0415 - as above

    artifact = None if progress.incumbent is None else progress.incumbent.artifact
    if artifact is None:
        write(sys.stderr, "interrupted before a model was found\n")
        return Exit.INTERRUPTED
    path = request.output.model or "interrupted.micro"
    failed = saved_anywhere("output.model", path, artifact)
    said = failed or f"the best model so far, of {len(artifact)} bytes, is in {path}, without a card"
    write(sys.stderr, f"interrupted while the search did not respond: {said}\n")
    return Exit.OUTPUT if failed else Exit.CUT_SHORT
