"""The target: which task it poses, its class codes and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data.read.column import REMEDY, USABLE, numeric_values, value_kind, where_missing
from automicro.data.read.detect import Missing
from automicro.data.read.target_cells import target_cells
from automicro.errors import DataError
from automicro.program.inputs.rows import FLOAT32_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin.profile import Task
    from automicro.rows.frames import RawColumn

__all__ = ["Labels", "Target", "read_target"]

Labels = tuple[str, ...] | tuple[int, ...] | tuple[bool, ...] | tuple[float, ...]
FEWEST_ROWS = 4
MOST_CLASSES = 20
ROWS_PER_CLASS = 5
UNSURE = 100


@dataclass(frozen=True, eq=False)
class Target:
    """Class codes (int64) and their labels, or numbers (float64) and no labels.

    `notes` say what was inferred; `ordered` that the data state the order of the labels.
    """

    values: NDArray[np.int64] | NDArray[np.float64]
    task: Task
    labels: Labels | None = None
    notes: tuple[str, ...] = ()
    ordered: bool = False


def read_target(
    raw: RawColumn,
    rows: int,
    task: Task | None = None,
    missing: Missing | None = None,
    labels: Sequence[Any] | None = None,
) -> Target:
    """Check the target and decide which task it poses.

    Text, booleans and categoricals are classes. Numbers with fractions are to be predicted as numbers. Whole numbers
    are classes if there are two of them, or at most 20 with at least 5 rows each on average; else they are numbers.
    `task` overrules this. Labels are in ascending order, those of an ordered categorical in the order of its levels.

    The words NA, N/A, n/a and None are labels where they are frequent, or among `labels`, those of an earlier model; where they are rare
    they are refused, unless `missing` decides. Labels that differ only in blanks at their ends are one.

    Raises
    ------
    DataError
        For a target that is missing somewhere, infinite, constant, of another length than the table or at odds with the
        task; if half of the classes have a single row; for fewer than 4 rows.
    """
    raw, notes = target_cells(raw, task, missing or Missing(), labels)
    kind = _checked_kind(raw, rows)
    guessed, note = _guess(raw, kind)
    if task not in {None, "classification", "regression"}:
        raise DataError(f"task must be 'classification' or 'regression' for a table with a target, but got {task!r}")
    if (task or guessed) == "regression":
        return Target(_numbers(raw, kind), "regression", None, notes if task or not note else (*notes, note))
    codes, found = _classes(raw, kind)
    notes = notes if task or not note else (*notes, note)
    return Target(codes, "classification", found, notes, ordered=raw.levels is not None)


def _checked_kind(raw: RawColumn, rows: int) -> str:
    if raw.values.shape != (rows,):
        raise DataError(
            f"the target must have one value for each of the {rows} rows, but its shape is {raw.values.shape}"
        )
    if missing := int(where_missing(raw.values).sum()):
        raise DataError(
            f"the target must be known in every row, but is missing in {missing} of {rows} rows: drop these rows"
        )
    if rows < FEWEST_ROWS:
        raise DataError(f"there must be at least {FEWEST_ROWS} rows to learn from, but there is only {rows}")
    kind = value_kind(raw.values)
    if kind not in (*USABLE, "mixed"):
        holds = REMEDY.get(kind, f"values of type {kind}: turn them into numbers or text")
        raise DataError(f"the target must hold numbers, booleans or text, but holds {holds}")
    if kind == "numeric" and (infinite := int(np.isinf(numeric_values(raw.values)).sum())):
        raise DataError(f"the target must be finite, but is infinite in {infinite} of {rows} rows: drop these rows")
    return kind


def _guess(raw: RawColumn, kind: str) -> tuple[Task, str | None]:
    if kind != "numeric" or raw.category:
        return "classification", None
    numbers = numeric_values(raw.values)
    distinct = len(np.unique(numbers))
    if (numbers != np.floor(numbers)).any():
        return "regression", None
    if distinct <= 2:
        return "classification", None
    if distinct <= min(MOST_CLASSES, len(numbers) // ROWS_PER_CLASS):
        note = f"the target's {distinct} whole numbers are taken as classes; task='regression' takes them as numbers"
        return "classification", note
    note = f"the target's {distinct} whole numbers are taken as numbers; task='classification' takes them as classes"
    return "regression", note if distinct <= UNSURE else None


def _numbers(raw: RawColumn, kind: str) -> NDArray[np.float64]:
    if kind not in {"numeric", "boolean"}:
        raise DataError(
            f"the target of a regression must hold numbers, but holds text such as {str(raw.values[0])!r}: choose a metric of "
            "classes, such as 'accuracy', and leave the task out or set it to 'classification'"
        )
    numbers = numeric_values(raw.values)
    if numbers.min() == numbers.max():
        raise DataError(f"the target must vary, but is {numbers[0]:g} in every row: there is nothing to learn")
    if np.abs(numbers).max() > FLOAT32_MAX:
        raise DataError("the target must lie within the range of 32-bit floats (3.4e38), but does not: scale it down")
    return numbers


def _classes(raw: RawColumn, kind: str) -> tuple[NDArray[np.int64], Labels]:
    if raw.values.dtype.kind in "iub":
        found, places = np.unique(raw.values, return_inverse=True)
        _check_classes(np.bincount(places), labels := tuple(found.tolist()))
        return places.astype(np.int64), labels
    values = [v.item() if isinstance(v, np.generic) else v for v in raw.values.tolist()]
    if kind == "numeric":
        whole = all(isinstance(v, int) for v in values)
        values = [int(v) for v in values] if whole else numeric_values(raw.values).tolist()
    elif kind == "mixed" or len({type(v) for v in values}) > 1:
        kinds = " and ".join(sorted({type(v).__name__ for v in values}))
        raise DataError(f"class labels must be of one type, but are {kinds}: turn all of them into text")
    labels = tuple(sorted(set(values), key=None if raw.levels is None else raw.levels.index))
    if any(isinstance(label, float) and not label.is_integer() for label in labels):
        _check_not_measured(labels, len(values))
    code = {label: i for i, label in enumerate(labels)}
    codes = np.fromiter((code[v] for v in values), dtype=np.int64, count=len(values))
    _check_classes(np.bincount(codes), labels)
    return codes, labels


def _check_not_measured(labels: tuple[Any, ...], rows: int) -> None:
    """Raise `DataError` for numbers with fractions of which hardly two are the same."""
    if len(labels) > MOST_CLASSES and len(labels) * ROWS_PER_CLASS > rows:
        fraction = next(label for label in labels if not label.is_integer())
        raise DataError(
            f"a target of classes must repeat its values, but holds {len(labels)} different numbers in {rows} rows, such as "
            f"{fraction:g}: use a metric of numbers, such as 'r2' or 'mean_absolute_error', or turn the numbers into classes"
        )


def _check_classes(counts: NDArray[np.int64], labels: tuple[Any, ...]) -> None:
    if len(labels) == 1:
        raise DataError(
            f"the target must have two classes or more, but is {labels[0]!r} in every row: there is nothing to learn"
        )
    alone = np.flatnonzero(counts == 1)
    if 2 * len(alone) >= len(labels):
        more = f" (and {len(alone) - 1} more)" if len(alone) > 1 else ""
        raise DataError(
            f"every class must have a row to train and one to validate on, but {labels[alone[0]]!r}{more} has one row: "
            "drop it, merge it with another, or use task='regression' if the target is a number"
        )
