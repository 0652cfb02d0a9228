"""Numbers and tables as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["aligned", "count", "number", "plain", "rounded", "signed"]

_EXACT_INTEGERS = 2**24


def number(value: float) -> str:
    """Return the shortest decimal that reads back as the same float32."""
    exact = np.float32(value)
    if np.isfinite(exact) and exact == np.trunc(exact) and abs(exact) <= _EXACT_INTEGERS:
        return str(int(exact))
    return str(exact)


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


def count(amount: int, one: str, many: str | None = None) -> str:
    """Return "1 tree" or "3 trees"."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def aligned(rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    """Return rows of cells as lines with the columns aligned."""
    table = [list(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)] if table else []
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in table
    ]
