"""From one raw array to a column that a program can read, with its profile."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.offsets import different_numbers, float32_values, offset_of
from automicro.errors import DataError
from automicro.plugin import ColumnProfile
from automicro.program.inputs.numbers import FLOAT32_MAX, is_nested, numbers_of
from automicro.program.inputs.rows import Categories, Texts, categories_of, level_text, texts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Column
    from automicro.rows.frames import RawColumn

__all__ = ["numeric_values", "part_profile", "read_column", "value_kind", "where_missing"]

OF_LETTER = {"f": "numeric", "i": "numeric", "u": "numeric", "b": "boolean", "U": "category", "T": "category"}
OF_LETTER |= {"c": "complex", "M": "dates", "m": "dates", "V": "nested", "S": "bytes"}
OF_TYPE: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("category", (str,)),
    ("boolean", (bool, np.bool_)),
    ("dates", (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)),
    ("numeric", (Real, Decimal)),
    ("complex", (complex, np.complexfloating)),
    ("nested", (list, tuple, dict, set, np.ndarray)),
    ("bytes", (bytes, bytearray)),
)
REMEDY = {
    "dates": "dates or times: replace them by numbers such as the year or the days since a start, or pass it as time",
    "complex": "complex numbers: replace them by real ones, such as their real and imaginary parts",
    "nested": "arrays, lists or records: spread them over columns of their own",
    "bytes": "bytes: decode them to text (text files must be UTF-8)",
}
FEW_LEVELS, MANY_DISTINCT, SEVERAL_WORDS = 20, 0.5, 3.0
USABLE = ("numeric", "boolean", "category")


def value_kind(values: NDArray[Any]) -> str:
    """Return what a raw column holds: "numeric", "boolean", "category" or "missing", or else what no column may hold.

    Of the latter there are "dates", "complex", "nested", "bytes", "mixed" (numbers and text) and the names of other
    types.
    """
    if values.dtype.kind != "O":
        return OF_LETTER.get(values.dtype.kind, str(values.dtype))
    cells = values.tolist()
    types = set(map(type, cells))
    if any(_may_nest(kind) for kind in types) and any(map(is_nested, cells)):
        return "nested"
    others = types - {str}
    known = (
        {type(cell) for cell in cells if type(cell) is not str and level_text(cell) is not None} if others else set()
    )
    kinds = {_kind_of(kind) for kind in known | (types & {str})}
    if len(kinds) <= 1:
        return kinds.pop() if kinds else "missing"
    if kinds == {"boolean", "numeric"}:
        return "numeric"
    return next((kind for kind in sorted(kinds) if kind not in USABLE), "mixed")


def _may_nest(kind: type) -> bool:
    """Whether a cell of this type may hold several values."""
    plain = (str, bytes, bytearray)
    return not issubclass(kind, plain) and (
        hasattr(kind, "__len__") or hasattr(kind, "ndim") or hasattr(kind, "__getattr__")
    )


def _kind_of(kind: type) -> str:
    return next((name for name, types in OF_TYPE if issubclass(kind, types)), kind.__name__)


def where_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values are missing: None, NaN, NaT or NA."""
    missing = np.zeros(values.shape, dtype=np.bool_)
    if values.dtype.kind == "f":
        missing[...] = np.isnan(values)
    elif values.dtype.kind in "mM":
        missing[...] = np.isnat(values)
    elif values.dtype.kind == "O":
        missing[...] = [not is_nested(value) and level_text(value) is None for value in values]
    return missing


