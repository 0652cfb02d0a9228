"""One row of a data frame, read cell by cell: reading it as a table takes a hundred times as long as the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

__all__ = ["FrameRow"]

PLAIN = frozenset({int, bool, str, type(None)})
BLANK = (0.0,)  # where a model does not read the column


class FrameRow:
    """Reads the only row of a pandas or polars data frame, for a model with named columns.

    It returns what the general path returns, or None for whatever is not plain there (several rows, columns that are absent or have no
    text for a name, dates, missing values of nullable columns and other cells that a library has a type of its own for), which the
    general path then reads or refuses. The positions of the columns are kept from one frame to the next.

    Parameters
    ----------
    names : sequence of str
        The model's columns.
    used : collection of int
        Those that it reads.
    words : mapping of int to set of str, optional
        Texts that count as missing in a column of levels.
    """

    def __init__(
        self, names: Sequence[str], used: Collection[int], words: Mapping[int, frozenset[str]] | None = None
    ) -> None:
        self._words = words or {}
        self._blank = [BLANK] * len(names)
        self._names = {column: names[column] for column in used}
        self._known: Any = None
        self._places: list[tuple[int, int]] | None = None

    def __call__(self, frame: Any) -> list[Any] | None:
        """Return one sequence of one cell for each column of the model; None where the general path must read the frame."""
        cell_at = self._reader(frame)
        if cell_at is None or self._places is None:
            return None
        cells = self._blank.copy()
        for column, place in self._places:
            cell = cell_at(place)
            kind = type(cell)
            if kind is str:
                if column in self._words and cell.strip() in self._words[column]:
                    return None
            elif kind is float:
                if cell == cell and not _is_double(frame, place):  # noqa: PLR0124 - NaN differs from itself
                    return None
            elif kind not in PLAIN and not isinstance(cell, np.floating | np.integer | np.bool_):
                return None
            cells[column] = (cell,)
        return cells

    def _reader(self, frame: Any) -> Callable[[int], Any] | None:
        """Return the function from a place to the cell there, of a data frame of one row; None of anything else."""
        kind = type(frame)
        library = kind.__module__.partition(".")[0]
        if kind.__name__ != "DataFrame" or library not in ("pandas", "polars") or len(frame) != 1:
            return None
        columns = frame.columns
        if library == "polars":
            if type(self._known) is not list or columns != self._known:
                self._known, self._places = columns, self._found(columns)
            return lambda place: frame.item(0, place)
        if type(self._known) is not type(columns) or not columns.equals(self._known):
            self._known = columns
            self._places = self._found(columns.tolist()) if columns.nlevels == 1 else None
        at = frame.iat
        return lambda place: at[0, place]

    def _found(self, known: list[Any]) -> list[tuple[int, int]] | None:
        """Return the columns of the model that are read, each with its place in the frame."""
        if not all(type(name) is str for name in known) or len(set(known)) < len(known):
            return None
        place = {name: number for number, name in enumerate(known)}
        if not all(name in place for name in self._names.values()):
            return None
        return [(column, place[name]) for column, name in self._names.items()]


def _is_double(frame: Any, place: int) -> bool:
    """Whether a column whose cell is a number of Python holds numbers of that precision: shorter ones are other levels."""
    dtype = frame.dtypes[place] if isinstance(frame.dtypes, list) else frame.dtypes.iloc[place]
    return isinstance(dtype, np.dtype) or str(dtype) in ("Float64", "double[pyarrow]")
