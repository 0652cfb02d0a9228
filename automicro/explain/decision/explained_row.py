"""One row of a model as an explanation looks at it: its cells, its features, the score that is explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError, RequestError
from automicro.program import (
    Categories,
    Summary,
    Texts,
    apply_link,
    body_scores,
    columns_of,
    columns_read,
    decode,
    holds_graphs,
    take,
)
from automicro.program.inputs.graph_readers import graph_batch
from automicro.rows.reader import reader_of, rows_for_prediction
from automicro.rows.series import Series, holds_series, series_rows
from automicro.words.features import column_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.program import Batch, Column, Program

    Floats = NDArray[np.float64]

__all__ = ["ExplainedRow", "blanked", "checked_node", "factors", "one_batch", "one_row"]


@dataclass(frozen=True, eq=False)
class ExplainedRow:
    """A row, and what of the scores is explained.

    Parameters
    ----------
    program : Program
    names : tuple of str
        Names of the source columns.
    columns : tuple of Column or None
        Cells of one row.
    of : array of float64, (outputs,)
        Factors of the scores: the score of the predicted class less that of the runner-up, or the only score.
    """

    program: Program
    names: tuple[str, ...]
    columns: tuple[Column | None, ...]
    of: Floats

    @property
    def read(self) -> tuple[int, ...]:
        """Source columns that the program reads."""
        return columns_read(self.program)

    @property
    def features(self) -> Floats:
        """Decoded features of the row."""
        return np.asarray(decode(self.program.decoders, self.columns)[0], dtype=np.float64)

    def scores(self, columns: Sequence[Column | None]) -> Floats:
        """Return the explained score of variants of the row, (variants,)."""
        result: Floats = self.all_scores(columns) @ self.of
        return result

    def all_scores(self, columns: Sequence[Column | None] | None = None) -> Floats:
        """Return all scores of variants of the row, by default of the row itself, (variants, outputs)."""
        read = self.columns if columns is None else columns
        return body_scores(self.program.body, decode(self.program.decoders, read))

    def predictions(self, columns: Sequence[Column | None]) -> Floats:
        """Return what is predicted for variants of the row."""
        return apply_link(self.program, self.all_scores(columns))

    def decisions(self, columns: Sequence[Column | None]) -> NDArray[np.int64]:
        """Return the class code that is predicted for variants of the row."""
        return np.asarray(self.predictions(columns).argmax(axis=1), dtype=np.int64)

    def repeated(self, count: int) -> list[Column | None]:
        """Return the row so many times, to be changed here and there."""
        rows = np.zeros(count, dtype=np.int64)
        return [None if column is None else take(column, rows) for column in self.columns]


def one_row(program: Program, card: Mapping[str, Any] | None, row: Any, node: int | None = None) -> ExplainedRow:
    """Return a row, or a node of a graph, as a model reads it; without a card columns are found by their place.

    Raises
    ------
    DataError
        If it is not exactly one row or graph.
    RequestError
        If `node` is not a node of the graph, or there is no graph.
    """
    named = column_names(program.columns, None if card is None else dict(card))
    if holds_graphs(row):
        batch = one_batch(program, None if card is None else named, row)
        place = np.array([checked_node(batch, node)])
        return _explained(program, named, tuple(None if c is None else take(c, place) for c in batch.columns))
    if node is not None:
        raise RequestError("node: must only be given with a graph")
    if holds_series(row) or any(isinstance(decoder, Summary) for decoder in program.decoders):
        cells: Any = series_rows(row, program.columns)
    else:
        names = None if card is None else named
        used = columns_read(program)
        cells = rows_for_prediction(row, names, program.columns, used, reader_of(card, used))
    columns = tuple(columns_of(program, cells))
    given = next((_height(column) for column in columns if column is not None), 1)
    if given != 1:
        part = "X.values[i : i + 1]" if isinstance(row, Series) else "X.iloc[[i]] or X[i : i + 1]"
        raise DataError(f"explain takes one row, but got {given}: pass {part}")
    return _explained(program, named, columns)


def _explained(program: Program, names: tuple[str, ...], columns: tuple[Column | None, ...]) -> ExplainedRow:
    explained = ExplainedRow(program, names, columns, np.zeros(0))
    return replace(explained, of=factors(program, explained.all_scores()[0]))


def one_batch(program: Program, names: Sequence[str] | None, graph: Any) -> Batch:
    """Return one graph as a program is evaluated on it; raise `DataError` if there are several."""
    batch = graph_batch(program, graph, names)
    if batch.topology is not None and batch.topology.graphs != 1:
        raise DataError(f"explain takes one graph, but got {batch.topology.graphs}: pass graphs[i]")
    return batch


def checked_node(batch: Batch, node: int | None) -> int:
    """Return the node; raise `RequestError` if it is not one of the graph's."""
    nodes = 0 if batch.topology is None else batch.topology.nodes
    if not isinstance(node, int | np.integer) or isinstance(node, bool) or not 0 <= node < nodes:
        raise RequestError(f"node: must be one of the graph's, by its place from 0 to {nodes - 1}, but got {node!r}")
    return int(node)


def _height(column: Column) -> int:
    if isinstance(column, Categories):
        return len(column.codes)
    return len(column.values) if isinstance(column, Texts) else len(column)


def blanked(column: Column | None, where: NDArray[np.bool_]) -> Column | None:
    """Return a column with the cells gone that `where`, (rows,), marks."""
    if isinstance(column, Categories):
        return Categories(np.where(where, -1, column.codes).astype(np.int32), column.levels)
    if isinstance(column, Texts):
        values = [None if gone else text for gone, text in zip(where, column.values, strict=True)]
        return Texts(np.array(values, dtype=object))
    if column is None:
        return None
    gone: NDArray[np.float32] = column.copy()
    gone[where] = np.nan
    return gone


def factors(program: Program, scores: Floats) -> Floats:
    """Return what is explained of the scores of one row, (outputs,): of classes the best score less the second, else the first."""
    of = np.zeros(len(scores))
    if len(scores) == 1:
        of[0] = 1.0
        return of
    best, second = np.argsort(-scores, kind="stable")[:2]
    of[best] = 1.0
    if program.labels is not None:
        of[second] = -1.0
    return of
