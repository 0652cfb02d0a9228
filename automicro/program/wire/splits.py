"""The splits of trees: which feature is compared with which of its cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.wire.numbers import CHANCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["SPLIT_GAINS", "Bounds", "SplitChances"]

SPLIT_GAINS = (-1, 0, 1, 3)
Bounds = dict[int, tuple[int, int]]  # feature: first cut that can still tell rows apart, and the one past the last


class SplitChances:
    """The chances of all pairs of a feature and a cut, less those that the splits above have settled.

    Chances start at 1 and grow by `gain` with every use; with a gain of -1 every pair comes once.
    """

    def __init__(self, sizes: Sequence[int], gain: int) -> None:
        self._of = [[1] * size for size in sizes]
        self._sums = list(sizes)
        self._gain = gain

    def _weights(self, bounds: Bounds) -> list[int]:
        weights = self._sums
        if bounds:
            weights = weights.copy()
            for feature, (low, high) in bounds.items():
                weights[feature] = sum(self._of[feature][low:high]) if self._gain else high - low
        return weights

    def _learn(self, feature: int, cut: int) -> None:
        if not self._gain:
            return
        self._of[feature][cut] += self._gain
        self._sums[feature] += self._gain
        if sum(self._sums) > CHANCES:
            self._of = [[(chance + 1) >> 1 for chance in own] for own in self._of]
            self._sums = [sum(own) for own in self._of]

    def write(self, sink: Sink, feature: int, cut: int, bounds: Bounds) -> None:
        """Write a pair that `bounds` allow."""
        weights = self._weights(bounds)
        low = bounds[feature][0] if feature in bounds else 0
        before = sum(self._of[feature][low:cut]) if self._gain else cut - low
        sink.put(sum(weights[:feature]) + before, self._of[feature][cut], sum(weights))
        self._learn(feature, cut)

    def read(self, source: Decoder, bounds: Bounds) -> tuple[int, int]:
        """Read a pair."""
        weights = self._weights(bounds)
        total = sum(weights)
        if total < 1:
            raise ArtifactError("a split must be able to tell rows apart; the file is damaged")
        drawn, start, feature = source.peek(total), 0, 0
        while start + weights[feature] <= drawn:
            start += weights[feature]
            feature += 1
        cut = bounds[feature][0] if feature in bounds else 0
        if self._gain:
            while start + self._of[feature][cut] <= drawn:
                start += self._of[feature][cut]
                cut += 1
        else:
            start, cut = drawn, cut + drawn - start
        source.take(start, self._of[feature][cut], total)
        self._learn(feature, cut)
        return feature, cut
