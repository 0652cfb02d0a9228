"""Numbers and tables as plain text."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np

from automicro.escaped import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["aligned", "apart", "count", "exponential", "limit_text", "number", "plain", "rounded", "signed", "within"]

_EXACT_INTEGERS = 2**24
_LARGEST_EXPONENT = 700.0
_MOST_DIGITS, _EXACT_DIGITS = 25, 200  # that are printed, and that any sum of two float64 numbers of interest has
_ROUNDED, _LONGEST = 6, 24  # digits of measured values, and of what is written in full
_APART = 1e-3  # of the difference of two numbers, that rounding may take


def number(value: float, offset: float = 0.0) -> str:
    """Return the shortest decimal that reads back as the same float32, of a column that is read less an offset."""
    exact = np.float32(value)
    if offset and np.isfinite(exact):
        return _far(exact, offset)
    if np.isfinite(exact) and exact == np.trunc(exact) and abs(exact) <= _EXACT_INTEGERS:
        return str(int(exact))
    return str(exact)


def _far(exact: np.float32, offset: float) -> str:
    """Return the shortest decimal that is a float32 number once an offset is subtracted; the nearest of many digits if none is."""
    with localcontext(prec=_EXACT_DIGITS):
        total = Decimal(float(exact)) + Decimal(offset)
        texts = [f"{total:.{digits}g}" for digits in range(1, _MOST_DIGITS)]
        found = next((text for text in texts if np.float32(float(Decimal(text) - Decimal(offset))) == exact), texts[-1])
    return _in_full(found)


def _in_full(text: str) -> str:
    """Return a decimal without an exponent, unless that takes too many digits."""
    full = format(Decimal(text), "f")
    return full if len(full) <= _LONGEST else str(float(text))


def apart(value: float, other: float) -> str:
    """Return a number to six significant digits, or in full where these do not distinguish it from another one."""
    text = f"{value:.{_ROUNDED}g}"
    if abs(float(text) - value) <= _APART * abs(value - other) or value == other:
        return text
    return number(value) if float(np.float32(value)) == value else _in_full(repr(value).removesuffix(".0"))


def plain(value: float) -> float:
    """Return the number that `number` writes: the shortest decimal that reads back as the same float32."""
    return float(number(value))


def signed(value: float) -> str:
    """Return the shortest decimal with its sign always there."""
    text = number(value)
    return text if text.startswith("-") else f"+{text}"


def rounded(value: float) -> str:
    """Return a measured value to four significant digits."""
    return f"{value:.4g}"


def exponential(score: float) -> float:
    """Return exp of a score; of scores beyond 700 that of 700."""
    return math.exp(min(score, _LARGEST_EXPONENT))


def within(value: float, limits: Sequence[float] | None) -> float:
    """Return a number within limits, if there are any."""
    return value if limits is None else min(max(value, limits[0]), limits[1])


def limit_text(value: float) -> str:
    """Return a limit of predictions in full, without an exponent up to ten digits."""
    text = f"{value:.10g}"
    return text if float(text) == value else repr(value)


def count(amount: int, one: str, many: str | None = None) -> str:
    """Return "1 tree" or "3 trees"."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def aligned(rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    """Return rows of cells as lines with the columns aligned, one line each whatever the cells hold."""
    table = [[escaped(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)] if table else []
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in table
    ]
