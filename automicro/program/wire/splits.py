"""The splits of trees: which feature is compared with which of its cuts, and where NaN goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.wire.coding.numbers import CHANCES, Chances, read_choice, write_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["LEFT", "MIXED", "RIGHT", "SPLIT_GAINS", "Change", "SplitRules", "Splits", "Visit"]

SPLIT_GAINS = (-1, 0, 1, 3)
GAIN_CHANCES = (6, 6, 2, 2)
NOT_BOUNDED = (15, 1)
RIGHT, LEFT, MIXED = range(3)
Change = tuple[int, int, int]  # a feature, the first of its cuts that can still separate rows, the one past the last
Visit = tuple[int, Change | None]  # a node's depth (-1: no node, only the change) and what changes before it


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

    def write(self, sink: EventSink, missing: Sequence[bool]) -> None:
        """Write the rules; `missing` marks the features that can be NaN."""
        if any(missing):
            sink.uniform(self.direction, 3)
        write_choice(sink, int(not self.bounded), NOT_BOUNDED)
        write_choice(sink, SPLIT_GAINS.index(self.gain), GAIN_CHANCES)

    @classmethod
    def read(cls, source: RangeDecoder, missing: Sequence[bool]) -> SplitRules:
        """Read what `write` wrote."""
        direction = source.uniform(3) if any(missing) else RIGHT
        bounded = not read_choice(source, NOT_BOUNDED)
        return cls(SPLIT_GAINS[read_choice(source, GAIN_CHANCES)], bounded, direction)


class Splits:
    """Writes or reads one split after the other: its feature, its cut, and whether NaN goes left."""

    def __init__(self, sizes: Sequence[int], missing: Sequence[bool], rules: SplitRules) -> None:
        self._missing, self._rules = missing, rules
        self._of = [[1] * size for size in sizes]
        self._total = sum(sizes)
        self._low, self._high = [0] * len(sizes), list(sizes)
        self._allowed = list(sizes)  # the chances of each feature's cuts within its bounds
        self._directions = Chances(2, 1)

    def below(self, depth: int, feature: int, cut: int) -> list[Visit]:
        """Return what comes after a split, the last first: the left subtree, the right one, and how it was before."""
        if not self._rules.bounded:
            return [(depth + 1, None), (depth + 1, None)]
        low, high = self._low[feature], self._high[feature]
        return [(-1, (feature, low, high)), (depth + 1, (feature, cut + 1, high)), (depth + 1, (feature, low, cut))]

    def change(self, change: Change | None) -> None:
        """Take note of which cuts of a feature can separate rows from now on."""
        if change is not None:
            feature, low, high = change
            self._low[feature], self._high[feature] = low, high
            self._allowed[feature] = sum(self._of[feature][low:high]) if self._rules.gain else high - low

    def allows(self, feature: int, cut: int) -> bool:
        """Whether a cut can separate rows."""
        return self._low[feature] <= cut < self._high[feature]

    def _learn(self, feature: int, cut: int) -> None:
        gain = self._rules.gain
        if not gain:
            return
        self._of[feature][cut] += gain
        self._allowed[feature] += gain
        self._total += gain
        if self._total > CHANCES:
            self._of = [[(chance + 1) >> 1 for chance in own] for own in self._of]
            self._total = sum(map(sum, self._of))
            for other in range(len(self._of)):
                self.change((other, self._low[other], self._high[other]))

    def write(self, sink: EventSink, feature: int, cut: int, to_left: bool) -> None:
        """Write a split that is allowed."""
        low = self._low[feature]
        before = sum(self._of[feature][low:cut]) if self._rules.gain else cut - low
        sink.put(sum(self._allowed[:feature]) + before, self._of[feature][cut], sum(self._allowed))
        self._learn(feature, cut)
        if self._rules.direction == MIXED and self._missing[feature]:
            self._directions.write(sink, int(to_left))

    def read(self, source: RangeDecoder) -> tuple[int, int, bool]:
        """Return the feature and the cut of a split, and whether NaN goes left."""
        feature, cut = self._read_pair(source)
        self._learn(feature, cut)
        if not self._missing[feature]:
            return feature, cut, False
        mixed = self._rules.direction == MIXED
        return feature, cut, bool(self._directions.read(source)) if mixed else self._rules.direction == LEFT

    def _read_pair(self, source: RangeDecoder) -> tuple[int, int]:
        total = sum(self._allowed)
        if total < 1:
            raise ArtifactError("a split must be able to separate rows; the file is damaged")
        drawn, start, feature = source.peek(total), 0, 0
        while start + self._allowed[feature] <= drawn:
            start += self._allowed[feature]
            feature += 1
        cut = self._low[feature]
        if self._rules.gain:
            while start + self._of[feature][cut] <= drawn:
                start += self._of[feature][cut]
                cut += 1
        else:
            start, cut = drawn, cut + drawn - start
        source.take(start, self._of[feature][cut], total)
        return feature, cut
