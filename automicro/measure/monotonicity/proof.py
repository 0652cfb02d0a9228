"""Whether a program's score can only rise, or only fall, with a column: proved from its structure, with rows that show it where not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.measure.monotonicity.cells import Features, number_cells
from automicro.measure.monotonicity.counterexamples import Witnesses
from automicro.measure.monotonicity.jumps import Jumps, table_steps, tree_steps
from automicro.measure.monotonicity.signs import MIXED, joint, signs, times
from automicro.program import (
    Affine,
    Forest,
    Missing,
    Numeric,
    StepTables,
    columns_read,
    offsets_of,
    reads_graphs,
)
from automicro.program.evaluate.reference import body_scores
from automicro.program.inputs.rows import FLOAT32_MAX, column_kinds, without_offsets
from automicro.program.walk import terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.measure.monotonicity.cells import Cell
    from automicro.measure.monotonicity.counterexamples import Pair
    from automicro.measure.monotonicity.jumps import Jump, Steps
    from automicro.measure.monotonicity.signs import Sign
    from automicro.program import Node, Program

    Floats = NDArray[np.float64]
    Range = tuple[float, float]

__all__ = ["Direction", "Kind", "directions"]

Kind = Literal["+", "-", "constant", "neither", "unproved"]


@dataclass(frozen=True)
class Direction:
    """How the score goes with a column.

    Parameters
    ----------
    kind : {"+", "-", "constant", "neither", "unproved"}
        "+": proved never to fall as the column rises, whatever the other columns are; "-": never to rise; "constant": both;
        "neither": it does both, which the two pairs of rows show; "unproved": it could not be decided.
    falls, rises : pair of rows, or None
        Two raw rows that differ in this column alone; from the first to the second the score falls, or rises. The second has the
        larger number; of a missing value (None) it must not lie below that of the least number and above that of the largest.
    """

    kind: Kind
    falls: Pair | None = None
    rises: Pair | None = None

    def keeps(self, wanted: str) -> bool:
        """Whether it is proved to go in a direction, "+" or "-"."""
        return self.kind in (wanted, "constant")


def directions(
    program: Program,
    columns: Iterable[int] | None = None,
    ranges: Mapping[int, Range] | None = None,
) -> dict[int, Direction]:
    """Return the proved direction of the score in numeric columns.

    The score is the only one, or of two classes that of the second less that of the first; links and caps keep its order.

    *Proved* means: for all numbers x <= x' of the column and all values of the other columns, missing ones included, the score as the
    reference evaluator computes it does not fall. Of an affine map the weights tell; of step tables and trees, summed over all nodes,
    every threshold of the column is crossed, and the least change found over the cells that the thresholds of the other columns make;
    of what is computed from computed features (networks) the signs of all weights on the way. Rounding of sums keeps the order where
    each part keeps it; where only the sum of trees does, scores may differ by what float64 rounds, some 1e-15 of the terms.

    *Missing values* have no place on the line of numbers, so they must only not break out of it: for all values of the other
    columns the prediction lies between those for the least and the largest number (`ranges`). A column that is filled counts as
    its filling; where a missing value makes the score NaN there is nothing to compare.

    Parameters
    ----------
    program : Program
        As it ships: unpacked, quantised.
    columns : iterable of int, optional
        Source columns; by default those that the program reads as numbers.
    ranges : mapping of int to (float, float), optional
        Least and largest number of a column, by default of float32, that missing values are held against.

    Returns
    -------
    dict of int to Direction
        Empty if the program has more scores than one and not two classes. A category, text or series is "unproved" if it is read.

    Notes
    -----
    A column that cannot be proved is tried on some hundred drawn rows, for a pair that falls and one that rises.
    """
    of = _factors(program)
    if of is None:
        return {}
    if offsets := offsets_of(program.decoders):
        less = {c: (low - offsets.get(c, 0.0), high - offsets.get(c, 0.0)) for c, (low, high) in (ranges or {}).items()}
        found = directions(without_offsets(program), columns, less)
        return {column: _in_data(program, of, column, direction) for column, direction in found.items()}
    kinds = column_kinds(program.decoders)
    read = set(columns_read(program))
    wanted = sorted(read if columns is None else columns)
    if columns is None:
        wanted = [column for column in wanted if kinds[column] in ("numeric", "missing")]
    proofs = _Proofs(program, of, dict(ranges or {}))
    return {column: proofs.of(column) if column in read else Direction("constant") for column in wanted}


def _in_data(program: Program, of: Floats, column: int, found: Direction) -> Direction:
    """Return a direction that was found on numbers less their offsets with the rows of the data; "neither" must still be shown by them."""
    witnesses = Witnesses(program, of, column, {})
    falls, rises = (pair and witnesses.in_data(pair, sign) for pair, sign in ((found.falls, -1.0), (found.rises, 1.0)))
    shown = found.kind != "neither" or (falls and rises)
    return Direction(found.kind if shown else "unproved", falls, rises)


def _factors(program: Program) -> Floats | None:
    features = Features.of(program)
    if reads_graphs(program.body):
        return np.ones(1)
    outputs = body_scores(program.body, np.zeros((1, len(features.decoders)), dtype=np.float32)).shape[1]
    if outputs == 2 and program.labels is not None:
        return np.array([-1.0, 1.0])
    return np.ones(1) if outputs == 1 else None


@dataclass(frozen=True)
class _Step:
    """Two cells of the column that must be in order, what steps and trees change by from one to the other, and what slopes do."""

    before: float | None
    after: float | None
    jump: Jump
    slope: float

    def most(self, sign: float) -> float:
        """Return the largest change in the direction of a sign, below 0 if it is none."""
        return sign * ((self.jump.high if sign > 0 else self.jump.low) + self.slope)


class _Proofs:
    """The parts of a body, and what is found out about one column after the other."""

    def __init__(self, program: Program, of: Floats, ranges: Mapping[int, Range]) -> None:
        self.program, self.of_outputs, self.ranges = program, of, ranges
        self.features = Features.of(program)
        self.weights = np.zeros(len(self.features.decoders))
        self.steps: list[Steps] = []
        self.others: list[Node] = []
        for part in terms(program.body):
            self._take(part)

    def _take(self, node: Node) -> None:
        if isinstance(node, Affine):
            self.weights = self.weights + self.of_outputs @ node.weights.values.astype(np.float64)
        elif isinstance(node, StepTables):
            self.steps += table_steps(node, self.of_outputs)
        elif isinstance(node, Forest):
            self.steps += tree_steps(node, self.of_outputs)
        else:
            self.others.append(node)

    def of(self, column: int) -> Direction:
        """Return the direction in a column that the program reads."""
        own = self.features.numbers(column)
        kind = column_kinds(self.program.decoders)[column]
        if kind not in ("numeric", "missing") or reads_graphs(self.program.body):
            return Direction("unproved")
        other = self._sign_of_others(column)
        slope = float(sum(self.weights[f] for f in own if isinstance(self.features.decoders[f][0], Numeric)))
        found = list(self._crossed(column, own))
        falls = other in (-1, MIXED) or slope < 0 or any(step.most(-1.0) > 0 for step in found)
        rises = other in (1, MIXED) or slope > 0 or any(step.most(1.0) > 0 for step in found)
        witnesses = Witnesses(self.program, self.of_outputs, column, self.ranges)
        down, up = (
            witnesses.first(self._candidates(found, slope, column, sign), sign) or witnesses.drawn(sign)
            if possible
            else None
            for possible, sign in ((falls, -1.0), (rises, 1.0))
        )
        if falls and rises:
            return Direction("neither" if down and up else "unproved", down, up)
        return Direction("-" if falls else "+" if rises else "constant", down, up)

    def _range(self, column: int) -> Range:
        return self.ranges.get(column, (-FLOAT32_MAX, FLOAT32_MAX))

    def _sign_of_others(self, column: int) -> Sign:
        """Return the sign of what is computed in several steps; MIXED too where a missing value may break the order."""
        low, high = self._range(column)
        inputs = [0 if d.column != column else MIXED for d, _ in self.features.decoders]
        for feature in self.features.numbers(column):
            fill = self._fill(feature)
            if fill is not None and low <= fill <= high:
                inputs[feature] = 1
        outputs = [signs(node, inputs) for node in self.others]
        return joint(times(int(w), sign) for each in outputs for w, sign in zip(self.of_outputs, each, strict=True))

    def _fill(self, feature: int) -> float | None:
        decoder = self.features.decoders[feature][0]
        return decoder.fill if isinstance(decoder, Numeric) else None

    def _at(self, own: list[int], x: float | None) -> dict[int, float]:
        """Return the values of a column's features where its cell is x."""
        found = {}
        for feature in own:
            if isinstance(self.features.decoders[feature][0], Missing):
                found[feature] = float(x is None)
            else:
                fill = self._fill(feature)
                found[feature] = x if x is not None else fill if fill is not None else float("nan")
        return found

    def _crossed(self, column: int, own: list[int]) -> Iterator[_Step]:
        """Give the crossing of every threshold, and the two steps that have a missing value on one side."""
        jumps = Jumps(self.features, self.steps, own)
        cuts = [t for f, t in jumps.thresholds if isinstance(self.features.decoders[f][0], Numeric)]
        for x in number_cells(cuts)[:-1].tolist():
            above = float(np.nextafter(np.float32(x), np.float32(np.inf)))
            yield _Step(x, above, jumps.between(self._at(own, x), self._at(own, above), over=x), 0.0)
        low, high = self._range(column)
        for before, after in ((low, None), (None, high)):
            first, second = self._at(own, before), self._at(own, after)
            change = sum(self.weights[f] * (second[f] - first[f]) for f in own if self.weights[f])
            if np.isnan(change):
                return
            yield _Step(before, after, jumps.between(first, second), float(change))

    def _candidates(
        self, found: Sequence[_Step], slope: float, column: int, sign: float
    ) -> Iterator[tuple[tuple[Cell, Cell], Mapping[int, Cell]]]:
        """Give pairs of cells, with those of other columns, between which the score may change, the largest change first."""
        steps = [step for step in found if step.most(sign) > 0]
        for step in sorted(steps, key=lambda step: -step.most(sign)):
            others = step.jump.highest if sign > 0 else step.jump.lowest
            if others is not None:
                yield (step.before, step.after), others
        if sign * slope > 0:
            yield self._range(column), {}
