"""Tables of any library as typed columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import FEW_LEVELS, MANY_DISTINCT, read_column
from automicro.data.read.detect import missing_of, read_columns
from automicro.errors import DataError
from automicro.program import Categories
from automicro.program.inputs.rows import row_count
from automicro.rows.frames import RawColumn, frame_columns
from automicro.rows.objects import objects
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.plugin import ColumnProfile
    from automicro.program import Column
    from automicro.rows.readings import Reading

__all__ = ["Table", "check_columns", "load_table", "merged_note", "raw_columns", "table_of"]

EXACT_INTEGERS = 2.0**24
MOSTLY = 0.5  # of the different numbers of a column


@dataclass(frozen=True, eq=False)
class Table:
    """Columns as a program reads them.

    Parameters
    ----------
    names : tuple of str
    columns : tuple of Column, each (rows,)
        float32 arrays with NaN for missing, less the offsets of their profiles, or `automicro.program.Categories` with levels by falling
        frequency.
    profiles : tuple of ColumnProfile
    notes : tuple of str
        What the user should know of columns that cannot be used as they are, or lose something.
    readings : tuple of Reading
        How the cells of each column are read; empty where all cells stay as they are.
    excluded_columns : frozenset of int
        Columns that no model may read: an index that was written with the table.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    profiles: tuple[ColumnProfile, ...]
    notes: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    excluded_columns: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return row_count(self.columns)


def load_table(X: Any, *, text: Sequence[str] | None = None, missing: Sequence[str | float] | None = None) -> Table:
    """Read a table.

    Text, categoricals and enums become categories, booleans become 0 and 1; numbers and dates that are written as text are read as what
    they are where all cells of a column follow one format, and dates become days and the parts of a date. Columns that are missing or
    the same in every row are kept, since new rows have them too, but no model uses them.

    Parameters
    ----------
    X : dataframe, array, list of rows, list of dicts, or dict of columns, (rows, columns)
        A dataframe is one of pandas, polars, pyarrow or another eager library that narwhals knows. The columns of an
        array or a list of rows are named x0, x1 and so on.
    text : sequence of str, optional
        Names of the columns that are text rather than categories; inferred from their values if not given.
    missing : sequence of str or float, optional
        Words, in columns of text, and numbers that count as missing. By default NA, N/A, n/a and None where they are rare, and ?, NaN,
        NULL, null, NaT, #N/A and <NA>; blank cells always do.

    Raises
    ------
    DataError
        Where there are no rows or no columns, names that occur twice, or a column that no model can read: lists, complex numbers,
        infinities, numbers beyond float32, numbers mixed with text.

    Examples
    --------
    >>> table = load_table([{"age": 31, "job": "cook"}, {"age": None, "job": "smith"}])
    >>> [(profile.name, profile.kind, profile.missing) for profile in table.profiles]
    [('age', 'numeric', 1), ('job', 'category', 0)]
    """
    raw = raw_columns(X)
    check_columns(raw, text or ())
    read = read_columns(raw, text, missing_of(missing))
    return replace(
        table_of(read.columns, text, read.readings, read.sentences), excluded_columns=frozenset(read.excluded_columns)
    )


def raw_columns(data: Any) -> list[RawColumn]:
    """Return the columns of whatever `load_table` reads, before their kinds are known."""
    columns = frame_columns(data)
    if columns is not None:
        return columns
    if isinstance(data, dict):
        return [RawColumn(str(name), _vector(values, str(name))) for name, values in data.items()]
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        names = dict.fromkeys(name for row in data for name in row)
        return [RawColumn(str(name), objects([row.get(name) for row in data])) for name in names]
    matrix = _matrix(data)
    return [RawColumn(f"x{j}", matrix[:, j]) for j in range(matrix.shape[1])]


def table_of(
    raw: list[RawColumn],
    text: Sequence[str] | None = None,
    readings: Sequence[Reading] = (),
    notes: Sequence[str] = (),
    offsets: Mapping[int, float] | None = None,
) -> Table:
    """Read columns into a table; the columns named in `text` are text, or, if it is None, those that look like it.

    `readings` say how their cells were read before, `notes` what is known of that. `offsets` of a model are those that its program
    subtracts, by the place of the column, 0 where there is none; without them each column has what it needs.
    """
    check_columns(raw, text or ())
    rows = len(raw[0].values)
    known = [None if offsets is None else offsets.get(place, 0.0) for place in range(len(raw))]
    read = [
        read_column(column, as_text=None if text is None else column.name in text, offset=offset)
        for column, offset in zip(raw, known, strict=True)
    ]
    profiles = tuple(profile for _, profile in read)
    more = tuple(
        note
        for column, profile in read
        if (note := _note(column, profile, rows, declared=text is not None, known=notes))
    )
    names, columns = tuple(profile.name for profile in profiles), tuple(column for column, _ in read)
    return Table(names, columns, profiles, (*notes, *more), tuple(readings))


