"""A model in its deployed form: loads, predicts, saves, with numpy alone. Imports `explain` where it is called: a quarter less to load."""

from __future__ import annotations

from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from automicro.bounded import read_bounded
from automicro.errors import ArtifactError, DataError
from automicro.escaped import escaped
from automicro.outputs import save
from automicro.program import (
    Batch,
    Evaluator,
    Summary,
    attention_of,
    columns_of,
    columns_read,
    gives_graphs,
    holds_graphs,
    offsets_of,
    outlier_distances,
    pack,
    read_artifact,
    reads_graphs,
    write_artifact,
)
from automicro.program.inputs.graph_readers import graph_batch
from automicro.program.inputs.rows import column_kinds
from automicro.rows.card import check_card
from automicro.rows.one_row import FrameRow
from automicro.rows.reader import reader_of, rows_for_prediction
from automicro.rows.series import holds_series, series_rows
from automicro.runtime.fitted import Fitted, columns_named
from automicro.values import same

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from automicro.explain import Explanation, ModelExplanation, Replay
    from automicro.program import Attended, Column, Program

__all__ = ["Model", "load"]

MOST_BYTES = 1 << 28  # of a model file
REPLAYED = 300  # rows that are drawn to begin a replay with


class Model(Fitted):
    """A program and, where there is one, its card.

    Parameters
    ----------
    program : Program
        The nodes that compute a prediction; `automicro.load` reads it from a file.
    card : dict, optional
        Column names, provenance and evidence, as `automicro.request.Card` describes them. Predictions do not depend on it; without it
        tables are read by the position of their columns.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> model = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0).model
    >>> model.predict([[7, 0], [70, 0]])
    array([False,  True])
    """

    def __init__(self, program: Program, card: dict[str, Any] | None = None) -> None:
        self.program = program
        self.card = card
        self._evaluate = Evaluator(program)
        self._used = columns_read(program)
        self._of_series = any(isinstance(decoder, Summary) for decoder in program.decoders)
        self._of_graphs = reads_graphs(program.body)
        self._labels = None if program.labels is None else np.array(program.labels)
        order = () if self._labels is None else np.argsort(self._labels, kind="stable").tolist()
        self._ascending = None if order == list(range(len(order))) else np.array(order, dtype=np.int64)
        self._names = None if card is None else tuple(column["name"] for column in card["columns"])
        self._reader = reader_of(card, self._used)
        words = {} if self._reader is None else self._reader.words
        of_rows = self._names is not None and words is not None and not (self._of_series or self._of_graphs)
        self._frame_row = FrameRow(self._names, self._used, words) if of_rows and self._names is not None else None

    @cached_property
    def payload(self) -> bytes:
        """The stripped file."""
        return pack(self.program)

    @property
    def size_bytes(self) -> int:
        """Size of the stripped file: everything needed to predict from raw rows."""
        return len(self.payload)

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels in ascending order, as the columns of `predict_proba`, under the name that scikit-learn looks for.

        The program's own labels (``program.labels``) have the positive class last.
        """
        if self._labels is None:
            raise AttributeError("classes_ belongs to classifiers, but this model predicts numbers")
        return self._labels if self._ascending is None else self._labels[self._ascending]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return a label or a value for each row.

        Parameters
        ----------
        X : table or array, (rows, columns)
            Series: an array (series, channels, steps), a list of arrays (channels, steps), or what
            `automicro.series_of` returns; one alone may be (channels, steps). Else raw rows: a dataframe (pandas,
            polars, pyarrow; columns in any order, found by name if the model has its card), a 2-D array or a list of
            rows with all source columns in the order of the training table. An unseen category counts as a rare one;
            a missing value (None, NaN) is treated as in training. Of a model of graphs: a graph or a list of graphs,
            each a dict with `x`, `edge_index` and, where edges have attributes, `edge_attr`, a torch_geometric Data
            or a networkx graph. It predicts for every node, or for every graph.

        Returns
        -------
        array, (rows,)

        Raises
        ------
        DataError
            If a column that the model reads is not there, or holds text where numbers are needed.
        """
        result = self._scores(X)
        return result if self._labels is None else self._labels[np.argmax(result, axis=1)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (rows, classes), in the order of `classes_`; see `predict` for `X`.

        Raises
        ------
        DataError
            As `predict`, and for a regression model.
        """
        if self._labels is None:
            raise DataError("predict_proba needs a classifier, but this model predicts numbers: call predict")
        return self._scores(X) if self._ascending is None else self._scores(X)[:, self._ascending]

    @property
    def reads_graphs(self) -> bool:
        """Whether the model reads graphs rather than rows."""
        return self._of_graphs

    @property
    def predicts_graphs(self) -> bool:
        """Whether the model predicts whole graphs rather than rows or nodes."""
        return gives_graphs(self.program.body)

    @cached_property
    def offsets(self) -> dict[int, float]:
        """What is subtracted from columns of numbers before they are rounded to float32, by their place, where it is not 0."""
        kinds = column_kinds(self.program.decoders)
        entries = enumerate(() if self.card is None else self.card["columns"])
        unread = {
            place: entry["offset"] for place, entry in entries if entry.get("offset") and kinds.get(place) != "numeric"
        }
        return unread | offsets_of(self.program.decoders)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the source columns; their positions where there is no card."""
        return self._names or tuple(f"column {place}" for place in range(self.program.columns))

    @overload
    def explain(self) -> ModelExplanation: ...

    @overload
    def explain(
        self, row: Any, *, immutable: Collection[str] = (), node: int | None = None, seed: int = 0
    ) -> Explanation: ...

    def explain(
        self, row: Any = None, *, immutable: Collection[str] = (), node: int | None = None, seed: int = 0
    ) -> Explanation | ModelExplanation:
        """Return the decision on one row step by step, in at most twelve lines; or, without a row, the whole model.

        The parts of a decision add up to the score; of classes there is the nearest change, within the ranges that training has seen,
        that would change the output. The whole model comes as an equation, tables, rules or prototypes, with how columns are read and which
        of them interact, and with the result of its replay. These are associations of the model, not causes.

        Parameters
        ----------
        row : table, array, list or dict, optional
            One row or one graph; see `predict`.
        immutable : collection of str
            Columns that the change must leave alone.
        node : int, optional
            Row number of the node, for a model that predicts nodes of a graph.
        seed : int
            Seed of the orders in which columns or nodes are credited, if the model is no sum, and of the rows of the replay.

        Raises
        ------
        DataError
            If it is not exactly one row or graph, or a column is not there.
        RequestError
            If `immutable` names what is no column of the model, or `node` is not one of the graph's.
        """
        from automicro.explain import ModelExplanation, explain, global_card

        if row is None:
            card = global_card(self.program, self.card)
            return ModelExplanation(card, self._replayed(card, None, seed))
        with columns_named(self._names):
            return explain(self.program, self.card, row, immutable=immutable, node=node, seed=seed)

    def replay(self, X: Any = None, *, seed: int = 0) -> Replay:
        """Hold what the file says about its model against the model: the card's `explanation`, or what `explain` shows if it has none.

        An interpreter that sees only these data and a row must give the model's scores, labels, one-unit changes and flip points
        on some 1,000 rows, and the steps that explain single rows must be there.

        Parameters
        ----------
        X : table or array, (rows, columns), optional
            Rows to begin with; see `predict`. Without them they are drawn within the ranges on the card.
        seed : int
            Seed of the rows that are drawn.

        Raises
        ------
        DataError
            As `predict`.
        """
        return self._replayed((self.card or {}).get("explanation"), X, seed)

    def _replayed(self, shown: dict[str, Any] | None, X: Any, seed: int) -> Replay:
        from automicro.explain import drawn_rows, global_card, replay

        shown = global_card(self.program, self.card) if shown is None else shown
        if X is None:
            batch = drawn_rows(self.program, self.card, REPLAYED, seed)
        elif self._of_graphs:
            batch = graph_batch(self.program, X, self._names)
        else:
            with columns_named(self._names):
                batch = Batch(tuple(self._columns(X)))
        return replay(self.program, shown, batch, self.column_names, seed=seed)

    def attention(self, X: Any) -> Attended:
        """Return how heads weighed the tokens of rows, for models whose heads pool tokens; see `predict` for `X`.

        The weights show how the model computes, not what caused an outcome; `automicro.report.attention_text` puts them in words.

        Raises
        ------
        DataError
            As `predict`, and if the model has no such heads.
        """
        with columns_named(self._names):
            return attention_of(self.program, self._columns(X), self._names)

    def outlier_distance(self, X: Any) -> NDArray[np.float64]:
        """Return how far each row is from the nearest prototype, (rows,), for models of prototypes; see `predict` for `X`.

        It is the squared distance under the model's relevances. The card's `outlier_distance` is what 99 % of the training rows stay
        within: a row beyond it is unlike those that the model has seen, whatever its label.

        Raises
        ------
        DataError
            As `predict`, and if the model has no prototypes.
        """
        with columns_named(self._names):
            return outlier_distances(self.program, self._columns(X))

    def read(self, X: Any) -> list[Column | None]:
        """Return rows as the program reads them, one entry for each source column, None for those that it does not read.

        Parameters
        ----------
        X : table, array or series
            See `predict`; graphs if the model reads their nodes without their edges.

        Raises
        ------
        DataError
            As `predict`, and if the model reads graphs.
        """
        if self._of_graphs:
            raise DataError(
                "read, effects and importance take rows, but this model reads graphs: use explain for single decisions"
            )
        with columns_named(self._names):
            return self._columns(X)

    def _columns(self, X: Any) -> list[Column | None]:
        if holds_graphs(X):
            return list(graph_batch(self.program, X, self._names).columns)
        return columns_of(self.program, self._rows(X))

    def _scores(self, X: Any) -> NDArray[np.float64]:
        with columns_named(self._names):
            if self._frame_row is not None and (cells := self._frame_row(X)) is not None:
                return self._evaluate(cells)
            if self._of_graphs or holds_graphs(X):
                return self._evaluate.graphs(X, self._names)
            return self._evaluate(self._rows(X))

    def _rows(self, X: Any) -> Any:
        """Return rows or series in the form that `columns_of` reads."""
        if self._of_series or holds_series(X):
            return series_rows(X, self.program.columns)
        return rows_for_prediction(X, self._names, self.program.columns, self._used, self._reader)

    def to_bytes(self, *, strip: bool = False) -> bytes:
        """Return the file's content; without the card if `strip`."""
        return self.payload if strip or self.card is None else write_artifact(self.program, self.card)

    def save(self, path: str | PathLike[str], *, strip: bool = False) -> None:
        """Write the model to a file.

        Parameters
        ----------
        path : path
        strip : bool
            Whether to leave the card out: the file then has exactly `size_bytes` bytes, and no column names, so that a table
            to predict must have the columns of the training table in their order.

        Raises
        ------
        OutputError
            If the file cannot be written; an older one is then still whole.
        """
        save("the model", path, self.to_bytes(strip=strip))

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """Read a model from the content of a file; raise `ArtifactError` if it is none."""
        program, card = read_artifact(content)
        if card is not None:
            check_card(card, program.columns)
        return cls(program, card)

    def __eq__(self, other: object) -> bool:
        """Whether the other is a model of the same bytes and the same card."""
        if not isinstance(other, Model):
            return NotImplemented
        return self.payload == other.payload and same(self.card, other.card)

    def __hash__(self) -> int:
        return hash(self.payload)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as the file: what `to_bytes` returns."""
        return type(self).from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        family = "" if self.card is None else f"{escaped(str(self.card.get('family')))}, "
        return f"Model({family}{self.size_bytes} bytes)"


def load(path: str | PathLike[str]) -> Model:
    """Read a model from a file.

    Parameters
    ----------
    path : path
        The file that `Model.save` or a search has written.

    Returns
    -------
    Model
        The model, with its card if the file holds one.

    Raises
    ------
    ArtifactError
        If the file does not exist or is not an intact model, or `path` is not a path.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> selection = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0)
    >>> selection.model.save("halves.micro")
    >>> automicro.load("halves.micro") == selection.model
    True
    """
    if not isinstance(path, str | PathLike):
        raise ArtifactError(
            f"load takes the path of a model file, but got a {type(path).__name__}: bytes are read by Model.from_bytes"
        )
    try:
        content = read_bounded(path, MOST_BYTES)
    except OSError as error:
        raise ArtifactError(f"a model file must be readable, but {path}: {error.strerror or error}") from error
    try:
        return Model.from_bytes(content)
    except ArtifactError as error:
        raise ArtifactError(f"{path} must be a model that automicro has written: {error}") from None
