"""What would change a model's output: the nearest change of few columns, within what was seen in training, that flips a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Categories, Lookup, Missing, Numeric, OneHot, Texts, offsets_of
from automicro.program.analyse.usage import usage
from automicro.program.inputs.texts import CANDIDATES, tokens_of
from automicro.program.nodes import feature_count
from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.explain.decision.explained_row import ExplainedRow
    from automicro.program import Column

    Floats = NDArray[np.float64]

__all__ = ["Change", "Counterfactual", "counterfactual"]

GRID = 64
HALVINGS = 30
MOST_COLUMNS_CHANGED = 3
MOST_WORDS, MOST_LEFT_OUT = 64, 8


@dataclass(frozen=True)
class Change:
    """One column, what it holds, and what it would have to hold; of a text also `without`, the words that are left out."""

    column: str
    value: float | str | None
    instead: float | str | None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counterfactual:
    """Changes that together flip the decision to `label`; `distance` is their sum in ranges of the columns, a category counting as one."""

    changes: tuple[Change, ...]
    label: Any
    distance: float


@dataclass(frozen=True, eq=False)
class _Option:
    """A value of one column to try: as a column of one row, its distance, and how it reads."""

    column: int
    values: Column
    distance: Floats
    words: list[float | str | None]


def counterfactual(
    explained: ExplainedRow,
    ranges: Mapping[int, tuple[float, float]],
    immutable: Collection[int] = (),
    booleans: Collection[int] = (),
) -> Counterfactual | None:
    """Return the nearest flip that was found, checked on the program itself; None if there is none within the ranges.

    One column is changed if that is enough, else the change that brings the decision nearest to flipping is kept and a second and a third
    column are tried. Numbers try the places where the program's steps lie and a grid over the range, refined by bisection; `booleans` try
    0 and 1; texts leave out words, each of which counts as one.
    """
    before = int(explained.decisions(explained.columns)[0])
    toward = 1.0 if explained.of.sum() == 0 or before == 1 else -1.0
    options = [
        o for c in explained.read if c not in immutable and (o := _options(explained, c, ranges, booleans, toward))
    ]
    changed: dict[int, tuple[Column, float | str | None, float]] = {}
    current = explained
    for _ in range(MOST_COLUMNS_CHANGED):
        flips, nearest = [], None
        for option in options:
            if option.column in changed:
                continue
            variants = _with(current, option)
            decided = current.decisions(variants)
            where = np.flatnonzero(decided != before)
            if len(where):
                place = int(where[option.distance[where].argmin()])
                entry = option.column, _entry(option.values, place), option.words[place], float(option.distance[place])
                flips.append(entry if option.column in booleans else _refined(current, option, place, before))
            margin = current.scores(variants) * toward
            margin = np.where(np.isnan(margin), np.inf, margin)
            place = int(margin.argmin()) if len(margin) else 0
            if len(margin) and (nearest is None or margin[place] < nearest[0]):
                nearest = (float(margin[place]), option, place)
        if flips:
            column, value, word, distance = min(flips, key=lambda flip: (flip[3], flip[0]))
            changed[column] = (value, word, distance)
            return _counterfactual(explained, changed)
        if nearest is None:
            return None
        _, option, place = nearest
        value = _entry(option.values, place)
        changed[option.column] = (value, option.words[place], float(option.distance[place]))
        current = _replaced(current, option.column, value)
    return None


def _options(
    explained: ExplainedRow,
    column: int,
    ranges: Mapping[int, tuple[float, float]],
    booleans: Collection[int],
    toward: float,
) -> _Option | None:
    own = explained.columns[column]
    if isinstance(own, Texts):
        return _without_words(explained, column, own, toward)
    if isinstance(own, Categories):
        levels = _levels(explained, column)
        here = None if own.codes[0] < 0 else own.levels[own.codes[0]]
        others = [level for level in levels if level != here]
        if not others:
            return None
        return _Option(
            column,
            Categories(np.arange(len(others), dtype=np.int32), tuple(others)),
            np.ones(len(others)),
            list(others),
        )
    if own is None or own.ndim != 1 or column not in ranges:
        return None
    low, high = ranges[column]
    x, width = float(own[0]), max(high - low, 1e-30)
    grid = (
        [low, high]
        if column in booleans
        else [*np.linspace(low, high, GRID), *_around_cuts(explained, column, low, high)]
    )
    tried = np.unique(np.array(grid, dtype=np.float32))
    tried = tried[tried != np.float32(x)]
    distance = np.full(len(tried), 1.0) if np.isnan(x) else np.abs(tried.astype(np.float64) - x) / width
    return _Option(column, tried, distance, [float(value) for value in tried])


def _without_words(explained: ExplainedRow, column: int, own: Texts, toward: float) -> _Option | None:
    """Leave out each word, and the two, three and more that alone bring the decision nearest to flipping."""
    text = own.values[0]
    words = list(dict.fromkeys(tokens_of(text)))[:MOST_WORDS] if text else []
    if not words:
        return None
    texts = [_left_out(text, {word}) for word in words]
    variants = explained.repeated(len(words))
    variants[column] = _texts(texts)
    order = np.argsort(np.nan_to_num(explained.scores(variants) * toward, nan=np.inf), kind="stable").tolist()
    counts = range(2, min(MOST_LEFT_OUT, len(words)) + 1)
    texts += [_left_out(text, {words[place] for place in order[:many]}) for many in counts]
    return _Option(column, _texts(texts), np.array([1.0] * len(words) + [float(many) for many in counts]), list(texts))


def _left_out(text: str, words: set[str]) -> str:
    left = CANDIDATES.sub(lambda found: "" if found[0].lower() in words else found[0], text)
    return " ".join(left.split())


def _texts(texts: Sequence[str]) -> Texts:
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return Texts(values)


def _levels(explained: ExplainedRow, column: int) -> list[str]:
    """Return the levels that the program distinguishes, and one that it does not know."""
    known: dict[str, None] = {}
    for decoder in explained.program.decoders:
        if decoder.column == column and isinstance(decoder, OneHot | Lookup):
            known.update(dict.fromkeys(level for level in decoder.levels if level is not None))
    return [*known, "(any other)"]


def _around_cuts(explained: ExplainedRow, column: int, low: float, high: float) -> Floats:
    """Return the numbers on both sides of every place where the program compares this column."""
    found = usage(explained.program.body).compared
    place, cuts = 0, set()
    for decoder in explained.program.decoders:
        if decoder.column == column and isinstance(decoder, Numeric) and not isinstance(decoder, Missing):
            cuts |= found.get(place, set())
        place += feature_count(decoder)
    inside = np.array(sorted(cut for cut in cuts if low <= cut <= high), dtype=np.float32)
    above = np.nextafter(inside, np.float32(np.inf))
    return np.concatenate([inside, above[above <= high]]).astype(np.float64)


def _with(explained: ExplainedRow, option: _Option) -> list[Column | None]:
    variants = explained.repeated(len(option.words))
    variants[option.column] = option.values
    return variants


def _entry(values: Column, place: int) -> Column:
    if isinstance(values, Categories):
        return Categories(values.codes[[place]], values.levels)
    return Texts(values.values[[place]]) if isinstance(values, Texts) else values[[place]]


def _replaced(explained: ExplainedRow, column: int, value: Column) -> ExplainedRow:
    columns = list(explained.columns)
    columns[column] = value
    return replace(explained, columns=tuple(columns))


def _refined(
    explained: ExplainedRow, option: _Option, place: int, before: int
) -> tuple[int, Column, float | str | None, float]:
    """Return a flip as near to the row's own value as bisection finds it; numbers only."""
    own = explained.columns[option.column]
    value, distance = _entry(option.values, place), float(option.distance[place])
    if isinstance(own, Categories | Texts) or own is None or np.isnan(own[0]) or not isinstance(value, np.ndarray):
        return option.column, value, option.words[place], distance
    start, flipped = float(own[0]), float(value[0])
    reach = abs(flipped - start)
    near = start
    for _ in range(HALVINGS):
        middle = np.float32((near + flipped) / 2)
        if middle in (np.float32(near), np.float32(flipped)):
            break
        row = explained.repeated(1)
        row[option.column] = np.array([middle], dtype=np.float32)
        near, flipped = (near, float(middle)) if explained.decisions(row)[0] != before else (float(middle), flipped)
    share = abs(flipped - start) / reach if reach else 1.0
    return option.column, np.array([flipped], dtype=np.float32), flipped, distance * share