def check_columns(raw: list[RawColumn], text: Sequence[str]) -> None:
    """Raise `DataError` unless there are columns and rows, equally long, and `text` names some of them."""
    _check_names(text, [column.name for column in raw])
    if not raw:
        raise DataError("a table must have at least one column to learn from, but has none")
    rows = len(raw[0].values)
    for column in raw:
        if len(column.values) != rows:
            given = f"{raw[0].name!r} has {rows} rows and {column.name!r} has {len(column.values)}"
            raise DataError(f"columns must be equally long, but {given}")
    if rows == 0:
        raise DataError("a table must have rows to learn from, but has none")


def _check_names(text: Sequence[str], names: list[str]) -> None:
    if isinstance(text, str):
        raise DataError(f"text must be a list of names of columns, but got {text!r}: pass text=[{text!r}]")
    for name in text:
        if name not in names:
            raise DataError(f"text must name columns, but there is no column {name!r}{did_you_mean(name, names)}")


def _note(column: Column, profile: ColumnProfile, rows: int, *, declared: bool, known: Sequence[str]) -> str | None:
    name = f"column {profile.name!r}"
    if profile.missing == rows:
        return f"{name} is missing in every row and is not used"
    if profile.merged > MOSTLY * (profile.distinct + profile.merged):
        return merged_note(profile)
    if profile.distinct == 1 and not profile.missing:
        return f"{name} is the same in every row and is not used"
    if profile.kind == "text" and not declared:
        return f"{name} holds texts of several words and is read as text: text=[] makes it categories"
    if isinstance(column, Categories):
        if profile.distinct > max(FEW_LEVELS, MANY_DISTINCT * rows) and not any(repr(profile.name) in n for n in known):
            return f"{name} has {profile.distinct} different texts in {rows} rows: only frequent ones can be used"
    elif profile.integral and _reach(profile) > EXACT_INTEGERS:
        range_of = (
            f"over a range of more than 16,777,216 around {profile.offset:,.0f}"
            if profile.offset
            else "beyond 16,777,216"
        )
        return f"{name} has whole numbers {range_of}, where 32-bit floats leave gaps"
    return None


def _reach(profile: ColumnProfile) -> float:
    """Return the largest absolute value of the numbers as programs read them."""
    ends = (profile.minimum or 0.0) - profile.offset, (profile.maximum or 0.0) - profile.offset
    return max(-ends[0], ends[1])


def merged_note(profile: ColumnProfile) -> str:
    """Return a note on a column most of whose different numbers are equal as programs read them: how many, and the remedy."""
    total = profile.distinct + profile.merged
    return (
        f"column {profile.name!r} has {total:,} different numbers, but only {profile.distinct:,} as 32-bit floats: "
        "give the digits that matter a column of their own, here and in later files"
    )


def _vector(values: Any, name: str) -> NDArray[Any]:
    if not isinstance(values, list | tuple | np.ndarray):
        raise DataError(f"column {name!r} must be a list or an array, but is a {type(values).__name__}")
    array = values if isinstance(values, np.ndarray) else objects(values)
    if array.ndim != 1:
        raise DataError(f"column {name!r} must be one-dimensional, but its shape is {array.shape}")
    return array


def _matrix(data: Any) -> NDArray[Any]:
    if hasattr(data, "tocsr"):
        raise DataError(f"X must be a dense table, but is a sparse {type(data).__name__}: call toarray() on it first")
    if isinstance(data, list | tuple):
        return _matrix_of_rows(data)
    if isinstance(data, str | PathLike):
        raise DataError(
            f"X must be a table, but is the path {str(data)!r}: pass pandas.read_csv({str(data)!r}) or the like, or search the file with "
            f"`automicro select {data} --target NAME`"
        )
    if not isinstance(data, np.ndarray):
        raise DataError(f"X must be a dataframe, a 2-D array or a list of rows, but is a {type(data).__name__}")
    if data.dtype.names:
        raise DataError("X must not be a structured array: pass {name: X[name] for name in X.dtype.names}")
    if data.ndim != 2:
        raise DataError(f"X must have rows and columns, but its shape is {data.shape}: reshape it to (rows, columns)")
    return np.ma.filled(data.astype(np.float64), np.nan) if isinstance(data, np.ma.MaskedArray) else data


def _matrix_of_rows(rows: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    lengths = [len(row) if isinstance(row, list | tuple | np.ndarray) else -1 for row in rows]
    if -1 in lengths:
        odd = rows[lengths.index(-1)]
        remedy = ": pass one column as {'name': X}" if set(lengths) == {-1} else ""
        raise DataError(f"X must be a list of rows, but element {lengths.index(-1)} is {odd!r}{remedy}")
    if len(set(lengths)) > 1:
        raise DataError(f"rows must be equally long, but lengths range from {min(lengths)} to {max(lengths)}")
    matrix = np.empty((len(rows), lengths[0] if rows else 0), dtype=object)
    for i, row in enumerate(rows):
        matrix[i] = list(row)
    return matrix
