"""Words that mean a missing value, and how a sentence lists columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["BESIDE_NUMBERS", "CERTAIN", "DOUBTFUL", "FREQUENT", "bare", "is_beside_numbers", "listed", "words_of"]

CERTAIN = frozenset(["", "?", "#N/A", "NaN", "nan", "-nan", "NaT", "NULL", "null", "<NA>"])
DOUBTFUL = frozenset(["NA", "N/A", "n/a", "None"])  # words, too, of people: no disorder, Namibia, not applicable
FREQUENT = 0.05  # of the rows: from here on a doubtful word is a value
BESIDE_NUMBERS = frozenset(
    [word.casefold() for word in CERTAIN | DOUBTFUL]
    + ["na", "n.a.", "n.a", "none", "nil", "-", "--", "---", ".", "unknown", "unk", "missing", "not available"]
    + ["(null)", "\\n", "#value!", "#div/0!", "#ref!", "#num!", "#name?"]
)
SHOWN = 5  # columns that one sentence names


def is_beside_numbers(text: str) -> bool:
    """Whether a text among numbers or dates can only mean that the value is missing."""
    return text.strip().casefold() in BESIDE_NUMBERS


def bare(text: str) -> str:
    """Return a text without case, and with single blanks between its words."""
    return " ".join(text.split()).casefold()


def words_of(words: Iterable[str] | None, values: Iterable[str]) -> frozenset[str]:
    """Return the words that count as missing in a column of text: those given, or by default all, without those that are values there."""
    return (CERTAIN | DOUBTFUL if words is None else frozenset(words) | {""}) - frozenset(values)


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first ones of many."""
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
