"""Rows whose inputs can be exchanged one by one, and their scores: what effects and interactions are measured on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from automicro.program import Batch, Categories, Grams, Summary, body_scores, decode, take
from automicro.program.nodes import feature_count
from automicro.words.features import feature_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.program import Column, Decoder, Program

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
    Values = NDArray[np.float64] | Categories

__all__ = ["Inputs", "OfFunction", "OfProgram"]


class Inputs(Protocol):
    """Rows of named inputs and the score that they get, on the scale before the link."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the inputs."""

    def values(self, j: int) -> Values:
        """Return an input of all rows: numbers (rows,), NaN where missing, or levels."""

    def scores(self, changed: Mapping[int, Values]) -> Floats:
        """Return the scores of all rows, (rows, outputs), with some inputs changed."""

    def only(self, rows: Places) -> Inputs:
        """Return some of the rows."""


@dataclass(frozen=True, eq=False)
class OfFunction:
    """A plain function of numbers.

    Parameters
    ----------
    function : callable
        From (rows, inputs) to (rows,).
    X : array of float64, (rows, inputs)
    """

    function: Callable[[Floats], Floats]
    X: Floats

    @property
    def names(self) -> Sequence[str]:
        """Numbers of the inputs."""
        return [str(j) for j in range(self.X.shape[1])]

    def values(self, j: int) -> Values:
        """Return an input."""
        return self.X[:, j]

    def scores(self, changed: Mapping[int, Values]) -> Floats:
        """Return the function's values."""
        X = self.X.copy()
        for j, column in changed.items():
            X[:, j] = _numbers(column)
        return np.asarray(self.function(X), dtype=np.float64).reshape(len(X), 1)

    def only(self, rows: Places) -> OfFunction:
        """Return some of the rows."""
        return replace(self, X=self.X[rows])


@dataclass(frozen=True, eq=False)
class OfProgram:
    """A program that reads no graph; its inputs are the columns that it reads, or the single features of texts and series.

    Of several scores the mean is taken off, as only their differences count.

    Parameters
    ----------
    program : Program
    column_names : sequence of str
    columns : sequence of Column or None
        As `automicro.program.columns_of` makes them.
    """

    program: Program
    column_names: Sequence[str]
    columns: Sequence[Column | None]

    @cached_property
    def _places(self) -> list[tuple[int, ...]]:
        """The features that belong to each input; each feature of a text or a series is an input of its own."""
        found: dict[tuple[int, int], list[int]] = {}
        feature = 0
        for decoder in self.program.decoders:
            for _ in range(feature_count(decoder)):
                alone = isinstance(decoder, Grams | Summary)
                found.setdefault((decoder.column, feature if alone else -1), []).append(feature)
                feature += 1
        return [tuple(features) for _, features in sorted(found.items())]

    @cached_property
    def _sources(self) -> list[tuple[int, int]]:
        """The column of each feature, and the place of its decoder."""
        return [(d.column, place) for place, d in enumerate(self.program.decoders) for _ in range(feature_count(d))]

    @cached_property
    def _features(self) -> NDArray[np.float32]:
        return decode(self.program.decoders, Batch(tuple(self.columns)))

    def _alone(self, j: int) -> bool:
        return isinstance(self.program.decoders[self._sources[self._places[j][0]][1]], Grams | Summary)

    @cached_property
    def names(self) -> Sequence[str]:
        """Names of columns, or of features of texts and series."""
        texts = feature_texts(self.program, self.column_names)
        return [
            texts[own[0]].name if self._alone(j) else self.column_names[self._sources[own[0]][0]]
            for j, own in enumerate(self._places)
        ]

    def features(self, j: int) -> tuple[int, ...]:
        """Return the features that belong to an input."""
        return self._places[j]

    def decoder(self, feature: int) -> Decoder:
        """Return what makes a feature."""
        return self.program.decoders[self._sources[feature][1]]

    def values(self, j: int) -> Values:
        """Return an input."""
        if self._alone(j):
            return self._features[:, self._places[j][0]].astype(np.float64)
        own = self.columns[self._sources[self._places[j][0]][0]]
        return own if isinstance(own, Categories) else np.asarray(own, dtype=np.float64)

    def scores(self, changed: Mapping[int, Values]) -> Floats:
        """Return the scores before the link."""
        X = self._features.copy() if changed else self._features
        for j, values in changed.items():
            features = self._places[j]
            if self._alone(j):
                X[:, features[0]] = _numbers(values)
                continue
            column = self._sources[features[0]][0]
            columns: list[Column | None] = [None] * self.program.columns
            columns[column] = values if isinstance(values, Categories) else values.astype(np.float32)
            decoders = [self.program.decoders[place] for place in dict.fromkeys(self._sources[f][1] for f in features)]
            X[:, list(features)] = decode(decoders, Batch(tuple(columns)))
        found = body_scores(self.program.body, X)
        return found if found.shape[1] == 1 else found - found.mean(axis=1, keepdims=True)

    def only(self, rows: Places) -> OfProgram:
        """Return some of the rows."""
        return replace(self, columns=[None if column is None else take(column, rows) for column in self.columns])


def _numbers(values: Values) -> Floats:
    if isinstance(values, Categories):
        raise TypeError(f"an input of numbers must be given numbers, but got levels {values.levels[:1]}")
    return values
