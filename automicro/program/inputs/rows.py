"""Columns as the evaluator reads them, made from raw arrays, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from automicro.errors import DataError
from automicro.program.inputs.numbers import FLOAT32_MAX, is_missing, is_nested, is_word, number_of, numbers_of
from automicro.program.nodes import Grams, Lookup, Missing, Numeric, OneHot, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from automicro.program.inputs.topology import Topology
    from automicro.program.nodes import Decoder, Program

__all__ = [
    "FLOAT32_MAX",
    "Batch",
    "Categories",
    "Column",
    "Texts",
    "batch_of",
    "categories_of",
    "column_kinds",
    "columns_of",
    "columns_read",
    "is_nested",
    "level_text",
    "number_of",
    "numbers_of",
    "offsets_of",
    "raw_cells",
    "row_count",
    "series_of",
    "steps_of",
    "take",
    "texts_of",
    "without_offsets",
]


@dataclass(frozen=True, eq=False)
class Categories:
    """A column of levels: `codes` (rows,) point into `levels`, -1 is missing."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: `values` (rows,) are str, or None where the text is missing."""

    values: NDArray[np.object_]


# Numeric columns are float32 arrays (rows,), less the offset of their decoders; one channel of a series is (rows, steps); missing is NaN.
Column: TypeAlias = "NDArray[np.float32] | Categories | Texts"


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows to be evaluated together.

    Parameters
    ----------
    columns : tuple of Column or None
        One entry for each source column; None where the program does not read it.
    topology : Topology or None
        How the rows of `columns`, which are then nodes, are connected, and to which graphs they belong.
    keep : array of int64 or None
        The rows of the result that are wanted, once everything was computed; None for all.
    """

    columns: tuple[Column | None, ...]
    topology: Topology | None = None
    keep: NDArray[np.int64] | None = None

    def kept(self, result: NDArray[Any]) -> NDArray[Any]:
        """Return the wanted rows of a result."""
        return result if self.keep is None else result[self.keep]


def batch_of(columns: Batch | Sequence[Column | None]) -> Batch:
    """Return columns as a batch."""
    return columns if isinstance(columns, Batch) else Batch(tuple(columns))


def columns_read(program: Program) -> tuple[int, ...]:
    """Return the source columns that a program reads, ascending."""
    return tuple(sorted({decoder.column for decoder in program.decoders}))


def take(column: Column, rows: NDArray[np.int64]) -> Column:
    """Return some rows of a column."""
    if isinstance(column, Categories):
        return Categories(column.codes[rows], column.levels)
    return Texts(column.values[rows]) if isinstance(column, Texts) else column[rows]


def offsets_of(decoders: Iterable[Decoder]) -> dict[int, float]:
    """Return the offsets of the source columns that have one other than 0."""
    return {decoder.column: decoder.offset for decoder in decoders if isinstance(decoder, Numeric) and decoder.offset}


def without_offsets(program: Program) -> Program:
    """Return the program that reads what columns of numbers are less their offsets."""
    plain = [replace(each, offset=0.0) if isinstance(each, Numeric) else each for each in program.decoders]
    return replace(program, decoders=tuple(plain))


def raw_cells(column: Column, offset: float = 0.0) -> list[Any]:
    """Return the cells of a column as a user would hand them over: numbers, texts, lists of numbers, and None for what is missing.

    `offset` is what was subtracted from the numbers of the column.
    """
    if isinstance(column, Categories):
        levels = [*column.levels, None]
        return [levels[code] for code in column.codes.tolist()]
    if isinstance(column, Texts):
        return list(column.values)
    cells = (column.astype(np.float64) + offset if offset else column).tolist()
    return cells if column.ndim > 1 else [None if cell != cell else cell for cell in cells]  # noqa: PLR0124 - NaN alone differs from itself


def level_text(value: object) -> str | None:
    """Return the level that a cell of a category column represents; None is the missing value.

    Text stays as it is, booleans become ``"True"`` and ``"False"``, whole numbers lose their fraction (``3.0`` is ``"3"``), other
    numbers are written as Python writes them. None, NaN, NaT and pandas' NA are missing.

    Raises
    ------
    DataError
        If the cell holds several values, such as an array, a list or a tensor.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if is_nested(value):
        raise DataError(f"cells must be numbers or text, but one is a {type(value).__name__}: spread it over columns")
    return None if is_missing(value) else _number_text(value)


def _number_text(value: object) -> str:
    if isinstance(value, Real):
        number = float(value)
        return str(int(number)) if number.is_integer() else str(value)
    return str(value)


KIND_OF = {Numeric: "numeric", OneHot: "category", Lookup: "category", Grams: "text", Summary: "series"}


def column_kinds(decoders: Iterable[Decoder]) -> dict[int, str]:
    """Return what every source column that is read is read as.

    That is ``"numeric"``, ``"category"``, ``"text"``, ``"series"`` or, if only missingness counts, ``"missing"``.
    """
    kinds: dict[int, str] = {}
    for decoder in decoders:
        if isinstance(decoder, Missing):
            kinds.setdefault(decoder.column, "missing")
        else:
            kinds[decoder.column] = KIND_OF[type(decoder)]
    return kinds


