"""The functions and the struct that the header of an export in C declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automicro.errors import NotExported
from automicro.program import Categories, Numeric
from automicro.program.inputs.rows import row_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Deployed
    from automicro.program import Column

__all__ = ["Function", "Struct", "function_of", "scores_of"]

OTHER, MISSING, FIRST = 0, 1, 2  # codes of levels
NUMBERS = {"float": "<f4", "double": "<f8", "uint8_t": "u1", "uint16_t": "<u2", "int16_t": "<i2", "int32_t": "<i4"}
WHOLE = ("uint8_t", "int16_t")  # types of inputs where the arithmetic is integer
MEMBER = re.compile(r"^    (\w+) \w+; /\*", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    """A function of one row.

    Parameters
    ----------
    name : str
    kind : {"label", "value", "array"}
        Whether it returns the place of a label, returns a number, or writes numbers to an array.
    number : str
        Type of its numbers in C.
    count : int
        How many there are.
    """

    name: str
    kind: Literal["label", "value", "array"]
    number: str
    count: int = 1

    @property
    def array_bytes(self) -> int:
        """Bytes of the array that it writes."""
        return self.count * np.dtype(NUMBERS[self.number]).itemsize if self.kind == "array" else 0

    def numbers(self, written: bytes) -> tuple[float, ...]:
        """Return the numbers of an array."""
        return tuple(np.frombuffer(written, NUMBERS[self.number]).astype(np.float64).tolist())


def function_of(header: str, name: str) -> Function:
    """Return the function that predicts: of a classifier that of the label, without what computes probabilities."""
    if f" {name}_label(" in header:
        return Function(f"{name}_label", "label", "unsigned")
    if found := re.search(rf"^void {name}_predict\(.*, (\w+) \*values\);", header, re.MULTILINE):
        return Function(f"{name}_predict", "array", found[1], _count(header, name))
    found = re.search(rf"^(\w+) {name}_predict\(", header, re.MULTILINE)
    assert found is not None  # noqa: S101 - what the target `c` declares
    return Function(f"{name}_predict", "value", found[1])


def scores_of(header: str, name: str) -> Function:
    """Return the function that computes scores."""
    found = re.search(rf"^void {name}_scores\(.*, (\w+) \*scores\);", header, re.MULTILINE)
    assert found is not None  # noqa: S101 - as above
    return Function(f"{name}_scores", "array", found[1], _count(header, name))


def _count(header: str, name: str) -> int:
    found = re.search(rf"^enum {{ {name.upper()}_SCORES = (\d+) }};", header, re.MULTILINE)
    return int(found[1]) if found else 1


class Struct:
    """The struct of named raw values, of which a row is made.

    Parameters
    ----------
    header : str
        The file that declares it.
    deployed : Deployed
    scale : float
        What one unit of an input stands for, where inputs are whole numbers.

    Raises
    ------
    NotExported
        If a member is no number, as of a series.
    """

    def __init__(self, header: str, deployed: Deployed, scale: float) -> None:
        if pointers := sorted({each.kind for each in deployed.inputs} & {"series", "text"}):
            raise NotExported(
                f"measuring on a part needs columns of numbers and categories, but the model reads {pointers[0]}"
            )
        declared = header.partition("typedef struct {")[2].partition(f"}} {deployed.name}_input;")[0]
        types = MEMBER.findall(declared)
        if unknown := sorted({*types} - NUMBERS.keys()):
            raise NotExported(f"measuring needs a struct of numbers, but one of its members is a {unknown[0]}")
        self.inputs, self.types, self.scale = deployed.inputs, types, scale
        self.offsets = {d.column: d.offset for d in deployed.program.decoders if isinstance(d, Numeric) and d.offset}
        fields = [(f"f{place}", NUMBERS[each]) for place, each in enumerate(types)]
        self.type = np.dtype(fields or [("none", "u1")], align=True)

    @property
    def is_whole(self) -> bool:
        """Whether inputs are whole numbers."""
        return any(
            ctype in WHOLE and each.kind != "category" for each, ctype in zip(self.inputs, self.types, strict=True)
        )

    def rows(self, columns: Sequence[Column | None]) -> NDArray[Any]:
        """Return rows, as the program reads them, as structs."""
        made = np.zeros(row_count(columns), self.type)
        for place, (each, ctype) in enumerate(zip(self.inputs, self.types, strict=True)):
            column = columns[each.column]
            assert column is not None  # noqa: S101 - the program reads it
            if each.kind == "category":
                made[f"f{place}"] = _codes(column, each.levels)
            elif isinstance(column, Categories):  # of which it reads only whether there is a level
                made[f"f{place}"] = np.where(column.codes < 0, np.nan, 0.0)
            else:
                assert isinstance(column, np.ndarray)  # noqa: S101 - texts and series are declined
                made[f"f{place}"] = self._numbers(column, each.column, ctype)
        return made

    def _numbers(self, column: NDArray[np.float32], place: int, ctype: str) -> NDArray[Any]:
        values = column.astype(np.float64) + self.offsets.get(place, 0.0)
        if ctype not in WHOLE:
            return values
        limits = np.iinfo(NUMBERS[ctype])
        return np.clip(np.rint(np.nan_to_num(values / self.scale)), limits.min, limits.max)

    def read_back(self, columns: Sequence[Column | None], rows: NDArray[Any]) -> list[Column | None]:
        """Return columns as the structs hold them, which are rounded where inputs are whole numbers."""
        read = list(columns)
        for place, (each, ctype) in enumerate(zip(self.inputs, self.types, strict=True)):
            if ctype in WHOLE and each.kind != "category":
                read[each.column] = (rows[f"f{place}"] * self.scale).astype(np.float32)
        return read


def _codes(column: Column, levels: Sequence[str | None]) -> NDArray[np.int64]:
    if not isinstance(column, Categories):  # of which no cell is a level
        assert isinstance(column, np.ndarray)  # noqa: S101 - texts are declined
        return np.where(np.isnan(column), MISSING, OTHER)
    named = {level: FIRST + place for place, level in enumerate(each for each in levels if each is not None)}
    codes = np.array([*(named.get(level, OTHER) for level in column.levels), MISSING])
    return np.asarray(codes[column.codes])  # -1, a missing cell, is the last
