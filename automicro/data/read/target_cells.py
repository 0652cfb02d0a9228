"""The cells of a target as people write them: words for missing, numbers as text, labels with blanks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automicro.data.read.column import value_kind
from automicro.errors import DataError
from automicro.rows.readings import Reading
from automicro.rows.words import CERTAIN, DOUBTFUL, FREQUENT, bare, is_beside_numbers, listed
from automicro.rows.written import FEW_LEVELS, leading_zero, number_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.data.read.detect import Missing
    from automicro.rows.frames import RawColumn

__all__ = ["target_cells"]


def target_cells(
    raw: RawColumn, task: str | None, missing: Missing, labels: Sequence[Any] | None = None
) -> tuple[RawColumn, tuple[str, ...]]:
    """Return the target with None where it is missing, and what the user should know of how it was read.

    Raises
    ------
    DataError
        If a word that may mean missing is rare, so that it is neither a label nor missing for certain.
    """
    if raw.values.ndim != 1 or raw.category:
        return raw, ()
    kind = value_kind(raw.values)
    if kind not in {"category", "mixed"}:
        reading = Reading(numbers=missing.numbers)
        return replace(raw, values=reading.read(raw.values, "target")), ()
    counts = Counter(value for value in raw.values.tolist() if isinstance(value, str))
    style = _style(counts, kind, task)
    if style is not None:
        reading = Reading("number", style, words=missing.words, numbers=missing.numbers)
        said = f"the target is read as numbers written as text, such as {next(iter(counts))!r}: task='classification' makes classes of them"
        return replace(raw, values=reading.read(raw.values, "target")), () if task == "regression" else (said,)
    known = {str(label) for label in labels or ()}
    words, notes = _words(counts, len(raw.values), missing, known)
    levels = [text for text in counts if text.strip() not in words]
    flags: tuple[str, ...] = ()
    if known:
        flags = ("strip",) if any(text not in known and text.strip() in known for text in levels) else ()
    elif len({text.strip() for text in levels}) < len(levels):
        flags = ("strip",)
        notes.append(f"labels that differ only in blanks at their ends are read as one: {_blanks(levels)}")
    cases = Counter(bare(text) for text in {text.strip() for text in levels})
    if alike := [repr(t) for t in sorted({x.strip() for x in levels}) if cases[bare(t)] > 1]:
        notes.append(
            f"labels that differ only in case or blanks are different classes: {listed(alike)}; write them alike if they mean the same"
        )
    if kind == "mixed":
        return replace(raw, values=Reading("level", words=tuple(words)).read(raw.values, "target")), tuple(notes)
    reading = Reading("level", words=tuple(words), levels=flags)
    return replace(raw, values=reading.read(raw.values, "target")), tuple(notes)


def _style(counts: Counter[str], kind: str, task: str | None) -> str | None:
    """Return the style of numbers that are written as text; None where they are labels."""
    known = [text for text in counts if not is_beside_numbers(text)]
    if task == "classification" or kind == "mixed" or (task is None and len(known) <= FEW_LEVELS):
        return None
    if task == "regression" and leading_zero(known) is not None:
        return "1,234.5"
    style, is_number = number_style(known)
    return "1,234.5" if style is None and is_number and not any("," in text for text in known) else style


def _words(counts: Counter[str], rows: int, missing: Missing, known: set[str]) -> tuple[set[str], list[str]]:
    """Return the texts that count as missing, and what is said of those that do not."""
    if missing.words is not None:
        return set(missing.words) | {""}, []
    there = {word: counts[word] for word in DOUBTFUL if counts[word] and word not in known}
    for word, count in there.items():
        if count < max(2, FREQUENT * rows):
            raise DataError(
                f"the target must be known in every row, but {count} of {rows} values are {word!r}, which may mean missing: "
                "drop these rows, or pass missing=[] to make it a class"
            )
    words = set(CERTAIN - known)
    if not there:
        return words, []
    shown = listed([f"{word!r} in {count / rows:.0%} of rows" for word, count in there.items()])
    return words, [
        f"words that may mean missing are labels of the target: {shown}; missing=[...] names what counts as missing"
    ]


def _blanks(levels: list[str]) -> str:
    twice = Counter(text.strip() for text in levels)
    return listed([repr(text) for text in sorted(levels) if twice[text.strip()] > 1 and text != text.strip()])
