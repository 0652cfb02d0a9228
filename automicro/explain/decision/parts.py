"""The parts of a score in words, of whatever a body is a sum of: columns, trees, prototypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from automicro.explain.decision.explanation import Part, Weight
from automicro.explain.decision.prototypes import compared
from automicro.explain.decision.terms import additive_terms
from automicro.program import Categories, Forest, Grams, Texts, offsets_of
from automicro.program.inputs.texts import bucket_of, grams_of
from automicro.program.nodes import feature_count
from automicro.words.features import feature_texts
from automicro.words.numbers import count, number, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.explain.decision.explained_row import ExplainedRow
    from automicro.explain.decision.explanation import Kind
    from automicro.explain.decision.prototypes import Compared
    from automicro.explain.decision.terms import Term
    from automicro.program import Column, Node
    from automicro.words.features import FeatureText

    Key = tuple[int, int]

__all__ = ["Derived", "Found", "RowParts", "exact_parts", "value_text"]

NAMED_TOGETHER = 3


@dataclass(frozen=True)
class Found:
    """What a score is made of; see `automicro.explain.Explanation`."""

    kind: Kind
    constant: float
    parts: tuple[Part, ...]
    weights: tuple[Weight, ...] = ()
    method: str = ""


class Inputs(Protocol):
    """What the features of a body are called."""

    @property
    def texts(self) -> Sequence[FeatureText]:
        """One text a feature."""

    def key(self, feature: int) -> Key:
        """Return what a feature belongs to: all that share a key are one part."""

    def words(self, key: Key) -> tuple[str, str] | None:
        """Return the name of a part and its value; None if nothing of it is there."""


class RowParts:
    """The columns of a row; of texts each bucket is a part of its own, with the grams that fell into it."""

    def __init__(self, explained: ExplainedRow) -> None:
        self._explained = explained
        self._sources = [(d, place) for d in explained.program.decoders for place in range(feature_count(d))]
        self._offsets = offsets_of(explained.program.decoders)
        self.texts = feature_texts(explained.program, explained.names)

    def key(self, feature: int) -> Key:
        """Return the column, and the place of the bucket if it is one of a text."""
        decoder, _ = self._sources[feature]
        return (decoder.column, feature) if isinstance(decoder, Grams) else (decoder.column, -1)

    def words(self, key: Key) -> tuple[str, str] | None:
        """Return the column and what it holds, or the grams of a bucket."""
        column, feature = key
        name, own = self._explained.names[column], self._explained.columns[column]
        if feature < 0:
            return name, value_text(own, self._offsets.get(column, 0.0))
        decoder, place = self._sources[feature]
        assert isinstance(decoder, Grams)  # noqa: S101 - shows mypy what `key` has seen
        text = own.values[0] if isinstance(own, Texts) else None
        found = [
            gram
            for gram in dict.fromkeys(grams_of(text, decoder))
            if bucket_of(gram, decoder.bits) == decoder.buckets[place]
        ]
        return (f"{name}: {', '.join(found)}", "") if found else None


@dataclass(frozen=True, eq=False)
class Derived:
    """Features that were made on the way, such as sums over neighbours: each is a part."""

    texts: Sequence[FeatureText]
    values: NDArray[Any]

    def key(self, feature: int) -> Key:
        """Return the feature."""
        return feature, -1

    def words(self, key: Key) -> tuple[str, str] | None:
        """Return its name and value."""
        return self.texts[key[0]].name, f"= {self.values[key[0]]:.6g}"


def exact_parts(body: Node, features: NDArray[Any], of: NDArray[Any], inputs: Inputs) -> Found | None:
    """Return what a score is a sum of, by the program's own steps; None if it is no sum.

    Parameters
    ----------
    body : Node
    features : array of float64, (features,)
        Features of one row.
    of : array of float64, (outputs,)
        The score is the sum of the outputs with these factors.
    inputs : Inputs
        What the features are called.
    """
    found = additive_terms(body, features, of)
    if found is None:
        near = compared(body, features, of)
        return None if near is None else _by_prototype(near, inputs)
    constant, terms = found
    if not isinstance(body, Forest) and not any(term.steps for term in terms):
        return Found("sum", constant, tuple(_by_input(terms, inputs)))
    parts = tuple(_by_tree(terms, inputs.texts))
    return Found("path" if len(parts) == 1 else "sum_of_paths", constant, parts)


def _by_input(terms: Sequence[Term], inputs: Inputs) -> list[Part]:
    """Return terms added up by what they belong to."""
    total: dict[tuple[Key, ...], float] = {}
    for term in terms:
        keys = tuple(dict.fromkeys(map(inputs.key, term.features)))
        total[keys] = total.get(keys, 0.0) + term.contribution
    parts, absent = [], 0.0
    for keys, value in total.items():
        words = [word for key in keys if (word := inputs.words(key)) is not None]
        if words:
            parts.append(Part(_together([name for name, _ in words]), value, words[0][1] if len(words) == 1 else ""))
        else:
            absent += value
    return [*parts, Part("grams that are not there", absent)] if absent else parts


def _together(names: Sequence[str]) -> str:
    if len(names) <= NAMED_TOGETHER:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED_TOGETHER])} and {count(len(names) - NAMED_TOGETHER, 'more', 'more')} together"


def _by_tree(terms: Sequence[Term], texts: Sequence[FeatureText]) -> list[Part]:
    parts, number = [], 0
    for term in terms:
        if not term.steps:
            name = " and ".join(texts[f].name for f in term.features) or "a constant tree"
            parts.append(Part(name, term.contribution))
            continue
        number += 1
        conditions = [
            texts[s.feature].at_most(s.threshold) if s.holds else f"not ({texts[s.feature].at_most(s.threshold)})"
            for s in term.steps
        ]
        parts.append(Part(f"tree {number}", term.contribution, " and ".join(conditions)))
    return parts


def _by_prototype(near: Compared, inputs: Inputs) -> Found:
    shown = near.deciding or range(len(near.distances))
    weights = tuple(
        Weight(f"prototype {point + 1}", "distance", float(near.distances[point]))
        for point in sorted(shown, key=lambda point: near.distances[point])
    )
    parts = [
        Part(f"prototype {point + 1}", added, f"distance {rounded(float(near.distances[point]))}")
        for point, added in near.examples
    ]
    return Found("prototypes", near.constant, (*parts, *_by_input(near.terms, inputs)), weights)


def value_text(column: Column | None, offset: float = 0.0) -> str:
    """Return what the first row of a column that is read less an offset holds, as it reads behind the column's name."""
    if isinstance(column, Categories):
        return "missing" if column.codes[0] < 0 else f"= {column.levels[column.codes[0]]}"
    if column is None or isinstance(column, Texts) or column.ndim != 1:
        return ""
    return "missing" if np.isnan(column[0]) else f"= {number(column[0], offset) if offset else f'{column[0]:.6g}'}"