def numeric_values(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers or booleans as float64, missing values as NaN."""
    if values.dtype.kind != "O":
        return values.astype(np.float64)
    return np.fromiter((_float(v) for v in values.tolist()), dtype=np.float64, count=len(values))


def _float(value: Any) -> float:
    if level_text(value) is None:
        return math.nan
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64
        return math.inf


def read_column(
    raw: RawColumn, *, as_text: bool | None = None, offset: float | None = None
) -> tuple[Column, ColumnProfile]:
    """Decide what kind of column this is, and check and convert its values.

    Words, categoricals and enums are categories; booleans are the numbers 0 and 1; everything else must be a number. A column of words
    is text if `as_text`; if that is None, if most values differ and have several words. Numbers are read less `offset`; if that is None,
    less what they need.

    Raises
    ------
    DataError
        Where the column holds what no model can read; the sentence names the column.
    """
    kind = value_kind(raw.values)
    if kind == "mixed":
        raise DataError(_mixed(raw))
    if kind not in (*USABLE, "missing"):
        holds = REMEDY.get(kind, f"values of type {kind}: turn them into numbers or text")
        first = next((type(v).__name__ for v in raw.values if kind == "nested" and is_nested(v)), "")
        shown = f" (a {first})" if first else ""
        raise DataError(f"column {raw.name!r} must hold numbers, booleans or text, but holds {holds}{shown}")
    if kind == "category" or (raw.category and kind != "missing"):
        levels, profile = _category(raw)
        is_text = not raw.category and _is_text(levels, profile) if as_text is None else as_text
        return _text(levels, profile) if is_text else (levels, profile)
    if as_text and kind != "missing":
        raise DataError(f"column {raw.name!r} must hold texts to be read as text, but holds {kind} values")
    return _numeric(raw, kind, offset)


def _is_text(column: Categories, profile: ColumnProfile) -> bool:
    known = len(column.codes) - profile.missing
    if profile.distinct <= max(FEW_LEVELS, MANY_DISTINCT * known):
        return False
    words = [level.count(" ") + 1 for level in column.levels]
    return float(np.mean(words)) >= SEVERAL_WORDS


def _text(column: Categories, profile: ColumnProfile) -> tuple[Texts, ColumnProfile]:
    return texts_of(column, 0), replace(profile, kind="text", levels=())


def _mixed(raw: RawColumn) -> str:
    texts = Counter(v for v in raw.values if isinstance(v, str))
    numbers = len(raw.values) - texts.total() - int(where_missing(raw.values).sum())
    shown = ", ".join(repr(text) for text, _ in texts.most_common(3))
    return (
        f"column {raw.name!r} must hold either numbers or text, but holds {numbers} numbers and {texts.total()} texts "
        f"({shown}): set these to None for missing, or turn the whole column into text"
    )


def _numeric(raw: RawColumn, kind: str, offset: float | None) -> tuple[Column, ColumnProfile]:
    wide = numeric_values(raw.values) if kind != "missing" else np.full(len(raw.values), math.nan)
    known = wide[~np.isnan(wide)]
    if too_large := int((np.abs(known) > FLOAT32_MAX).sum()):
        what = "infinities" if np.isinf(known).any() else "numbers beyond 32-bit floats (3.4e38)"
        raise DataError(
            f"column {raw.name!r} must hold finite numbers, but holds {what} ({too_large} of {len(wide)} rows): "
            "set them to NaN for missing, or to a limit"
        )
    different = np.unique(known)
    if offset is None:
        offset = offset_of(raw.values, known, different) if kind == "numeric" else 0.0
    values = numbers_of(raw.values, 0, offset) if offset else wide.astype(np.float32)
    distinct = np.unique(values[~np.isnan(values)]) if offset else float32_values(different)
    low, high = _ends(known if offset else distinct)
    return values, ColumnProfile(
        name=raw.name,
        kind="boolean" if kind == "boolean" else "numeric",
        missing=len(wide) - len(known),
        distinct=len(distinct),
        minimum=low,
        maximum=high,
        integral=bool((distinct == np.floor(distinct)).all()),
        merged=different_numbers(raw.values, different) - len(distinct),
        offset=offset,
    )


def _ends(numbers: NDArray[Any]) -> tuple[float | None, float | None]:
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (None, None)


def _category(raw: RawColumn) -> tuple[Categories, ColumnProfile]:
    read = categories_of(raw.values)
    counts = np.bincount(read.codes + 1, minlength=len(read.levels) + 1)[1:]
    by_frequency = sorted(range(len(read.levels)), key=lambda code: (-counts[code], read.levels[code]))
    new_code = np.full(len(read.levels) + 1, -1, dtype=np.int32)  # the last entry is the missing value's
    new_code[by_frequency] = np.arange(len(read.levels))
    levels = tuple(read.levels[code] for code in by_frequency)
    profile = ColumnProfile(raw.name, "category", len(read.codes) - int(counts.sum()), len(levels), levels=levels)
    return Categories(new_code[read.codes], levels), profile


def part_profile(profile: ColumnProfile, column: Column) -> ColumnProfile:
    """Return the profile of some rows of a column; its kind and the names of its levels stay as they are."""
    if isinstance(column, Categories):
        counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
        return replace(profile, missing=int(counts[0]), distinct=int(np.count_nonzero(counts[1:])))
    if not isinstance(column, np.ndarray) or column.ndim != 1:
        return profile
    distinct = np.unique(column[~np.isnan(column)])
    low, high = _ends(distinct.astype(np.float64) + profile.offset)
    return replace(
        profile,
        missing=int(np.isnan(column).sum()),
        distinct=len(distinct),
        minimum=low,
        maximum=high,
        integral=bool((distinct == np.floor(distinct)).all()),
    )
