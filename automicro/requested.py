"""Runs a whole request: reads its data, searches, writes its files."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, cast

from automicro.api import problem_of
from automicro.errors import Infeasible, Interrupted, OutputError, RequestError
from automicro.export.entries import check_exports, write_exports
from automicro.outputs import check_outputs, save, saved_anywhere
from automicro.report import infeasible_text
from automicro.request.start import INLINE, split_encoder
from automicro.result.assemble import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automicro.report import Progress
    from automicro.request import Output, SearchRequest
    from automicro.result.selection import Selection

__all__ = ["check_files", "files_read", "found", "report_of", "select_request", "selection_of", "write_results"]


def select_request(request: SearchRequest, progress: Progress | None = None) -> Selection:
    """Run a whole request: read its data, search, write its outputs.

    Parameters
    ----------
    request : SearchRequest
        Data, constraints, settings of the search and files to write, as a search file states them.
    progress : Progress, optional
        What reports the progress of the search; nothing is reported without it.

    Returns
    -------
    Selection
        The model with its size, score, interval, verdict, frontier and trace.

    Raises
    ------
    RequestError, DataError, FamilyUnavailableError, Infeasible
        As `select`; trace and report are written for an infeasible request too, and where it was interrupted before it had a model.
    OutputError
        If a file could not be written: the others are, the model under another name, and `OutputError.selection` is the result.

    Examples
    --------
    >>> from automicro import SearchRequest, select_request
    >>> request = SearchRequest(
    ...     data={"source": "sklearn:breast_cancer", "target": "target"},
    ...     constraints={"metric": "roc_auc", "score": 0.9},
    ...     search={"trials": 1, "families": ["linear"], "workers": 0},
    ... )
    >>> select_request(request).family
    'linear'
    """
    check_files(request)
    try:
        selection = found(request, progress)
    except Interrupted as interrupted:
        write_results(request.output, interrupted, files_read(request).values())
        raise
    except Infeasible as infeasible:
        failures = write_results(request.output, infeasible, files_read(request).values())
        raise infeasible.noted([*infeasible.notes, *failures]) from infeasible.__cause__
    if failures := write_results(request.output, selection, files_read(request).values()):
        error = OutputError("; ".join(failures))
        error.selection = selection
        raise error
    return selection


def check_files(request: SearchRequest, inputs: Mapping[str, str | None] | None = None) -> None:
    """Refuse outputs that cannot be written, or that the request reads; `inputs` are further files that are read, by name.

    Raises
    ------
    RequestError
        With one sentence.
    """
    search, output = request.search, request.output
    files = {**files_read(request), **{name: path for name, path in (inputs or {}).items() if path is not None}}
    storage = None if search.storage is None else ("search.storage", search.storage)
    outputs = {f"output.{key}": getattr(output, key) for key in ("model", "trace", "report")}
    check_outputs(outputs, files, storage)
    check_exports(output.export or (), search.storage)


def files_read(request: SearchRequest) -> dict[str, str]:
    """Return the files that a request reads, by the keys that name them."""
    source = None if request.data is None else request.data.source
    read: dict[str, str | None] = {"data.source": source, "search.start_from": request.search.start_from}
    for family, path in map(split_encoder, request.search.encoders or ()):
        read[f"search.encoders ({family})"] = path
    return {name: path for name, path in read.items() if path is not None and not path.startswith(("sklearn:", INLINE))}


def found(request: SearchRequest, progress: Progress | None = None) -> Selection:
    """Read the data of a request and search; nothing is written.

    Raises
    ------
    RequestError, DataError, FamilyUnavailableError, Infeasible
        As `select`.
    """
    started = monotonic()
    if request.data is None:
        raise RequestError("data: must be given: name a file or sklearn:NAME as data.source")
    problem, target_name = problem_of(request)
    return run(
        problem, request.constraints, request.search, progress=progress, target_name=target_name, started=started
    )


def report_of(result: Selection | Infeasible | Interrupted) -> str:
    """Return the report of a search, however it ended."""
    if isinstance(result, Interrupted):
        return f"interrupted before a model was found\n{infeasible_text(result.verdict)}"
    selection = selection_of(result)
    if not isinstance(result, Infeasible):
        return repr(result)
    return infeasible_text(result) if selection is None else f"{result}\n{selection!r}"


def selection_of(result: Selection | Infeasible | Interrupted) -> Selection | None:
    """Return the selection that a search ended with, also where its latency is undecided; None if it found no model."""
    if isinstance(result, Infeasible | Interrupted):
        return cast("Selection | None", getattr(result, "selection", None))
    return result


def write_results(
    output: Output, result: Selection | Infeasible | Interrupted, read: Iterable[str] = ()
) -> tuple[str, ...]:
    """Write the files that a request names; return a sentence for each that could not be written, and where the model is instead.

    Exports do not overwrite the files `read`, nor the other outputs.
    """
    failures, report = [], report_of(result)
    seen = result.verdict if isinstance(result, Interrupted) else result
    selection = selection_of(result)
    if output.model is not None and selection is not None:
        failures.append(saved_anywhere("output.model", output.model, selection.model.to_bytes(strip=output.strip)))
    lines = [json.dumps(record.model_dump(mode="json")) + "\n" for record in (*seen.trace, *seen.prices)]
    for key, path, text in (("report", output.report, report + "\n"), ("trace", output.trace, "".join(lines))):
        if path is not None:
            try:
                save(f"output.{key}", path, text.encode(errors="replace"))
            except OutputError as error:
                failures.append(str(error))
    if output.export is not None and selection is not None:
        kept = filter(None, (*read, output.model, output.trace, output.report))
        failures += write_exports(output.export, selection.model, kept)
    return tuple(filter(None, failures))
