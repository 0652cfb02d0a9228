"""The one object behind the API call, the search file and the command line."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field

from automicro.errors import RequestError
from automicro.request.constraints import Constraints
from automicro.request.problems import Section, did_you_mean
from automicro.request.renamed import present_settings
from automicro.request.search import Search
from automicro.request.source import DataSource, Output
from automicro.request.start import split_encoder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SearchRequest", "path_in", "set_values"]

_AnySection = TypeVar("_AnySection", bound=Section)


class SearchRequest(Section):
    """A whole search: data, constraints, means and outputs.

    Parameters
    ----------
    constraints : Constraints or dict
    data : DataSource or dict, optional
        None where the rows are handed over in memory.
    search : Search or dict, optional
    output : Output or dict, optional

    Raises
    ------
    ConstraintError, RequestError
        If anything in it is wrong; the sentence names section and key.

    Examples
    --------
    >>> request = SearchRequest(
    ...     data={"source": "sklearn:breast_cancer"}, constraints={"metric": "roc_auc", "score": 0.98}
    ... )
    >>> request.search.seconds
    60.0
    """

    data: DataSource | None = Field(None, description="where the rows come from")
    constraints: Constraints = Field(description="what the model must satisfy")
    search: Search = Field(default_factory=Search, description="how long and with what means to search")
    output: Output = Field(default_factory=Output, description="where results are written")

    def document(self) -> dict[str, dict[str, Any]]:
        """Return the request as tables of plain values, without what is left at its default."""
        full = self.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        return {name: table for name, table in full.items() if table}

    def anchored(self, folder: Path) -> SearchRequest:
        """Return the request with relative paths taken from `folder`; URLs and ``sklearn:`` sources stay."""
        parts: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        if self.data is not None:
            parts["data"] = _anchored(self.data, ("source",), folder)
        parts["search"] = _anchored(self.search, ("storage", "start_from"), folder)
        if self.search.encoders is not None:
            entries = tuple(
                f"{family}={path_in(folder, source)}" for family, source in map(split_encoder, self.search.encoders)
            )
            parts["search"] = parts["search"].model_copy(update={"encoders": entries})
        parts["output"] = _anchored(self.output, ("model", "trace", "report"), folder)
        if self.output.export is not None:
            exports = tuple(_anchored(each, ("folder",), folder) for each in self.output.export)
            parts["output"] = parts["output"].model_copy(update={"export": exports})
        return SearchRequest(**parts)


def _anchored(section: _AnySection, keys: tuple[str, ...], folder: Path) -> _AnySection:
    paths = {key: path_in(folder, path) for key in keys if (path := getattr(section, key)) is not None}
    return section.model_copy(update=paths)


def path_in(folder: Path, source: str) -> str:
    """Return a relative path taken from a folder; URLs, ``sklearn:`` sources and contents stay."""
    return source if "://" in source or source.startswith("sklearn:") else str(folder / source)


def set_values(document: dict[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """Return the document with settings such as ``constraints.score=0.9`` written into it.

    An empty value takes a key out. A key of a table within a section is set as ``constraints.robustness.noise_30=0.02``.

    Raises
    ------
    RequestError
        If a setting is not of the form ``section.key=value``, or names no section.
    """
    changed = {name: dict(table) if isinstance(table, dict) else table for name, table in document.items()}
    for setting in present_settings(settings):
        path, equals, value = setting.partition("=")
        section, dot, key = path.strip().partition(".")
        if not equals or not dot or not key:
            raise RequestError(f"a setting must look like constraints.score=0.9, but got {setting!r}")
        if section not in SearchRequest.model_fields:
            remedy = did_you_mean(section, SearchRequest.model_fields)
            raise RequestError(f"{path.strip()}: unknown section {section!r}, {remedy}")
        table = changed.setdefault(section, {})
        if not isinstance(table, dict):
            raise RequestError(f"{section}: must be a table of keys and values, but got {table!r}")
        _set(table, key, value.strip(), path.strip())
    return changed


def _set(table: dict[str, Any], key: str, value: str, path: str) -> None:
    """Set a key, or one of a table within as ``robustness.noise_30``."""
    outer, dot, inner = key.partition(".")
    if dot:
        within = table.get(outer, {})
        if not isinstance(within, dict):
            raise RequestError(f"{path}: must be set where {outer} is a table of keys and values, but it is {within!r}")
        key, table[outer] = inner, dict(within)
        table = table[outer]
    table.pop(key, None)
    if value:
        table[key] = _names_in(value)


def _names_in(value: str) -> str | list[str]:
    """Return the names of a JSON list, as a search file has them; any other value as it is."""
    if value.startswith("["):
        with suppress(ValueError):
            names = json.loads(value)
            if names and all(isinstance(name, str) for name in names):
                return list(names)
    return value
