"""Weights of classes in training, as people write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from automicro.request.problems import problem

__all__ = ["BALANCED", "ClassWeights"]

BALANCED = "balanced"
_WANTED = "must be 'balanced' or name labels with numbers above 0, such as {'fraud': 10} or 'fraud=10,legit=1'"


def _class_weights(value: object) -> dict[str, float] | str:
    if isinstance(value, str) and value.strip().casefold() == BALANCED:
        return BALANCED
    pairs = list(value.items()) if isinstance(value, Mapping) else []
    if isinstance(value, str):
        pairs = [
            (name.strip(), number.strip()) for name, _, number in (each.rpartition("=") for each in value.split(","))
        ]
    found: dict[str, float] = {}
    for label, number in pairs:
        weight = _positive(number)
        if str(label) == "" or weight is None:
            raise problem(f"{_WANTED}, but got {value!r}")
        if str(label) in found:
            raise problem(f"must name each label only once, but got {str(label)!r} twice")
        found[str(label)] = weight
    if not found:
        raise problem(f"{_WANTED}, but got {value!r}")
    return found


def _positive(value: object) -> float | None:
    """Return a finite number above 0; None for anything else."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None


ClassWeights = Annotated[
    dict[str, float] | Literal["balanced"],
    BeforeValidator(_class_weights),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
                },
                {"type": "string", "description": "balanced, or such as fraud=10,legit=1"},
            ]
        }
    ),
]
