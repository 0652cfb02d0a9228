"""New rows to predict, checked against the columns that a model was trained on."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.rows.objects import objects
from automicro.rows.readings import names_and_readings, readings_of_card
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.rows.readings import Reading

__all__ = ["RowReader", "reader_of", "rows_for_prediction"]

NO_TABLE = "rows must be a dataframe, an array, a list or a dict, but are a {}"
BOXED = (np.float64, np.float32, np.float16, np.integer, np.bool_)


def rows_for_prediction(
    rows: Any,
    names: Sequence[str] | None,
    columns: int,
    used: Collection[int] | None = None,
    reader: RowReader | None = None,
) -> NDArray[Any] | list[NDArray[Any]]:
    """Return rows in the form that `automicro.program.columns_of` reads.

    A dataframe, a dict of columns or dicts are read by column name: in any order, and columns that the model does not
    have are left out. If `names` is None, as in a model that was saved without its card, there must be as many
    columns as the model has, in its order. Arrays and lists are read by position; a single row may be flat.

    Parameters
    ----------
    rows : dataframe, array, list or dict, (rows, columns)
        Lists of rows or dicts, or the cells of one row; dicts of columns, or of the cells of one row. A pandas Series is
        one row.
    names : sequence of str or None
        The model's columns.
    columns : int
        How many columns the model has.
    used : collection of int, optional
        The columns that the model reads; others need not be there if columns are found by name. By default all.
    reader : RowReader, optional
        How the cells of each column are read, as the card has it. Columns that are parts of dates are then made of the dates: rows have
        the columns of the training table.

    Returns
    -------
    array, (rows, columns), or list of arrays, each (rows,)

    Raises
    ------
    DataError
        If a column is missing, or there are too many or too few.

    Examples
    --------
    >>> rows_for_prediction({"job": ["cook"], "age": [31]}, ("age", "job"), 2)
    [array([31], dtype=object), array(['cook'], dtype=object)]
    """
    if reader is not None:
        return reader(rows)
    return _as_given(rows, names, columns, used)


class RowReader:
    """Reads the rows that users pass as the card of a model says.

    Parameters
    ----------
    names : sequence of str
        Names of the model's columns.
    readings : sequence of Reading
        How the cells of each become what the model reads.
    used : collection of int
        The columns that the model reads.

    Attributes
    ----------
    words : dict of int to set of str, or None
        Texts that count as missing in columns of levels, if nothing else is done to any cell.
    """

    def __init__(self, names: Sequence[str], readings: Sequence[Reading], used: Collection[int]) -> None:
        own = [j for j, reading in enumerate(readings) if not reading.is_added]
        self._count, self._has_added = len(readings), len(own) < len(names)
        self._sources = [readings[j].source or names[j] for j in own]
        place = {source: i for i, source in enumerate(self._sources)}
        self._places = {j: place[readings[j].source or names[j]] for j in used}
        self._readings = {j: readings[j] for j in used if readings[j].changes}
        bare = {j: words for j, r in self._readings.items() if (words := r.bare_words) is not None}
        self.words = bare if len(bare) == len(self._readings) and not self._has_added else None

    def __call__(self, rows: Any) -> NDArray[Any] | list[NDArray[Any]]:
        """Return rows as `rows_for_prediction` does."""
        given = _as_given(rows, self._sources, len(self._sources), set(self._places.values()))
        if self._is_unchanged_row(given):
            return given
        is_matrix = isinstance(given, np.ndarray)
        cells = {j: given[:, i] if is_matrix else given[i] for j, i in self._places.items()}  # type: ignore[call-overload]  # a list or an array
        read = {j: reading.read(cells[j], self._sources[self._places[j]]) for j, reading in self._readings.items()}
        if not self._has_added and all(read[j] is cells[j] for j in read):
            return given
        blank = np.zeros(len(given) if is_matrix else len(given[0]))
        return [read.get(j, cells.get(j, blank)) for j in range(self._count)]

    def _is_unchanged_row(self, given: NDArray[Any] | list[NDArray[Any]]) -> bool:
        """Whether these are the cells of one row, of which none is a word for missing."""
        if self.words is None or not isinstance(given, np.ndarray) or len(given) != 1:
            return False
        return not any(
            isinstance(cell := given.item(0, self._places[j]), str) and cell.strip() in words
            for j, words in self.words.items()
        )


def reader_of(card: Mapping[str, Any] | None, used: Collection[int]) -> RowReader | None:
    """Return what reads rows as a card says; None without a card, or where all cells stay as they are."""
    readings = readings_of_card(card)
    return None if card is None or readings is None else RowReader(names_and_readings(card)[0], readings, used)


def _as_given(
    rows: Any, names: Sequence[str] | None, columns: int, used: Collection[int] | None
) -> NDArray[Any] | list[NDArray[Any]]:
    if isinstance(rows, np.ndarray):
        return _matrix(rows, columns)
    if isinstance(rows, list | tuple) and not (rows and all(isinstance(row, dict) for row in rows)):
        return _matrix_of_rows(rows, columns)
    height, known, column = _columns(rows)
    place = _places(known, names, columns, range(columns) if used is None else used)
    blank = np.zeros(height)
    return [column(place[j]) if j in place else blank for j in range(columns)]


def _columns(rows: Any) -> tuple[int, list[str], Callable[[int], NDArray[Any]]]:
    """Return the number of rows, the names of the columns, and the function that returns the values of column i."""
    if type(rows).__name__ == "Series" and hasattr(rows, "to_dict"):
        rows = _cells_of(rows)
    if isinstance(rows, dict):
        cells = {str(name): values if _is_column(values) else [values] for name, values in rows.items()}
        lengths = {len(values) for values in cells.values()} or {0}
        if len(lengths) > 1:
            raise DataError(f"columns must be equally long, but have from {min(lengths)} to {max(lengths)} rows")
        lists = list(cells.values())
        return lengths.pop(), list(cells), lambda i: objects(list(lists[i]))
    if isinstance(rows, list | tuple):
        named = {str(name): name for row in rows for name in row}
        keys = list(named.values())
        return len(rows), list(named), lambda i: objects([row.get(keys[i]) for row in rows])
    if isinstance(rows, str | PathLike):
        raise DataError(
            f"rows must be a table, but are the path {str(rows)!r}: pass pandas.read_csv({str(rows)!r}) or the like, or predict the file "
            f"with `automicro predict MODEL {rows}`"
        )
    return _frame_columns(rows)


def _frame_columns(rows: Any) -> tuple[int, list[str], Callable[[int], NDArray[Any]]]:
    """Return what `_columns` returns, of a dataframe."""
    kind = type(rows)
    if kind.__module__ in ("builtins", "numpy"):
        raise DataError(NO_TABLE.format(kind.__name__))
    try:
        from automicro.rows.frames import frame_of, raw_series  # noqa: PLC0415 - only dataframes need narwhals
    except ModuleNotFoundError as error:
        raise DataError(
            f"rows of type {kind.__name__} can be read only with narwhals, but {error.name} is not installed: install it, "
            "or pass a dict of columns"
        ) from None
    frame = frame_of(rows, "rows")
    if frame is None:
        raise DataError(NO_TABLE.format(kind.__name__))
    originals = frame.columns
    return len(frame), [str(name) for name in originals], lambda i: raw_series(frame.get_column(originals[i]))


def _cells_of(series: Any) -> dict[Any, Any]:
    """Return a pandas Series as its `to_dict` does, in a tenth of the time; numbers of numpy become those of Python."""
    values = series.tolist()
    if any(isinstance(value, np.generic) and not isinstance(value, BOXED) for value in values):
        cells: dict[Any, Any] = series.to_dict()
        return cells
    values = [value.item() if isinstance(value, BOXED) else value for value in values]
    return dict(zip(series.index.tolist(), values, strict=True))


def _is_column(values: Any) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str | bytes)


def _places(known: list[str], names: Sequence[str] | None, columns: int, used: Collection[int]) -> dict[int, int]:
    """Return the position in the rows of each column that the model uses."""
    if names is None:
        if len(known) != columns:
            raise DataError(
                f"rows must have {columns} columns as in training, but have {len(known)}: the model was saved without "
                "column names, so that all must be given, in their order"
            )
        return {j: j for j in used}
    place = {name: i for i, name in enumerate(known)}
    absent = [names[j] for j in sorted(used) if names[j] not in place]
    if absent:
        more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        meant = did_you_mean(absent[0], [name for name in known if name not in names])
        raise DataError(f"column {absent[0]!r}{more} must be given, but is not there{meant}")
    return {j: place[names[j]] for j in used}


def _matrix(rows: NDArray[Any], columns: int) -> NDArray[Any]:
    if rows.dtype.names:
        raise DataError("rows must not be a structured array: pass {name: rows[name] for name in rows.dtype.names}")
    matrix = rows[None, :] if rows.ndim == 1 else rows
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise DataError(f"rows must have {columns} columns as in training, but their shape is {rows.shape}")
    return matrix


def _matrix_of_rows(rows: list[Any] | tuple[Any, ...], columns: int) -> NDArray[Any]:
    if rows and not any(isinstance(row, list | tuple | dict | np.ndarray) for row in rows):
        rows = [rows]
    matrix = np.empty((len(rows), columns), dtype=object)
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple | np.ndarray) or len(row) != columns:
            remedy = ": pass a list of lists of one value each" if columns == 1 else ""
            raise DataError(f"rows must have {columns} columns as in training, but row {i} is {row!r}{remedy}")
        matrix[i] = list(row)
    return matrix
