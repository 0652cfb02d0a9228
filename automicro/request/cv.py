"""How rows are split for cross-validation, as people say it: a number of folds, a splitter of scikit-learn, or pairs of row numbers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from automicro.request.problems import problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pair = tuple[NDArray[Any], NDArray[Any]]

__all__ = ["CV", "is_splitter"]

_WANTED = (
    "must be a number of folds of at least 2, a splitter of scikit-learn such as TimeSeriesSplit(5), or pairs (train, test) of "
    "arrays of row numbers"
)


def is_splitter(value: object) -> bool:
    """Whether a value splits rows as the splitters of scikit-learn do."""
    return callable(getattr(value, "split", None)) and not isinstance(value, str | bytes | type)


def _cv(value: Any) -> Any:
    if is_splitter(value) and not hasattr(value, "dtype"):
        return value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = json.loads(value)  # as on the command line
    if hasattr(value, "__index__") and not isinstance(value, bool) and getattr(value, "ndim", 0) == 0:
        if (count := int(value)) >= 2:
            return count
        raise problem(f"{_WANTED}, but got {value!r}")
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise problem(f"{_WANTED}, but got {value!r}")
    pairs = tuple(_pair(number, pair) for number, pair in enumerate(value, 1))
    if not pairs:
        raise problem(f"{_WANTED}, but got no pair")
    return pairs


def _pair(number: int, pair: Any) -> Pair:
    try:
        train, test = pair
    except (TypeError, ValueError):
        raise problem(f"{_WANTED}, but split {number} is no pair") from None
    return _rows(number, train), _rows(number, test)


def _rows(number: int, given: Any) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415 - only where rows are named

    rows = np.asarray(given)
    if rows.ndim == 1 and not len(rows):
        raise problem(f"must have rows on both sides of every split, but split {number} has an empty side")
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        raise problem(f"{_WANTED}, but those of split {number} are not whole numbers: {given!r:.60}")
    if rows.dtype.kind != "b":
        return rows.astype(np.int64)
    if not rows.any():
        raise problem(f"must have rows on both sides of every split, but split {number} has an empty side")
    return rows  # a mask stays one, since its length must be the number of rows


def _plain(value: Any) -> Any:
    """Return what a file can hold; of a splitter, which no file can, how it prints."""
    if isinstance(value, tuple):
        return [[_named(train), _named(test)] for train, test in value]
    return repr(value) if is_splitter(value) else value


def _named(rows: NDArray[Any]) -> list[int]:
    """Return the numbers of rows, which may be given by a mask."""
    numbers: list[int] = (rows.nonzero()[0] if rows.dtype.kind == "b" else rows).tolist()
    return numbers


_ROWS = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}

CV = Annotated[
    Any,
    BeforeValidator(_cv),
    PlainSerializer(_plain),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 2},
                {"type": "string", "pattern": r"^\s*([0-9]+|\[.*\])\s*$", "description": "a number, or pairs in JSON"},
                {
                    "type": "array",
                    "items": {"type": "array", "items": _ROWS, "minItems": 2, "maxItems": 2},
                    "minItems": 1,
                },
            ]
        }
    ),
]
