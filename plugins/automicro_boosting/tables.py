"""Ensembles of one-feature trees as one step function for each feature and output."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Lowered, StepTables, Weights
from automicro_boosting.lower import as_given, rounded
from automicro_boosting.refit import Coefficients, Design

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro.program.nodes import Link
    from automicro_boosting.bits import Bits
    from automicro_boosting.ensemble import Ensemble, GrownTree

__all__ = ["StepTable", "TableShape", "Tables", "tables_of"]


@dataclass(frozen=True, eq=False)
class StepTable:
    """One step function: with ascending cuts, (pieces - 1,), a feature x falls into piece ``count(cuts < x)``.

    The last of the `values`, (pieces + 1,), is what a missing x adds.
    """

    feature: int
    output: int
    cuts: NDArray[np.float32]
    values: NDArray[np.float64]

    def place(self, x: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return which value each row adds, (rows,)."""
        piece = np.searchsorted(self.cuts, x, side="left").astype(np.int32)
        return np.where(np.isnan(x), np.int32(len(self.cuts) + 1), piece)


@dataclass(frozen=True, eq=False)
class Tables:
    """A bias (outputs,) plus the value of every table; `link` turns these scores into the prediction."""

    tables: tuple[StepTable, ...]
    bias: NDArray[np.float64]
    link: Link
    missing: bool

    def design(self, X: NDArray[np.float32]) -> Design:
        """Return which values each row adds up."""
        parts = [(table.output, len(table.values), table.place(X[:, table.feature])) for table in self.tables]
        return Design.of(parts, len(self.bias), len(X))

    def coefficients(self) -> Coefficients:
        """Return the values in the order of ``design``, and the bias."""
        values: list[list[NDArray[np.float64]]] = [[np.zeros(0)] for _ in self.bias]
        for table in self.tables:
            values[table.output].append(table.values)
        return Coefficients(tuple(np.concatenate(parts) for parts in values), self.bias)

    def scores(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scores before the link, (rows, outputs)."""
        scores = np.tile(self.bias, (len(X), 1))
        for table in self.tables:
            scores[:, table.output] += table.values[table.place(X[:, table.feature])]
        return scores

    def rescaled(self, factor: float, shift: float) -> Tables:
        """Return the tables whose scores are ``factor * scores + shift``."""
        tables = tuple(replace(table, values=table.values * factor) for table in self.tables)
        return replace(self, tables=tables, bias=self.bias * factor + shift)

    @property
    def sizes(self) -> tuple[int, ...]:
        """For each output, the number of values, those for missing features included."""
        return tuple(sum(len(t.values) for t in self.tables if t.output == output) for output in range(len(self.bias)))

    def lowered(self, encoding: Encoding | None = None) -> Lowered:
        """Return the tables as a program body; values and bias that have been rounded already come with an encoding."""
        pieces = np.concatenate([table.values[:-1] for table in self.tables] or [np.zeros(0)])
        missing = [table.values[-1] for table in self.tables]
        body = StepTables(
            tuple(table.feature for table in self.tables),
            tuple(table.output for table in self.tables),
            tuple(len(table.values) - 1 for table in self.tables),
            as_given(np.concatenate([table.cuts for table in self.tables] or [np.zeros(0, np.float32)])),
            rounded(pieces, encoding),
            as_given(self.bias) if encoding else Weights.of(self.bias),
            rounded(np.array(missing), encoding) if self.missing and missing else None,
        )
        return Lowered(body, self.link)


def tables_of(ensemble: Ensemble, X: NDArray[np.float32]) -> Tables:
    """Return the sums of the one-feature trees of an ensemble; trees without a split become part of the bias."""
    bias = ensemble.bias.copy()
    trees: dict[tuple[int, int], list[GrownTree]] = {}
    for tree in ensemble.trees:
        if tree.feature[0] >= 0:
            trees.setdefault((int(tree.feature[0]), tree.output), []).append(tree)
        else:
            bias[tree.output] += tree.value[0]
    tables = tuple(_table(feature, output, trees[feature, output]) for feature, output in sorted(trees))
    missing = any(bool(np.isnan(X[:, table.feature]).any()) for table in tables)
    return Tables(tables, bias, ensemble.link, missing)


def _table(feature: int, output: int, trees: list[GrownTree]) -> StepTable:
    cuts = np.unique(np.concatenate([tree.threshold[tree.feature >= 0] for tree in trees]))
    probes = np.zeros((len(cuts) + 2, feature + 1), dtype=np.float32)
    probes[:, feature] = np.concatenate((cuts, [np.inf, np.nan]))
    values = np.sum([tree.value[tree.leaves][tree.reach(probes)] for tree in trees], axis=0)
    return StepTable(feature, output, cuts, values)


class TableShape:
    """The tables of an additive model while neighbouring pieces are merged."""

    def __init__(self, tables: Tables, bits: Bits) -> None:
        self.tables = tables
        self.bits = bits
        self._features = Counter(table.feature for table in tables.tables)
        self._places: list[list[int]] = []
        self.size = 0
        start = [0] * len(tables.bias)
        for table in tables.tables:
            first = start[table.output]
            start[table.output] += len(table.values)
            self._places.append(list(range(first, first + len(table.values))))
            self.size += len(table.values) - 1 - (not tables.missing)
        self._cuts = [list(table.cuts) for table in tables.tables]

    def pairs(self, output: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return neighbouring pieces of an output, (pairs, 2), and the bits that each cut between them takes."""
        pairs, bits = [], []
        for table, places in zip(self.tables.tables, self._places, strict=True):
            if table.output != output:
                continue
            last = 2 if self.tables.missing else 3
            whole = self.bits.table + self.bits.feature[table.feature] * (self._features[table.feature] == 1)
            for kept, dropped in pairwise(places[:-1]):
                pairs.append((kept, dropped))
                bits.append(self.bits.piece + self.bits.cut[table.feature] + whole * (len(places) == last))
            if len(places) == last == 2:
                pairs.append((places[0], places[1]))
                bits.append(whole)
        return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(bits)

    def merge(self, output: int, kept: int, dropped: int) -> None:
        """Take the cut between two neighbouring pieces away."""
        for table, places, cuts in zip(self.tables.tables, self._places, self._cuts, strict=True):
            if table.output == output and dropped in places:
                at = places.index(dropped)
                places.remove(dropped)
                del cuts[at - 1 : at]
                places[at - 1] = kept
                self.size -= 1
                self._features[table.feature] -= len(places) == (1 if self.tables.missing else 2)
                return

    def pruned(self, coefficients: Coefficients) -> Tables:
        """Return what is left of the tables, with these values."""
        tables, bias = [], coefficients.bias.copy()
        for table, places, cuts in zip(self.tables.tables, self._places, self._cuts, strict=True):
            values = coefficients.values[table.output][places]
            if len(places) > (1 if self.tables.missing else 2):
                tables.append(replace(table, cuts=np.array(cuts, dtype=np.float32), values=values))
            else:
                bias[table.output] += values[0]
        return replace(self.tables, tables=tuple(tables), bias=bias)
