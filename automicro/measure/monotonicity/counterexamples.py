"""Pairs of raw rows that differ in one column and show which way a program's score goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.measure.monotonicity.cells import UNSEEN
from automicro.program import Lookup, OneHot, columns_of, offsets_of, scores
from automicro.program.inputs.rows import FLOAT32_MAX, column_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.measure.monotonicity.cells import Cell
    from automicro.program import Program

__all__ = ["Pair", "Row", "Witnesses"]

Row = tuple["Cell", ...]  # a raw row: one cell for each source column, None where it is missing
Pair = tuple[Row, Row]
Range = tuple[float, float]

ROWS, NUMBERS = 64, 33
NOISE = 1e-9  # a drawn difference this small, relative to the score, shows nothing


class Witnesses:
    """Looks for pairs of rows that differ in one column; what is returned was evaluated on the program."""

    def __init__(
        self, program: Program, of: NDArray[np.float64], column: int, ranges: Mapping[int, Range], seed: int = 0
    ) -> None:
        self.program, self.of, self.column, self.ranges = program, of, column, ranges
        self.kinds = column_kinds(program.decoders)
        self.rng = np.random.default_rng(seed)

    def first(self, candidates: Iterable[tuple[tuple[Cell, Cell], Mapping[int, Cell]]], sign: float) -> Pair | None:
        """Return the first pair between which the score changes in the direction of `sign`; each is given as cells of columns."""
        for cells, others in candidates:
            base = [others.get(column, self._plain(column)) for column in range(self.program.columns)]
            one, two = (tuple(cell if c == self.column else b for c, b in enumerate(base)) for cell in cells)
            before, after = self._scores([one, two])
            if sign * (after - before) > 0:
                return one, two
        return None

    def drawn(self, sign: float) -> Pair | None:
        """Return the pair with the largest change in the direction of `sign` on drawn rows, None if it is none."""
        low, high = self.ranges.get(self.column, (-FLOAT32_MAX, FLOAT32_MAX))
        decades = np.logspace(-3, 3, NUMBERS // 2)
        wide = np.sort(np.concatenate((-decades, [0.0], decades)))
        grid = wide[(wide >= low) & (wide <= high)] if high - low > 1e30 else np.linspace(low, high, NUMBERS)
        rows = [row for _ in range(ROWS) for row in self._line(grid.tolist())]
        found = self._scores(rows).reshape(ROWS, -1)
        change = sign * np.diff(found, axis=1)
        row, place = divmod(int(np.nanargmax(np.where(np.isfinite(change), change, -np.inf))), change.shape[1])
        if not change[row, place] > NOISE * max(1.0, float(np.abs(found[row]).max())):
            return None
        start = row * len(grid) + place
        return rows[start], rows[start + 1]

    def in_data(self, pair: Pair, sign: float) -> Pair | None:
        """Return a pair of rows whose numbers are less their offsets as rows of the data; None if these show no change of that sign.

        Float64 may not tell two numbers apart that were apart less their offset: then the next ones are tried.
        """
        offsets = offsets_of(self.program.decoders)
        for outwards in (0.0, np.inf):
            found = [
                tuple(
                    self._cell(row[c], offsets.get(c, 0.0), away if c == self.column else 0.0) for c in range(len(row))
                )
                for row, away in zip(pair, (-outwards, outwards), strict=True)
            ]
            before, after = self._scores(found)
            if sign * (after - before) > 0:
                return found[0], found[1]
        return None

    @staticmethod
    def _cell(cell: Cell, offset: float, away: float) -> Cell:
        if not isinstance(cell, float) or not offset:
            return cell
        return float(np.nextafter(cell + offset, away)) if away else cell + offset

    def _line(self, grid: Sequence[float]) -> list[Row]:
        base = [self._any(column) for column in range(self.program.columns)]
        return [tuple(x if c == self.column else b for c, b in enumerate(base)) for x in grid]

    def _levels(self, column: int) -> list[str | None]:
        listed = (d.levels for d in self.program.decoders if d.column == column and isinstance(d, OneHot | Lookup))
        return [*dict.fromkeys(level for each in listed for level in each), UNSEEN]

    def _plain(self, column: int) -> Cell:
        """Return a cell for a column that does not matter."""
        kind = self.kinds.get(column)
        return None if kind is None else UNSEEN if kind == "category" else "" if kind == "text" else 0.0

    def _any(self, column: int) -> Cell:
        kind = self.kinds.get(column)
        if kind == "category":
            levels = self._levels(column)
            return levels[int(self.rng.integers(len(levels)))]
        if kind != "numeric" or self.rng.random() < 0.1:
            return None if kind == "numeric" else self._plain(column)
        low, high = self.ranges.get(column, (-FLOAT32_MAX, FLOAT32_MAX))
        known = high - low < 1e30
        return float(self.rng.uniform(low, high) if known else 3.0 * self.rng.normal())

    def _scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        columns = [self._column(column, [row[column] for row in rows]) for column in range(self.program.columns)]
        result: NDArray[np.float64] = scores(self.program, columns_of(self.program, columns)) @ self.of
        return result

    def _column(self, column: int, cells: Sequence[Cell]) -> Any:
        if self.kinds.get(column) == "series":
            return [np.array([cell or 0.0], dtype=np.float32) for cell in cells]
        return np.array([*cells, None], dtype=object)[:-1]
