"""Read and write a request as TOML, YAML or JSON; errors name file, line and key."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from automicro.bounded import read_bounded
from automicro.errors import RequestError
from automicro.outputs import save
from automicro.request.cv import is_splitter
from automicro.request.lines import FORMATS, form_of, parse
from automicro.request.metrics.names import metric_named
from automicro.request.metrics.own import Metric
from automicro.request.problems import problems, rejected
from automicro.request.renamed import FORMER, with_present_names
from automicro.request.search_request import SearchRequest, path_in, set_values
from automicro.request.start import split_encoder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.request.lines import Lines

__all__ = ["dumps", "loads", "read_request", "write_request"]

MOST_BYTES = {"toml": 1 << 24, "json": 1 << 24, "yaml": 1 << 20}  # of a search file; YAML is read slowly


def read_request(path: str | Path, settings: Iterable[str] = ()) -> SearchRequest:
    """Return the request that a search file holds, its relative paths taken from the file's folder.

    Parameters
    ----------
    path : str or Path
        A file that ends in .toml, .yaml, .yml or .json.
    settings : iterable of str
        Such as ``constraints.score=0.9``; they win over the file, and paths in them are taken from the working folder.

    Raises
    ------
    RequestError
        If the file cannot be read or the request is wrong; the sentence names file, line and key.
    """
    file = Path(path)
    form = form_of(file.suffix, str(path))
    try:
        text = read_bounded(file, MOST_BYTES[form]).decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"{path}: must be text in UTF-8, but {error}: save it in UTF-8") from None
    except OSError as error:
        raise RequestError(_unreadable(file, error)) from None
    return loads(text, form, name=str(path), folder=file.parent.absolute(), settings=settings)


def loads(
    text: str, form: str, *, name: str = "request", folder: Path | None = None, settings: Iterable[str] = ()
) -> SearchRequest:
    """Return the request that a text holds; paths stay as they are unless `folder` is given.

    Raises
    ------
    RequestError
        As for `read_request`.
    """
    document, lines = parse(text.removeprefix("\ufeff"), form, name)
    if not isinstance(document, dict):
        raise RequestError(f"{name}: must hold sections {', '.join(SearchRequest.model_fields)}, but got {document!r}")
    if isinstance(document.get("$schema"), str):
        del document["$schema"]  # by which editors find the schema
    document = _with_present_names(document, name, lines)
    settings = list(settings)
    overridden = {tuple(setting.partition("=")[0].strip().split(".")) for setting in settings}
    if folder is not None and ("constraints", "metric") not in overridden:
        _refuse_code(document, name, lines)
    try:
        request = SearchRequest.model_validate(set_values(document, _from_here(settings) if folder else settings))
    except ValidationError as error:
        raise _placed(error, name, lines, overridden) from None
    return request if folder is None else request.anchored(folder)


def _with_present_names(document: dict[str, Any], name: str, lines: Lines) -> dict[str, Any]:
    """Return a document without former names, each of which is warned of with its line."""
    section = document.get("constraints")
    if not isinstance(section, dict):
        return document
    line = next((lines[key] for former in FORMER if (key := ("constraints", former)) in lines), None)
    place = f"{name}:{line}" if line else name
    return {**document, "constraints": with_present_names(section, f"{place}: constraints.")}


def _unreadable(file: Path, error: OSError) -> str:
    """Return why a search file cannot be read, and the nearest name beside it where there is none."""
    if isinstance(error, FileNotFoundError) and file.parent.is_dir():
        near = difflib.get_close_matches(file.name, [each.name for each in file.parent.iterdir()], n=1)
        return f"{file}: must exist, but does not" + (f": did you mean {near[0]!r}" if near else "")
    return f"{file}: must be a file that can be read, but: {error.strerror or error}"


def _refuse_code(document: dict[str, Any], name: str, lines: Lines) -> None:
    """Raise `RequestError` if a file names code to import: whoever wrote it may not be the user."""
    constraints = document.get("constraints")
    metric = constraints.get("metric") if isinstance(constraints, dict) else None
    if isinstance(metric, str) and ":" in metric:
        place = f"{name}:{lines[key]}" if (key := ("constraints", "metric")) in lines else name
        raise RequestError(
            f"{place}: constraints.metric: code that a file names is imported only if the command line names it too, but got {metric!r}: "
            f"add --metric {metric}"
        )


def _from_here(settings: list[str]) -> list[str]:
    """Make paths in settings absolute: they are relative to the working folder, not to that of the file."""
    paths = {"data.source", "search.storage", "search.start_from", "output.model", "output.trace", "output.report"}
    anchored = []
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if key in paths and value:
            value = path_in(Path.cwd(), value)
        elif key in ("search.encoders", "output.export") and value:
            entries = map(split_encoder, value.split(","))
            value = ",".join(f"{family}={path_in(Path.cwd(), source)}" for family, source in entries)
        anchored.append(f"{key}{equals}{value}")
    return anchored


def _placed(error: ValidationError, name: str, lines: Lines, overridden: set[tuple[str, ...]]) -> RequestError:
    """Return the error with file and line before every problem, one a line."""
    found = problems(error)
    kind = rejected(found)
    said = []
    for path, text, _ in found:
        near = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in lines), None)
        within = len(path) > 1 and any(setting[: len(path)] == path for setting in overridden)
        typed = within or any(path[:end] in overridden for end in range(1, len(path) + 1))
        place = "the command line" if typed else f"{name}:{lines[near]}" if near else name
        said.append(f"{place}: {'.'.join(path)}: {text}" if path else f"{place}: {text}")
    return type(kind)("\n".join(said))


def write_request(request: SearchRequest, path: str | Path) -> None:
    """Write a request to a file that ends in .toml, .yaml, .yml or .json; its relative paths become absolute.

    Raises
    ------
    RequestError
        If the suffix names no format.
    OutputError
        If the file cannot be written.
    """
    form = form_of(Path(path).suffix, str(path))
    save("the search file", path, dumps(request.anchored(Path.cwd()), form).encode())


def dumps(request: SearchRequest, form: str) -> str:
    """Return a request as text in one of the formats "toml", "yaml" and "json", without what is left at its default.

    Raises
    ------
    RequestError
        If there is no such format.
    """
    if form not in FORMATS:
        raise RequestError(f"the format must be one of {', '.join(FORMATS)}, but got {form!r}")
    own = request.constraints.metric
    if isinstance(own, Metric) and not (own.definition.source and metric_named(own.definition.source) == own):
        raise RequestError(
            f"constraints.metric: a file can hold the import path of a function, but {own!r} is not what one names: give 'module:name'"
        )
    if is_splitter(request.search.cv):
        raise RequestError(
            f"search.cv: a file can hold a number of folds or pairs of row numbers, but not {request.search.cv!r}: give "
            "list(splitter.split(X, y))"
        )
    document = request.document()
    if form == "yaml":
        # PyYAML writes these three line breaks of Unicode as they are, and then folds them when it reads.
        breaks = set("\x85\u2028\u2029") & set(json.dumps(document, ensure_ascii=False))
        return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=not breaks, width=10**6))
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return "\n".join(_toml_section(name, table) for name, table in document.items())


def _toml_section(name: str, table: dict[str, Any]) -> str:
    return "".join([f"[{name}]\n", *(f"{key} = {_toml_value(value)}\n" for key, value in table.items())])


def _toml_value(value: object) -> str:
    """Write text, numbers, booleans and lists of them: in TOML they look as in JSON, but for one control character; and inline tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_value(key)} = {_toml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
