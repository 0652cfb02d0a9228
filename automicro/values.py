"""Whether two values are the same, a hash that agrees with it, and values as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from os import PathLike, fspath
from typing import Any

__all__ = ["hash_of", "plain", "same"]


def same(one: Any, other: Any) -> bool:
    """Whether two values are of one type and equal, what they hold included; NaN is the same as NaN."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if _is_array(one):
        return bool(one.dtype == other.dtype and one.shape == other.shape and _same_cells(one, other))
    return bool(one == other) or bool(isinstance(one, float) and one != one and other != other)  # noqa: PLR0124 - NaN


def hash_of(value: Any) -> int:
    """Return a hash that is equal for values that are the `same`."""
    if isinstance(value, Mapping):
        return hash(frozenset((key, hash_of(held)) for key, held in value.items()))
    if isinstance(value, list | tuple):
        return hash(tuple(map(hash_of, value)))
    if _is_array(value):
        return hash((str(value.dtype), value.shape))
    return hash(None if isinstance(value, float) and value != value else value)  # noqa: PLR0124 - NaN


def plain(value: Any) -> Any:
    """Return a value as numbers, texts, None, lists and dicts with text as keys, such as JSON can write."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value) if isinstance(value, float) else int(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if _is_array(value):
        return plain(value.tolist())
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=repr)
    return list(map(plain, value)) if isinstance(value, Iterable) else str(value)


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "tobytes") and hasattr(value, "tolist")


def _same_cells(one: Any, other: Any) -> bool:
    return bool(same(one.tolist(), other.tolist()) if one.dtype.hasobject else one.tobytes() == other.tobytes())
