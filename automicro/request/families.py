"""The families of a search as a value: names, and in Python also objects."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from automicro.request.problems import problem

__all__ = ["Families"]


def _families(value: object) -> tuple[Any, ...]:
    listed = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    given = listed if isinstance(listed, list | tuple) else (listed,) if _is_object(listed) else ()
    if not given or not all((isinstance(each, str) and each) or _is_object(each) for each in given):
        raise problem(f"must be a list of names that is not empty, but got {value!r}")
    names = [_name(each) for each in given]
    if len(set(names)) < len(names):
        raise problem(f"must name each only once, but got {value if isinstance(value, str) else names!r}")
    return tuple(given)


def _is_object(value: object) -> bool:
    """Whether a value may be a family; `automicro.discovery` checks it as it checks those of plugins."""
    return hasattr(type(value), "size_budget")


def _name(family: Any) -> str:
    return family if isinstance(family, str) else str(getattr(type(family), "name", type(family).__name__))


Families = Annotated[
    tuple[Any, ...],
    BeforeValidator(_families),
    PlainSerializer(lambda families: [_name(each) for each in families], when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True},
                {"type": "string", "description": "names separated by commas"},
            ]
        }
    ),
]