def columns_of(program: Program, rows: NDArray[Any] | Sequence[Any]) -> list[Column | None]:
    """Return the columns that a program reads, from raw rows, numbers less the offsets of their decoders.

    Parameters
    ----------
    program : Program
    rows : 2-D array of any dtype, (rows, program.columns), 3-D array of series (rows, program.columns, steps), or list of columns
        Columns of a list may be arrays (rows,), sequences, `Categories`, `Texts`, or series: arrays (rows, steps) or sequences of arrays.

    Returns
    -------
    list of Column or None
        None represents columns that the program does not read. Of a program that reads none, column 0 has the number of rows.

    Raises
    ------
    DataError
        If the number of columns is wrong or a numeric column holds something that is not a number.
    """
    if isinstance(rows, np.ndarray) and rows.ndim not in {2, 3}:
        raise DataError(
            f"rows must be an array (rows, columns) or (rows, channels, steps), or a list of columns, "
            f"but got an array of {rows.ndim} dimensions"
        )
    sources: Any = rows.swapaxes(0, 1) if isinstance(rows, np.ndarray) else rows
    if len(sources) != program.columns:
        raise DataError(f"rows must have {program.columns} columns, but got {len(sources)}")
    kinds = column_kinds(program.decoders) or {0: "missing"}
    columns: list[Column | None] = [None] * program.columns
    offsets = offsets_of(program.decoders)
    for index, kind in kinds.items():
        columns[index] = _column(sources[index], kind, index, offsets.get(index, 0.0))
    return columns


def _column(values: Any, kind: str, index: int, offset: float) -> Column:
    if kind == "category":
        return values if isinstance(values, Categories) else categories_of(values)
    if kind == "missing":
        return _missingness(values)
    if kind == "text":
        return texts_of(values, index)
    if kind == "series":
        return series_of(values, index)
    if isinstance(values, Categories):
        raise DataError(f"column {index} must hold numbers, but got categories such as {values.levels[:1]}")
    try:
        return numbers_of(values, index, offset)
    except DataError:
        row = next((row for row, cell in enumerate(values) if is_word(cell)), None)
        if row is None:
            raise
        raise DataError(
            f"column {index} must hold numbers, but got {values[row]!r} in row {row}: give numbers, or nothing for a missing value"
        ).in_row(row) from None


def _missingness(values: Any) -> Column:
    """Return 0 where a cell is present and NaN where it is missing."""
    if isinstance(values, Categories):
        return values
    array = np.asarray(values.values if isinstance(values, Texts) else values)
    if array.dtype.kind in "fc":
        missing = np.isnan(array) if array.ndim == 1 else np.isnan(array).all(axis=1)
    elif array.dtype.kind in "biuUS":
        missing = np.zeros(len(array), dtype=bool)
    else:
        missing = np.fromiter((level_text(v) is None for v in array), dtype=bool, count=len(array))
    return np.where(missing, np.float32(np.nan), np.float32(0)).astype(np.float32)


def texts_of(values: Any, index: int) -> Texts:
    """Return a column of texts; numbers are put into words by `level_text`."""
    if isinstance(values, Texts):
        return values
    if isinstance(values, Categories):
        return Texts(np.array([*values.levels, None], dtype=object)[values.codes])
    array = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=object, count=len(values))
    if array.ndim != 1:
        raise DataError(f"column {index} must hold texts, but got an array of shape {array.shape}")
    return Texts(np.fromiter((level_text(value) for value in array), dtype=object, count=len(array)))


def series_of(values: Any, index: int) -> NDArray[np.float32]:
    """Return a column of series, (rows, steps): shorter ones end in NaN, infinities become the largest finite value of float32."""
    if isinstance(values, Categories | Texts):
        raise DataError(
            f"column {index} must hold series, but got {'texts' if isinstance(values, Texts) else 'levels'}"
        )
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        if values.ndim != 2:
            raise DataError(
                f"column {index} must hold series, (rows, steps), but its shape is {values.shape}: give an array "
                "(rows, channels, steps)"
            )
        return numbers_of(values, index)
    series = [steps_of(value, index) for value in values]
    padded = np.full((len(series), max(map(len, series), default=0)), np.nan, dtype=np.float32)
    for row, steps in zip(padded, series, strict=True):
        row[: len(steps)] = steps
    return padded


def steps_of(value: Any, index: int) -> NDArray[np.float32]:
    """Return one series, (steps,)."""
    if value is None:
        return np.empty(0, dtype=np.float32)
    if isinstance(value, str) or not hasattr(value, "__len__") or np.ndim(value) != 1:
        raise DataError(
            f"column {index} must hold series, but got {value!r}: give the numbers of each series in a list"
        )
    return numbers_of(value if isinstance(value, np.ndarray) else np.array(value, dtype=object), index)


def categories_of(values: Any) -> Categories:
    """Return a column of levels, each cell put into words by `level_text`."""
    array = np.asarray(values)
    known: dict[object, int] = {}
    levels: dict[str, int] = {}
    codes = np.empty(len(array), dtype=np.int32)
    for row, value in enumerate(array.tolist() if array.dtype.kind != "O" and array.dtype != np.float32 else array):
        key = value if type(value) is str else (type(value), id(value) if is_nested(value) else value)
        code = known.get(key)
        if code is None:
            text = level_text(value)
            code = -1 if text is None else levels.setdefault(text, len(levels))
            known[key] = code
        codes[row] = code
    return Categories(codes, tuple(levels))


def row_count(columns: Sequence[Column | None]) -> int:
    """Return the number of rows of columns of which at least one is there."""
    for column in columns:
        if column is not None:
            if isinstance(column, Texts):
                return len(column.values)
            return len(column.codes if isinstance(column, Categories) else column)
    raise DataError("at least one column must be given, from which rows are counted")


def used_columns(decoders: Iterable[Decoder]) -> list[int]:
    """Return the source columns that decoders read, ascending."""
    return sorted({d.column for d in decoders if isinstance(d, Numeric | Missing | OneHot | Lookup)})
