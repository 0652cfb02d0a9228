"""Further scores that a request requires, as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema

from automicro.errors import RequestError
from automicro.request.metrics.known import ALIASES, METRICS, metric
from automicro.request.problems import problem
from automicro.request.quantities import Number

__all__ = ["Scores", "with_first_as_metric"]

_FORM = "names of metrics with the values to reach, such as {'recall': 0.75, 'precision': 0.5} or 'recall=0.75,precision=0.5'"
_NUMBER: TypeAdapter[float] = TypeAdapter(Number)


def _scores(value: Any) -> dict[str, float]:
    if isinstance(value, str):
        value = dict(_pair(part) for part in value.split(","))
    if not isinstance(value, Mapping) or not value:
        raise problem(f"must be {_FORM}, but got {value!r}")
    found: dict[str, float] = {}
    for given, limit in value.items():
        name, number = _name(given), _number(given, limit)
        if name in found:
            raise problem(f"must name each metric only once, but got {name!r} twice")
        bounds = METRICS[name]
        if not bounds.low <= number <= bounds.high:
            raise problem(f"must {bounds.range} for {name!r}, but got {number!r}")
        found[name] = number
    return found


def _pair(text: str) -> tuple[str, str]:
    name, _, limit = text.partition("=")
    return name.strip(), limit.strip()


def _name(given: Any) -> str:
    if not isinstance(given, str) or getattr(given, "facts", None) is not None:
        raise problem(f"must be {_FORM}, but got {given!r}: a function can only be the metric")
    try:
        return metric(given).name
    except RequestError as error:
        raise problem(f"must be {_FORM}: {str(error).removeprefix('metric: ')}") from None


def _number(name: Any, limit: Any) -> float:
    try:
        return _NUMBER.validate_python(limit)
    except ValidationError:
        raise problem(f"must be {_FORM}, but got {limit!r} for {name!r}") from None


def with_first_as_metric(values: Any) -> Any:
    """Return the keys of constraints in which the first of several scores is the metric and the score, where neither is given."""
    if not isinstance(values, Mapping) or values.get("scores") is None or values.get("metric") is not None:
        return values
    if values.get("score") is not None or values.get("within") is not None:
        return values  # which need a metric, and say so
    scores = _scores(values["scores"])
    first = next(iter(scores))
    others = {name: limit for name, limit in scores.items() if name != first}
    return {**values, "metric": first, "score": scores[first], "scores": others or None}


Scores = Annotated[
    dict[str, float],
    BeforeValidator(_scores),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"enum": sorted({*METRICS, *ALIASES})},
                    "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                },
                {"type": "string", "description": "such as recall=0.75,precision=0.5"},
            ]
        }
    ),
]
