"""The splits of trees: which feature is compared with which of its cuts, and where NaN goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.wire.numbers import CHANCES, Chances, read_choice, write_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["LEFT", "MIXED", "RIGHT", "SPLIT_GAINS", "Bounds", "SplitRules", "Splits"]

SPLIT_GAINS = (-1, 0, 1, 3)
GAIN_CHANCES = (6, 6, 2, 2)
NOT_BOUNDED = (15, 1)
RIGHT, LEFT, MIXED = range(3)
Bounds = dict[int, tuple[int, int]]  # feature: first cut that can still tell rows apart, and the one past the last


@dataclass(frozen=True)
class SplitRules:
    """How the splits of a forest are written.

    Parameters
    ----------
    gain : int
        What the chances of a pair of feature and cut grow by with every use; with -1 every pair comes once.
    bounded : bool
        Whether pairs that the splits above have settled are left out.
    direction : {RIGHT, LEFT, MIXED}
        Where NaN goes at the splits that it can reach.
    """

    gain: int
    bounded: bool
    direction: int

    def write(self, sink: Sink, missing: Sequence[bool]) -> None:
        """Write the rules; `missing` tells which features can be NaN."""
        if any(missing):
            sink.uniform(self.direction, 3)
        write_choice(sink, int(not self.bounded), NOT_BOUNDED)
        write_choice(sink, SPLIT_GAINS.index(self.gain), GAIN_CHANCES)

    @classmethod
    def read(cls, source: Decoder, missing: Sequence[bool]) -> SplitRules:
        """Read what `write` wrote."""
        direction = source.uniform(3) if any(missing) else RIGHT
        bounded = not read_choice(source, NOT_BOUNDED)
        return cls(SPLIT_GAINS[read_choice(source, GAIN_CHANCES)], bounded, direction)


class Splits:
    """Writes or reads one split after the other: its feature, its cut, and whether NaN goes left."""

    def __init__(self, sizes: Sequence[int], missing: Sequence[bool], rules: SplitRules) -> None:
        self._sizes, self._missing, self._rules = sizes, missing, rules
        self._of = [[1] * size for size in sizes]
        self._sums = list(sizes)
        self._directions = Chances(2, 1)

    def children(self, bounds: Bounds, feature: int, cut: int) -> tuple[Bounds, Bounds]:
        """Return the bounds of the left and of the right subtree."""
        if not self._rules.bounded:
            return bounds, bounds
        low, high = bounds.get(feature, (0, self._sizes[feature]))
        return {**bounds, feature: (low, cut)}, {**bounds, feature: (cut + 1, high)}

    def _weights(self, bounds: Bounds) -> list[int]:
        weights = self._sums
        if bounds:
            weights = weights.copy()
            for feature, (low, high) in bounds.items():
                weights[feature] = sum(self._of[feature][low:high]) if self._rules.gain else high - low
        return weights

    def _learn(self, feature: int, cut: int) -> None:
        if not self._rules.gain:
            return
        self._of[feature][cut] += self._rules.gain
        self._sums[feature] += self._rules.gain
        if sum(self._sums) > CHANCES:
            self._of = [[(chance + 1) >> 1 for chance in own] for own in self._of]
            self._sums = [sum(own) for own in self._of]

    def write(self, sink: Sink, feature: int, cut: int, to_left: bool, bounds: Bounds) -> None:
        """Write a split that `bounds` allow."""
        weights = self._weights(bounds)
        low = bounds[feature][0] if feature in bounds else 0
        before = sum(self._of[feature][low:cut]) if self._rules.gain else cut - low
        sink.put(sum(weights[:feature]) + before, self._of[feature][cut], sum(weights))
        self._learn(feature, cut)
        if self._rules.direction == MIXED and self._missing[feature]:
            self._directions.write(sink, int(to_left))

    def read(self, source: Decoder, bounds: Bounds) -> tuple[int, int, bool]:
        """Return the feature and the cut of a split, and whether NaN goes left."""
        feature, cut = self._read_pair(source, bounds)
        self._learn(feature, cut)
        if not self._missing[feature]:
            return feature, cut, False
        mixed = self._rules.direction == MIXED
        return feature, cut, bool(self._directions.read(source)) if mixed else self._rules.direction == LEFT

    def _read_pair(self, source: Decoder, bounds: Bounds) -> tuple[int, int]:
        weights = self._weights(bounds)
        total = sum(weights)
        if total < 1:
            raise ArtifactError("a split must be able to tell rows apart; the file is damaged")
        drawn, start, feature = source.peek(total), 0, 0
        while start + weights[feature] <= drawn:
            start += weights[feature]
            feature += 1
        cut = bounds[feature][0] if feature in bounds else 0
        if self._rules.gain:
            while start + self._of[feature][cut] <= drawn:
                start += self._of[feature][cut]
                cut += 1
        else:
            start, cut = drawn, cut + drawn - start
        source.take(start, self._of[feature][cut], total)
        return feature, cut
