"""One C source file in the making: its tables, its functions, and the run-time parts that they use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Arithmetic", "Layout", "Unit", "literal"]

Arithmetic = Literal["float", "double", "integer"]
Layout = Literal["packed", "branches"]
PARTS = Path(__file__).parent / "parts"
ORDER = (
    "bits",
    "pattern",
    "finite",
    "filled",
    "narrow",
    "missing",
    "absent",
    "exp",
    "tanh",
    "sigmoid",
    "root",
    "narrowed",
    "attend",
    "summary",
)  # parts that others use come first
NEEDS = {
    "absent": ("missing",),
    "tanh": ("exp",),
    "sigmoid": ("exp",),
    "attend": ("exp",),
    "summary": ("finite", "narrowed", "root"),
}
LINE = 110
PREFIX = "am_"  # of the names in parts


def literal(value: float, real: str) -> str:
    """Return a number as a constant of a type: of a float the shortest that is read back the same."""
    if real.startswith(("int", "uint")):
        return str(int(value))
    number = float(value)
    text = repr(number) if real == "double" else str(np.float32(number))
    if not any(mark in text for mark in ".e"):
        text += ".0"
    return text if real == "double" else f"{text}f"


@dataclass
class Unit:
    """What is written so far.

    Parameters
    ----------
    stem : str
        First part of every name in the file.
    arithmetic : {"float", "double", "integer"}
    layout : {"packed", "branches"}
    """

    stem: str
    arithmetic: Arithmetic
    layout: Layout
    tables: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    names: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[str, tuple[int | float, ...]], str] = field(default_factory=dict)
    payload: int = 0

    @property
    def real(self) -> str:
        """Type that sums are computed in."""
        return {"float": "float", "double": "double", "integer": "int32_t"}[self.arithmetic]

    @property
    def is_packed(self) -> bool:
        """Whether tables are stored in as few bits as they need."""
        return self.layout == "packed" and self.arithmetic != "double"

    def name(self, word: str) -> str:
        """Return a new name of a table, a function or a local array."""
        number = self.names[word] = self.names.get(word, 0) + 1
        return f"{self.stem}_{word}{'' if number == 1 else number}"

    def local(self, word: str) -> str:
        """Return a new name within the function that computes scores."""
        number = self.names[word] = self.names.get(word, 0) + 1
        return f"{word}{number}"

    def part(self, name: str) -> str:
        """Return the name of a function of the run time, and emit it."""
        for needed in NEEDS.get(name, ()):
            self.part(needed)
        self.used.add(name)
        return f"{self.stem}_{name}"

    def number(self, value: float) -> str:
        """Return a constant of the type that sums are computed in."""
        return literal(float(value), self.real)

    def table(self, word: str, ctype: str, values: Iterable[int | float]) -> str:
        """Return the name of a table of whole numbers, or of floats."""
        cells = tuple(values)
        key = (ctype, cells)
        if key not in self.known:
            self.known[key] = name = self.name(word)
            shown = [literal(cell, "float") if ctype == "float" else str(cell) for cell in cells]
            body = "\n".join(_lines(shown))
            self.tables.append(f"static const {ctype} {name}[{len(cells)}] = {{\n{body}\n}};")
            self.payload += len(cells) * {"uint8_t": 1, "int8_t": 1, "uint16_t": 2, "int16_t": 2}.get(ctype, 4)
        return self.known[key]

    def parts_text(self) -> str:
        """Return the source of the run-time parts in use."""
        texts = []
        for name in ORDER:
            if name in self.used:
                own = PARTS / f"{name}_{self.real}.c"
                source = own if own.exists() else PARTS / f"{name}.c"
                texts.append(source.read_text("utf-8").strip().replace(PREFIX, f"{self.stem}_"))
        return "\n\n".join(texts).replace("real ", f"{self.real} ").replace("(real)", f"({self.real})")


def _lines(cells: list[str]) -> Iterable[str]:
    line = "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > LINE:
            yield line
            line = "   "
        line += f" {cell},"
    yield line
