"""Records of one kind, which print as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar, overload

from automicro.escaped import escaped
from automicro.values import hash_of, same

__all__ = ["RecordTable"]

Row = TypeVar("Row")
WIDEST = 44


class RecordTable(Sequence[Row], Generic[Row]):
    """A sequence of records that prints as a table.

    Examples
    --------
    >>> from types import SimpleNamespace as Record
    >>> print(RecordTable([Record(family="linear", size_bytes=31), Record(family="tree", size_bytes=44)]))
    family  size_bytes
    linear          31
    tree            44
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> RecordTable[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | RecordTable[Row]:
        return RecordTable(self._rows[place]) if isinstance(place, slice) else self._rows[place]

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        """Whether the other is a table of the same records in the same order."""
        return same(self._rows, other._rows) if isinstance(other, RecordTable) else NotImplemented

    def __hash__(self) -> int:
        return hash_of(self._rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the records as plain dicts."""
        return [_plain(row) for row in self._rows]

    def to_pandas(self) -> Any:
        """Return the records as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.to_dicts())

    def __repr__(self) -> str:
        records = self.to_dicts()
        if not records:
            return "(no rows)"
        names = list(records[0])
        cells = [[_cell(record[name]) for name in names] for record in records]
        widths = [max(len(row[j]) for row in [names, *cells]) for j in range(len(names))]
        right = [all(isinstance(record[name], int | float | None) for record in records) for name in names]
        lines = [_line(row, widths, right) for row in [names, *cells]]
        return "\n".join(lines)

    __str__ = __repr__


def _plain(row: Any) -> dict[str, Any]:
    if hasattr(row, "model_dump"):
        return dict(row.model_dump())
    names = [each.name for each in fields(row) if each.repr] if is_dataclass(row) else list(vars(row))
    return {name: getattr(row, name) for name in names}


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)
    text = escaped(text)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "  ".join(padded).rstrip()
