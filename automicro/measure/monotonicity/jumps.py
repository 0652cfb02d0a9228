"""By how much step tables and trees can change when one column goes from one value to another, whatever the others are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.monotonicity.cells import cells_of
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.measure.monotonicity.cells import Cell, Cells, Features, Key
    from automicro.program import Forest, StepTables, Tree

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["Jump", "Jumps", "Steps", "TableSteps", "TreeSteps", "table_steps", "tree_steps"]

MOST_PIECES = 2_000  # of trees that are joined: beyond, each tree is judged alone


@dataclass(frozen=True, eq=False)
class TableSteps:
    """One step table, its values as they count in the score."""

    feature: int
    cuts: NDArray[np.float32]
    values: Floats
    missing: float

    @property
    def features(self) -> set[int]:
        """Features that are read: a table without a cut still tells a missing value from a number."""
        return {self.feature}

    def thresholds(self) -> Iterator[tuple[int, float]]:
        """Give every feature that is compared, with what."""
        yield from ((self.feature, float(cut)) for cut in self.cuts)

    def leaves(self, at: Mapping[int, float], layout: _Layout) -> dict[int, Mask]:
        """Return the one value that is taken, whatever the other columns are."""
        x = at[self.feature]
        place = len(self.values) - 1 if np.isnan(x) else int(np.searchsorted(self.cuts, np.float32(x), side="left"))
        return {place: layout.everything}


@dataclass(frozen=True, eq=False)
class TreeSteps:
    """One tree, with the value of every node that is a leaf as it counts in the score."""

    tree: Tree
    right: NDArray[np.int32]
    values: Floats

    @property
    def features(self) -> set[int]:
        """Features that are read."""
        return {feature for feature, _ in self.thresholds()}

    def thresholds(self) -> Iterator[tuple[int, float]]:
        """Give every feature that is compared, with what."""
        split = self.tree.feature >= 0
        yield from zip(self.tree.feature[split].tolist(), self.tree.threshold[split].tolist(), strict=True)

    def leaves(self, at: Mapping[int, float], layout: _Layout) -> dict[int, Mask]:
        """Return the leaves that can be reached where some features are fixed, and in which cells of the other columns."""
        reached: dict[int, Mask] = {}
        waiting = [(0, layout.everything)]
        tree = self.tree
        while waiting:
            node, mask = waiting.pop()
            feature = int(tree.feature[node])
            if feature < 0:
                reached[node] = mask
                continue
            given = at.get(feature)
            x = layout.values[feature] if given is None else np.array([given], dtype=np.float32)
            left = ~(x > tree.threshold[node]) if tree.default_left[node] else x <= tree.threshold[node]
            for child, goes in ((node + 1, left), (int(self.right[node]), ~left)):
                if given is not None:
                    waiting += [(child, mask)] if goes[0] else []
                elif len(within := layout.restricted(mask, feature, goes)):
                    waiting.append((child, within))
        return reached


Steps = TableSteps | TreeSteps


def table_steps(node: StepTables, of: Floats) -> list[TableSteps]:
    """Return the tables of a node; `of` (outputs,) are the factors of the outputs in the score."""
    ends = np.concatenate(([0], np.cumsum(node.pieces)))
    found = []
    for table, (start, stop) in enumerate(pairwise(ends.tolist())):
        values = node.values.values[start:stop].astype(np.float64)
        gone = values[0] if node.missing is None else float(node.missing.values[table])
        factor = float(of[node.outputs[table]])
        cuts = node.cuts.values[start - table : stop - table - 1]
        if factor:
            found.append(TableSteps(node.features[table], cuts, factor * np.append(values, gone), factor * gone))
    return found


def tree_steps(node: Forest, of: Floats) -> list[TreeSteps]:
    """Return the trees of a node; `of` (outputs,) are the factors of the outputs in the score."""
    leaves = node.leaves.values.astype(np.float64)
    found = []
    for tree in node.trees:
        value = leaves @ of if leaves.shape[1] > 1 or len(of) == 1 else leaves[:, 0] * of[tree.output]
        values = np.where(tree.feature < 0, value[tree.leaf], 0.0)
        found.append(TreeSteps(tree, right_children(tree.feature), values))
    return found


@dataclass(frozen=True)
class Jump:
    """Bounds of the change of the score, and cells of other columns with which they come about, None where these cannot be told.

    The bounds are reached, unless too many trees are tied together by the columns they share: then each tree is bounded alone.
    """

    low: float
    high: float
    lowest: Mapping[int, Cell] | None
    highest: Mapping[int, Cell] | None


@dataclass(frozen=True, eq=False)
class _Layout:
    """The cells of all columns but one, side by side: a mask (cells,) says in which of them a leaf is reached."""

    columns: tuple[Cells, ...]
    starts: NDArray[np.int64]
    values: Mapping[int, NDArray[np.float32]]
    place: Mapping[int, int]

    @classmethod
    def of(cls, features: Features, steps: Sequence[Steps], fixed: frozenset[int]) -> _Layout:
        thresholds: dict[Key, dict[int, list[float]]] = {}
        for step in steps:
            for feature, threshold in step.thresholds():
                if feature not in fixed:
                    thresholds.setdefault(features.key(feature), {}).setdefault(feature, []).append(threshold)
        columns = tuple(cells_of(features, key, compared) for key, compared in sorted(thresholds.items()))
        starts = np.concatenate(([0], np.cumsum([len(each) for each in columns]))).astype(np.int64)
        values = {f: x for each in columns for f, x in each.values.items()}
        return cls(columns, starts, values, {f: c for c, each in enumerate(columns) for f in each.values})

    @property
    def everything(self) -> Mask:
        return np.ones(int(self.starts[-1]), dtype=np.bool_)

    def restricted(self, mask: Mask, feature: int, goes: Mask) -> Mask:
        """Return the cells of a mask with which a feature goes one way; nothing, of length 0, if there is none."""
        column = self.place[feature]
        within = mask.copy()
        within[self.starts[column] : self.starts[column + 1]] &= goes
        return within if within[self.starts[column] : self.starts[column + 1]].any() else mask[:0]

    def read(self, masks: Mask) -> Mask:
        """Return which columns masks (masks, cells) restrict."""
        varies = np.asarray(~masks.all(axis=0))
        return np.array([varies[start:stop].any() for start, stop in pairwise(self.starts.tolist())], dtype=np.bool_)

    def possible(self, masks: Mask) -> Mask:
        """Return which masks (masks, cells) leave every column a cell."""
        result = np.ones(len(masks), dtype=np.bool_)
        for start, stop in pairwise(self.starts.tolist()):
            result &= masks[:, start:stop].any(axis=1)
        return result

    def cells(self, mask: Mask) -> dict[int, Cell] | None:
        """Return a cell of every column that a mask allows, present values first; None where the content is unknown."""
        found: dict[int, Cell] = {}
        for column, start, stop in zip(self.columns, self.starts[:-1], self.starts[1:], strict=True):
            inside = int(np.flatnonzero(mask[start:stop])[0])
            if column.raw is not None:
                found[column.key[1]] = column.raw[inside]
            elif not mask[start:stop].all():
                return None
        return found


@dataclass(frozen=True, eq=False)
class _Pieces:
    """A function of the other columns: its value in each of some sets of cells, which cover all cells together."""

    masks: Mask
    values: Floats


class Jumps:
    """The tables and trees of a program that read one column."""

    def __init__(self, features: Features, steps: Sequence[Steps], fixed: Sequence[int]) -> None:
        own = frozenset(fixed)
        read = [step for step in steps if own & step.features]
        self._steps = [(step, {each for each in step.thresholds() if each[0] in own}) for step in read]
        self._layout = _Layout.of(features, read, own)
        self.thresholds = sorted(set().union(*(at for _, at in self._steps)))

    def between(self, before: Mapping[int, float], after: Mapping[int, float], over: float | None = None) -> Jump:
        """Return the change of the sum of all steps where the column's features go from some values to others.

        Parameters
        ----------
        before, after : mapping of feature to value
        over : float, optional
            The only threshold between the two.
        """
        crossed = [step for step, at in self._steps if over is None or any(t == over for _, t in at)]
        changes = [change for step in crossed if (change := self._change(step, before, after)) is not None]
        if not changes:
            return Jump(0.0, 0.0, {}, {})
        joined: Sequence[_Pieces] = changes
        strongest: Sequence[_Pieces]
        if all(c.values.min() >= 0 for c in changes) or all(c.values.max() <= 0 for c in changes):
            strongest = [max(changes, key=lambda change: float(np.abs(change.values).max()))]
        else:
            joined = strongest = self._joined(changes)
        low, high = (sum(float(pick(change.values)) for change in joined) for pick in (np.min, np.max))
        return Jump(low, high, self._where(strongest, np.argmin), self._where(strongest, np.argmax))

    def _change(self, step: Steps, before: Mapping[int, float], after: Mapping[int, float]) -> _Pieces | None:
        """Return the change of one step, None where it never changes."""
        first, second = step.leaves(before, self._layout), step.leaves(after, self._layout)
        masks, values = [], []
        for leaf, mask in first.items():
            if leaf in second:  # whoever is in this leaf stays there
                masks.append(mask)
                values.append(0.0)
                continue
            for other, to in second.items():
                if other not in first and self._layout.possible((both := mask & to)[None])[0]:
                    masks.append(both)
                    values.append(float(step.values[other] - step.values[leaf]))
        return _Pieces(np.array(masks), np.array(values)) if any(values) else None

    def _joined(self, changes: Sequence[_Pieces]) -> Sequence[_Pieces]:
        """Return functions that share no column, with the same sum; those that were given where that takes too much."""
        apart: list[tuple[Mask, _Pieces]] = []
        for change in changes:
            together, columns = change, self._layout.read(change.masks)
            for near in [each for each in apart if (each[0] & columns).any()]:
                if len(together.values) * len(near[1].values) > MOST_PIECES:
                    return changes
                apart = [each for each in apart if each is not near]
                together, columns = self._both(near[1], together), columns | near[0]
            apart.append((columns, together))
        return [pieces for _, pieces in apart]

    def _both(self, one: _Pieces, other: _Pieces) -> _Pieces:
        values = (one.values[:, None] + other.values[None]).ravel()
        masks = (one.masks[:, None] & other.masks[None]).reshape(len(values), one.masks.shape[1])
        kept = self._layout.possible(masks)
        return _Pieces(masks[kept], values[kept])

    def _where(self, joined: Sequence[_Pieces], pick: Callable[[Floats], np.intp]) -> dict[int, Cell] | None:
        mask = self._layout.everything
        for change in joined:
            mask = mask & change.masks[pick(change.values)]
        return self._layout.cells(mask) if self._layout.possible(mask[None])[0] else None