def _counterfactual(
    explained: ExplainedRow, changed: Mapping[int, tuple[Column, float | str | None, float]]
) -> Counterfactual:
    columns: list[Column | None] = list(explained.columns)
    for column, (value, _, _) in changed.items():
        columns[column] = value
    code = int(explained.decisions(columns)[0])
    labels: Sequence[Any] = explained.program.labels or ()
    changes = tuple(_change(explained, column, word) for column, (_, word, _) in changed.items())
    return Counterfactual(changes, labels[code], sum(distance for _, _, distance in changed.values()))


def _change(explained: ExplainedRow, column: int, word: float | str | None) -> Change:
    own = explained.columns[column]
    if not isinstance(own, Texts):
        less = offsets_of(explained.program.decoders).get(column, 0.0)
        return Change(explained.names[column], _in_data(_word(own), less), _in_data(word, less))
    kept = set(tokens_of(str(word)))
    gone = tuple(token for token in dict.fromkeys(tokens_of(own.values[0])) if token not in kept)
    return Change(explained.names[column], own.values[0], word, gone)


def _in_data(word: float | str | None, offset: float) -> float | str | None:
    """Return a number as the data have it, of a column that is read less an offset."""
    return float(number(word, offset)) if offset and isinstance(word, float) else word


def _word(column: Column | None) -> float | str | None:
    if isinstance(column, Categories):
        return None if column.codes[0] < 0 else column.levels[column.codes[0]]
    if column is None or isinstance(column, Texts) or np.isnan(column[0]):
        return None
    return float(column[0])
