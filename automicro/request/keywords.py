"""Constraints and settings of the search from the keywords of a call."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from automicro.errors import RequestError
from automicro.request.constraints import Constraints
from automicro.request.metrics.known import INDICES
from automicro.request.problems import did_you_mean
from automicro.request.renamed import FORMER
from automicro.request.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automicro.request.problems import Section

__all__ = ["read_keywords", "with_keywords"]

OWN = ("families", "groups", "missing", "search", "task", "text", "time", "weights")


def read_keywords(
    constraints: Constraints | None,
    search: Search | None,
    keywords: Mapping[str, Any],
    *,
    families: Iterable[Any] | None = None,
    task: str | None = None,
) -> tuple[Constraints, Search]:
    """Return the constraints and the settings that objects or keywords state.

    Raises
    ------
    RequestError
        If a keyword is not known, or is given together with the object that it belongs to.
    """
    for name in keywords:
        if name not in {*Constraints.model_fields, *Search.model_fields, *FORMER}:
            known = {*Constraints.model_fields, *Search.model_fields, *OWN}
            raise RequestError(f"{name}: unknown key, {did_you_mean(name, known)}")
    sections: tuple[tuple[str, Any, type[Section]], ...] = (
        ("constraints", constraints, Constraints),
        ("search", search, Search),
    )
    for name, given, kind in sections:
        fields = {*kind.model_fields, *(FORMER if kind is Constraints else ())}
        if given is not None and not isinstance(given, kind):
            raise RequestError(f"{name} must be an automicro.{kind.__name__}, but got {given!r}")
        if given is not None and (both := sorted(keywords.keys() & fields)):
            raise RequestError(
                f"{name} must be given either as an object or as keywords, but got an object and {', '.join(both)}"
            )
    wanted = {name: value for name, value in keywords.items() if name in {*Constraints.model_fields, *FORMER}}
    if task == "clustering" and not {"metric", *INDICES} & wanted.keys():
        wanted["metric"] = "silhouette"
    settings = search or Search(**{name: value for name, value in keywords.items() if name in Search.model_fields})
    return constraints or Constraints(**wanted), _with_families(settings, families)


def _with_families(settings: Search, families: Iterable[Any] | None) -> Search:
    if families is None:
        return settings
    if settings.families is not None:
        raise RequestError("families must be given once, but are given in both select(...) and Search(...)")
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    given = list(families) if isinstance(families, Iterable) and not isinstance(families, str) else families
    return Search(**values, families=given)


def with_keywords(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function with the fields of `Constraints` and `Search` in the place of its further keywords."""
    own = [each for each in inspect.signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]
    taken = {each.name for each in own}
    fields = {**Constraints.model_fields, **Search.model_fields}
    further = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.annotation)
        for name, field in fields.items()
        if name not in taken
    ]
    return inspect.signature(function).replace(parameters=[*own, *further])
