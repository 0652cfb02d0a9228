"""Series as columns: one for each channel, from arrays or from long tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import numeric_values, value_kind, where_missing
from automicro.data.read.table import Table, raw_columns
from automicro.errors import DataError
from automicro.plugin import ColumnProfile
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.rows.moments import times_in
from automicro.rows.series import Series, series_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.rows.frames import RawColumn

__all__ = ["series_of", "series_table"]


def series_of(frame: Any, *, id: str, time: str, labels: Sequence[str] = ()) -> Series:  # noqa: A002 - the name users know
    """Return the series of a long table, in the order in which they begin there.

    Parameters
    ----------
    frame : table, (steps of all series, columns)
        One row for each step; all columns that are not named below are channels and must hold numbers.
    id : str
        Name of the column with the series of each row.
    time : str
        Name of the column that orders the rows of a series.
    labels : sequence of str
        Names of columns with one value for each series, such as the target.

    Returns
    -------
    Series
        The series, as `select` and `Model.predict` take them.

    Raises
    ------
    DataError
        If a column is not there, a channel holds no numbers, or a label differs within a series.

    Examples
    --------
    >>> rows = {"id": ["a", "a", "b"], "t": [2, 1, 1], "x": [5.0, 4.0, 6.0], "y": [1, 1, 0]}
    >>> series = series_of(rows, id="id", time="t", labels=["y"])
    >>> series.values.tolist(), series.labels["y"].tolist()
    ([[[4.0, 5.0]], [[6.0, nan]]], [1, 0])
    """
    if isinstance(labels, str):
        raise DataError(f"labels must be a list of names of columns, but got {labels!r}: pass labels=[{labels!r}]")
    columns = {column.name: column for column in raw_columns(frame)}
    for name in (id, time, *labels):
        if name not in columns:
            raise DataError(f"column {name!r} must be in the long table, but there are only {', '.join(columns)}")
    owner, first = _owners(columns[id], "the id of a series")
    steps = columns[time]
    if not where_missing(steps.values).any():
        steps = replace(steps, values=times_in(steps.values, f"the time of a step (column {time!r})"))
    ranks = _owners(steps, "the time of a step")[0]
    order = np.lexsort((ranks, owner))
    sizes = np.bincount(owner)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    channels = [name for name in columns if name not in {id, time, *labels}]
    if not channels:
        raise DataError("a long table must have a channel besides id, time and labels, but has none")
    values = np.full((len(sizes), len(channels), int(sizes.max())), np.nan)
    for place, name in enumerate(channels):
        values[owner[order], place, step] = _numbers(columns[name])[order]
    of_series = {name: _label(columns[name], owner, first) for name in labels}
    return Series(values, tuple(channels), of_series, columns[id].values[first])


def _owners(raw: RawColumn, role: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for every row the place of its value among the distinct ones, ascending for times, and the first row of each."""
    if len(raw.values) == 0:
        raise DataError("a long table must have rows, but has none")
    if where_missing(raw.values).any():
        raise DataError(f"{role} must be known in every row, but column {raw.name!r} has missing values")
    try:
        _, first, codes = np.unique(raw.values, return_index=True, return_inverse=True)
    except TypeError:
        raise DataError(f"{role} must hold values of one type, but column {raw.name!r} mixes several") from None
    if role.startswith("the time"):
        return codes.astype(np.int64), first
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[codes], np.sort(first)


def _numbers(raw: RawColumn) -> NDArray[np.float64]:
    kind = value_kind(raw.values)
    if kind not in {"numeric", "boolean", "missing"}:
        raise DataError(
            f"channel {raw.name!r} must hold numbers, but holds {kind} values: name it in labels or drop it"
        )
    return np.full(len(raw.values), np.nan) if kind == "missing" else numeric_values(raw.values)


def _label(raw: RawColumn, owner: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[Any]:
    labels: NDArray[Any] = raw.values[first]
    same = labels[owner] == raw.values
    unlike = ~np.asarray(same, dtype=bool) & ~where_missing(raw.values)
    if unlike.any():
        raise DataError(f"label {raw.name!r} must have one value for each series, but differs within a series")
    return labels


def series_table(X: Any) -> Table:
    """Return series as a table with one column for each channel.

    Raises
    ------
    DataError
        If there are no series or no steps, or values that are infinite or beyond float32.
    """
    values = series_rows(X)
    if 0 in values.shape:
        raise DataError(f"series must have channels and steps to learn from, but their shape is {values.shape}")
    names = X.names if isinstance(X, Series) else tuple(f"channel {j}" for j in range(values.shape[1]))
    if too_large := int((np.abs(values) > FLOAT32_MAX).sum()):
        raise DataError(
            f"series must hold finite numbers, but {too_large} are infinite or beyond 32-bit floats (3.4e38): "
            "set them to NaN for missing, or to a limit"
        )
    columns = tuple(np.ascontiguousarray(values[:, j], dtype=np.float32) for j in range(values.shape[1]))
    profiles = tuple(_profile(name, column) for name, column in zip(names, columns, strict=True))
    empty = [name for name, profile in zip(names, profiles, strict=True) if not profile.distinct]
    return Table(
        names, columns, profiles, tuple(f"{name!r} has no value in any series and is not used" for name in empty)
    )


def _profile(name: str, column: NDArray[np.float32]) -> ColumnProfile:
    known = np.unique(column[~np.isnan(column)])
    return ColumnProfile(
        name=name,
        kind="series",
        missing=int(np.isnan(column).all(axis=1).sum()),
        distinct=len(known),
        minimum=float(known[0]) if len(known) else None,
        maximum=float(known[-1]) if len(known) else None,
        integral=bool((known == np.floor(known)).all()),
    )
