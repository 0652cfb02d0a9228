"""Weights, groups and time, given as columns or as values, in the order of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import numeric_values, value_kind, where_missing
from automicro.errors import DataError
from automicro.rows.frames import RawColumn, labels_in, raw_values
from automicro.rows.moments import times_in
from automicro.rows.series import Series
from automicro.rows.words import CERTAIN
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["groups_of", "order_of", "taken_roles", "weights_of"]


def name_of(value: Any, columns: list[RawColumn]) -> Any:
    """Return the name that a column of a table has here, if the value is a number or a tuple that names one; else the value."""
    if isinstance(value, int | tuple | np.integer) and not isinstance(value, bool):
        name = str(value)
        if any(column.name == name for column in columns):
            return name
    return value


def taken_roles(
    X: Any, columns: list[RawColumn], given: dict[str, Any]
) -> tuple[dict[str, RawColumn], set[str], list[str]]:
    """Return what each role was given in the order of the rows, the columns that are named, and a note for each that was moved.

    Raises
    ------
    DataError
        If a column is not there, or an index has labels that the rows of X have not.
    """
    moved = {role: aligned(X, name_of(value, columns), role) for role, value in given.items() if value is not None}
    named = {value for value, _ in moved.values() if isinstance(value, str)}
    taken = {role: taken_role(value, role, columns) for role, (value, _) in moved.items()}
    return taken, named, [note for _, note in moved.values() if note is not None]


def taken_role(value: Any, role: str, columns: list[RawColumn]) -> RawColumn:
    """Return the column that a role names, or its values; blank cells and certain words for missing are None."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        raise DataError(f"{role} must be a column of the table or an array, but there is no column {value}")
    if not isinstance(value, str):
        return _blanked(raw_values(value, role))
    for column in columns:
        if column.name == value:
            return _blanked(column)
    meant = did_you_mean(value, [column.name for column in columns])
    raise DataError(f"{role} must be a column of the table or an array, but there is no column {value!r}{meant}")


def _blanked(raw: RawColumn) -> RawColumn:
    """Return values of which blank texts, and words that can only mean missing, are None."""
    if raw.values.dtype.kind not in "OUT" or raw.values.ndim != 1:
        return raw
    gone = [row for row, v in enumerate(raw.values.tolist()) if isinstance(v, str) and v.strip() in CERTAIN]
    if not gone:
        return raw
    values = raw.values.astype(object)
    values[gone] = None
    return replace(raw, values=values)


def aligned(X: Any, value: Any, role: str) -> tuple[Any, str | None]:
    """Return what a role was given in the order of the rows, and a note if its index had their labels in another order.

    Of a pandas object for a pandas table, or for series with ids, values belong to the rows of their labels. Other values, and those of two
    default indices, are taken by position.

    Raises
    ------
    DataError
        If the labels are others, or occur twice in different orders.
    """
    own = X.ids.tolist() if isinstance(X, Series) and X.ids is not None else labels_in(X)
    other = labels_in(value)
    if own is None or other is None or own == other or len(own) != len(other):
        return value, None
    place = {label: row for row, label in enumerate(other)}
    if len(place) == len(other) and place.keys() == set(own):
        note = f"{role}: its index has the labels of the rows in another order, and its values were aligned by label"
        return value.iloc[[place[label] for label in own]], note
    if isinstance(X, Series) and other == list(range(len(other))) and not any(isinstance(one, int) for one in own):
        return value, None
    strange = next((label for label in other if label not in set(own)), None)
    why = "some occur twice" if strange is None else f"{strange!r} is none of them"
    raise DataError(
        f"the index of {role} must have the labels of the rows, each once, but {why}: align it with the rows, or pass "
        "its values as an array to take them by position"
    )


def _checked(raw: RawColumn, role: str, rows: int) -> RawColumn:
    if raw.values.shape != (rows,):
        raise DataError(f"{role} must have one value for each of the {rows} rows, but the shape is {raw.values.shape}")
    if missing := int(where_missing(raw.values).sum()):
        raise DataError(
            f"{role} must be known in every row, but is missing in {missing} of {rows} rows: drop these rows"
        )
    return raw


def weights_of(raw: RawColumn, rows: int) -> NDArray[np.float64]:
    """Return weights, (rows,), finite and not negative."""
    kind = value_kind(_checked(raw, "weights", rows).values)
    if kind not in {"numeric", "boolean"}:
        raise DataError(f"weights must be numbers, but hold {kind} values")
    weights = numeric_values(raw.values)
    if bad := int((~np.isfinite(weights) | (weights < 0)).sum()):
        raise DataError(f"weights must be finite and not negative, but {bad} of {rows} are not: 0 leaves a row out")
    if not weights.any():
        raise DataError("weights must not all be 0: no row would count")
    return weights


def groups_of(raw: RawColumn, rows: int) -> NDArray[np.int64]:
    """Return the code of the group of each row, (rows,)."""
    codes = _ranks(_checked(raw, "groups", rows), "groups")
    if codes.max() == 0:
        raise DataError("there must be at least two groups, but every row is of the same one: leave groups out")
    return codes


def order_of(raw: RawColumn, rows: int) -> NDArray[np.int64]:
    """Return the rank in time of each row, (rows,)."""
    ranks = _ranks(replace(raw, values=times_in(_checked(raw, "time", rows).values, "time")), "time")
    if ranks.max() == 0:
        raise DataError("time must vary, but is the same in every row: leave time out")
    return ranks


def _ranks(raw: RawColumn, role: str) -> NDArray[np.int64]:
    try:
        return np.unique(raw.values, return_inverse=True)[1].astype(np.int64)
    except TypeError:
        raise DataError(
            f"{role} must hold values of one type, which can be sorted, but mixes several: turn all of them into text"
        ) from None
