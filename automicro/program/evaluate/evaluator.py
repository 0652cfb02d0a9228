"""A program made ready to predict raw rows, one or many."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program.evaluate.message_passing import reads_graphs
from automicro.program.evaluate.reference import apply_link, evaluate
from automicro.program.evaluate.row import row_scores
from automicro.program.inputs.graph_readers import graph_batch, holds_graphs
from automicro.program.inputs.rows import (
    FLOAT32_MAX,
    Categories,
    Texts,
    column_kinds,
    columns_of,
    level_text,
    number_of,
    offsets_of,
    steps_of,
)
from automicro.program.inputs.series import summary_row
from automicro.program.inputs.texts import gram_row
from automicro.program.nodes import Grams, Missing, Numeric, OneHot, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder, Program

__all__ = ["Evaluator"]


class Evaluator:
    """Predicts raw rows with one program.

    Called with many rows it is `evaluate` after `columns_of`; a single row takes a path in plain Python with the same result, bit for
    bit.

    Parameters
    ----------
    program : Program

    Examples
    --------
    >>> from automicro.program import Affine, Numeric, Program, Weights
    >>> program = Program(2, (Numeric(1),), Affine(Weights.of([[0.5]]), Weights.of([1.0])), "identity")
    >>> Evaluator(program)(np.array([[7.0, 4.0]]))
    array([3.])
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._kinds = list(column_kinds(program.decoders).items())
        self._places = {column: place for place, (column, _) in enumerate(self._kinds)}
        self._numeric = [place for place, (_, kind) in enumerate(self._kinds) if kind == "numeric"]
        self._series = [place for place, (_, kind) in enumerate(self._kinds) if kind == "series"]
        self._all_series = len(self._series) == len(self._kinds)
        self._all_numeric = len(self._numeric) == len(self._kinds)
        offsets = offsets_of(program.decoders)
        self._offsets = [offsets.get(self._kinds[place][0], 0.0) for place in self._numeric] if offsets else None
        self._floats = struct.Struct(f"{len(self._numeric)}f")
        self._features = _features(program.decoders, self._places)
        self._scores = None if reads_graphs(program.body) else row_scores(program.body)

    def __call__(self, rows: NDArray[Any] | Sequence[Any]) -> NDArray[np.float64]:
        """Return predictions as `evaluate` does, for rows as `columns_of` takes them, or graphs as `read_graphs` does."""
        if holds_graphs(rows):
            return self.graphs(rows)
        cells = None if self._scores is None else self._single(rows)
        if cells is None or self._scores is None:
            return evaluate(self._program, columns_of(self._program, rows))
        return _linked(self._program, self._scores(self._features(self._cells(cells))))

    def graphs(self, value: Any, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Return predictions for graphs as `read_graphs` takes them, one for each node or graph; `names` are those of all columns."""
        return evaluate(self._program, graph_batch(self._program, value, names))

    def _single(self, rows: NDArray[Any] | Sequence[Any]) -> list[Any] | None:
        """Return the cells of the columns that are read, if there is exactly one row of the right width."""
        if len(rows) == 0:
            return None
        if isinstance(rows, np.ndarray):
            if rows.ndim == 3 and self._all_series and rows.shape[:2] == (1, self._program.columns):
                return [rows[0, column] for column, _ in self._kinds]
            if self._series or rows.shape != (1, self._program.columns):
                return None
            return (
                [rows.item(0, column) for column, _ in self._kinds] if rows.dtype != np.float32 else self._short(rows)
            )
        if len(rows) != self._program.columns or isinstance(rows[0], Categories | Texts) or len(rows[0]) != 1:
            return None
        picked = [rows[column] for column, _ in self._kinds]
        if any(isinstance(column, Categories | Texts) or len(column) != 1 for column in picked):
            return None
        if any(kind == "missing" and np.ndim(cell[0]) for cell, (_, kind) in zip(picked, self._kinds, strict=True)):
            return None
        return [column[0] for column in picked]

    def _short(self, rows: NDArray[np.float32]) -> list[Any]:
        """Return cells of float32: as Python numbers where numbers are read, as they are where levels are."""
        return [rows.item(0, column) if kind == "numeric" else rows[0, column] for column, kind in self._kinds]

    def _cells(self, cells: list[Any]) -> Sequence[Any]:
        """Return cells as float32 numbers, texts (None is missing), series without what is missing, or whether they are missing."""
        given = cells if self._all_numeric else [cells[place] for place in self._numeric]
        if self._offsets is None:
            numbers = [
                cell if type(cell) is float else number_of(cell, self._kinds[place][0])
                for place, cell in zip(self._numeric, given, strict=True)
            ]
        else:
            numbers = [
                cell - offset if type(cell) is float else number_of(cell, self._kinds[place][0], offset)
                for place, cell, offset in zip(self._numeric, given, self._offsets, strict=True)
            ]
        try:
            rounded: Sequence[float] = self._floats.unpack(self._floats.pack(*numbers))
        except OverflowError:
            rounded = [float(np.float32(min(max(x, -FLOAT32_MAX), FLOAT32_MAX))) for x in numbers]
        if math.inf in rounded or -math.inf in rounded:
            rounded = [min(max(x, -FLOAT32_MAX), FLOAT32_MAX) if x == x else x for x in rounded]  # noqa: PLR0124 - NaN
        if self._all_numeric:
            return rounded
        result: list[Any] = [
            _observed(cell, column) if kind == "series" else level_text(cell)
            for cell, (column, kind) in zip(cells, self._kinds, strict=True)
        ]
        for place, number in zip(self._numeric, rounded, strict=True):
            result[place] = number
        return result


def _observed(cell: Any, column: int) -> list[float]:
    """Return what is not missing of a series, in float32."""
    steps = steps_of(cell, column)
    observed: list[float] = steps[~np.isnan(steps)].tolist()
    return observed


def _linked(program: Program, scores: list[float]) -> NDArray[np.float64]:
    """Return what `apply_link` makes of one row of scores."""
    if program.link == "identity" and program.limits is None:
        return np.array(scores if len(scores) == 1 else [scores])
    if program.link == "sigmoid":
        small = float(np.exp(-abs(scores[0])))
        p = (1.0 if scores[0] >= 0 else small) / (1.0 + small)
        return np.array([[1.0 - p, p]])
    return apply_link(program, np.array([scores]))


def _features(decoders: Sequence[Decoder], places: dict[int, int]) -> Callable[[Sequence[Any]], Sequence[float]]:
    """Return the function from decoded cells to features."""
    makers = [_maker(decoder) for decoder in decoders]
    read = [places[decoder.column] for decoder in decoders]
    if all(isinstance(decoder, Numeric) and decoder.fill is None for decoder in decoders):
        return (
            (lambda cells: cells)
            if read == list(range(len(places)))
            else lambda cells: [cells[place] for place in read]
        )

    def features(cells: Sequence[Any]) -> list[float]:
        result: list[float] = []
        for place, maker in zip(read, makers, strict=True):
            result += maker(cells[place])
        return result

    return features


def _maker(decoder: Decoder) -> Callable[[Any], Sequence[float]]:
    if isinstance(decoder, Numeric):
        fill = decoder.fill
        return (lambda x: (x,)) if fill is None else lambda x: (x if x == x else fill,)  # noqa: PLR0124 - NaN
    if isinstance(decoder, Missing):
        return lambda x: (1.0 if x is None or x == [] or x != x else 0.0,)  # noqa: PLR0124 - NaN
    if isinstance(decoder, OneHot):
        width = len(decoder.levels)
        rows = {level: tuple(float(i == j) for j in range(width)) for i, level in enumerate(decoder.levels)}
        zeros = (0.0,) * width
        return lambda x: rows.get(x, zeros)
    if isinstance(decoder, Grams):
        return gram_row(decoder)
    if isinstance(decoder, Summary):
        return summary_row(decoder)
    values = {level: (value,) for level, value in zip(decoder.levels, decoder.values.values.tolist(), strict=True)}
    default = (float(np.float32(decoder.default)),)
    return lambda x: values.get(x, default)
