"""Stresses that a model can be required to withstand, by name, with the loss of score that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema

from automicro.request.problems import did_you_mean, problem
from automicro.request.quantities import Number

__all__ = ["FLIP", "OF_CATEGORIES", "STRESSES", "Limits"]

STRESSES = {
    "noise_10": "normal noise of 0.1 standard deviations on every number",
    "noise_30": "normal noise of 0.3 standard deviations on every number",
    "missing_10": "10 % of the cells missing",
    "missing_30": "30 % of the cells missing",
    "gain_10": "the worst column of numbers 10 % too small or too large",
    "shift_10": "the worst column of numbers 10 % of its range too low or too high",
    "drift_10": "10 % of the cells of categories replaced by a category never seen",
    "drift_30": "30 % of the cells of categories replaced by a category never seen",
    "column_lost": "the worst column missing in every row",
}
OF_CATEGORIES = ("drift_10", "drift_30")  # change nothing else
FLIP = "flip"  # not what is lost, but how far half of the rows are at least from another decision

_FORM = "a table of limits, such as noise_30 = 0.02 (of the score may be lost) and flip = 0.05 (of the columns' ranges, at least)"
_NUMBER: TypeAdapter[float] = TypeAdapter(Number)


def _limits(value: Any) -> dict[str, float]:
    if isinstance(value, str):
        value = dict(_pair(part) for part in value.split(","))
    if not isinstance(value, Mapping) or not value:
        raise problem(f"must be {_FORM}, but got {value!r}")
    return {_name(name): _limit(name, limit) for name, limit in value.items()}


def _pair(part: str) -> tuple[str, str]:
    name, equals, limit = part.partition("=")
    if not equals:
        raise problem(f"must be limits such as 'noise_30=0.02,flip=0.05', but got {part.strip()!r}")
    return name.strip(), limit.strip()


def _name(name: object) -> str:
    known = [*STRESSES, FLIP]
    if name not in known:
        raise problem(f"unknown stress {name!r}, {did_you_mean(str(name), known)}")
    return str(name)


def _limit(name: str, value: object) -> float:
    try:
        number = _NUMBER.validate_python(value)
    except ValidationError:
        raise problem(f"{name} must be a finite number, such as 0.02 or '2%', but got {value!r}") from None
    if number < 0 or (name == FLIP and number == 0):
        raise problem(f"{name} must be {'above' if name == FLIP else 'at least'} 0, but got {value!r}")
    if name == FLIP and number > 1:
        raise problem(
            f"flip must be at most 1, the whole range of a column, but got {value!r}: give a part, such as 0.05"
        )
    return number


_SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {
                **{name: {"type": ["number", "string"], "description": meaning} for name, meaning in STRESSES.items()},
                FLIP: {
                    "type": ["number", "string"],
                    "description": "half of the rows are at least this far from another decision",
                },
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
        {"type": "string", "description": "name=limit, separated by commas"},
    ]
}

Limits = Annotated[dict[str, float], BeforeValidator(_limits), WithJsonSchema(_SCHEMA)]
