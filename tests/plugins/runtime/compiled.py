"""The runtime in C behind ctypes: models opened in an arena, rows of raw cells, scores and predictions."""

from __future__ import annotations

import ctypes as c
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program.inputs.rows import level_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from automicro.program import Topology

    Floats = NDArray[np.float64]

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Werror")
OK, DAMAGED, UNKNOWN, LEFT_OUT, NO_ROOM, WRONG_CELL = range(6)
ANY, NUMERIC, CATEGORY, STRING, SERIES = range(5)
ARENA = 1 << 24


class _Of(c.Union):
    _fields_ = (
        ("number", c.c_double),
        ("single", c.c_float),
        ("integer", c.c_int64),
        ("level", c.c_uint32),
        ("text", c.c_char_p),
        ("steps", c.c_void_p),
    )


class Cell(c.Structure):
    _fields_ = (("kind", c.c_uint32), ("length", c.c_uint32), ("of", _Of))


class _Label(c.Structure):
    _fields_ = (
        ("kind", c.c_uint32),
        ("length", c.c_uint32),
        ("of", c.c_int64),
    )  # a union in a register is beyond ctypes


class _Graph(c.Structure):
    _fields_ = (
        *((name, c.c_uint32) for name in ("nodes", "edges", "attributes", "graphs")),
        *((name, c.c_void_p) for name in ("sources", "targets", "attribute", "starts")),
    )


class Runtime:
    """The compiled library."""

    def __init__(self, library: Path) -> None:
        self.c = c.CDLL(str(library))
        sizes = dict.fromkeys(("model_size", "arena_size", "graph_room"), c.c_size_t)
        for name, kind in {**sizes, "label_of": _Label, "level_text": c.c_void_p}.items():
            if hasattr(self.c, f"automicro_{name}"):  # else it was left out
                getattr(self.c, f"automicro_{name}").restype = kind

    def open(self, data: bytes, room: int = ARENA) -> Opened:
        """Return a model, whatever its status is."""
        return Opened(self.c, data, room)


class Opened:
    """A model file that was opened."""

    def __init__(self, library: Any, data: bytes, room: int) -> None:
        self.c = library
        self.model = c.create_string_buffer(library.automicro_model_size())
        self.arena = c.create_string_buffer(room + 8)
        start = -c.addressof(self.arena) % 8
        reason = c.c_char_p()
        place = c.c_void_p(c.addressof(self.arena) + start)
        self.status = library.automicro_open(
            self.model, data, c.c_size_t(len(data)), place, c.c_size_t(room), c.byref(reason)
        )
        self.reason = (reason.value or b"").decode()
        self._kept: list[Any] = []

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(self.c, f"automicro_{name}")(self.model, *arguments)

    def inputs(self) -> list[tuple[int, int]]:
        """Return place and kind of every column that is read."""
        return [(self.call("input_column", i), self.call("input_kind", i)) for i in range(self.call("inputs"))]

    def cells(self, columns: Sequence[Any]) -> Any:
        """Return the cells of all rows, given a sequence for each source column."""
        inputs = self.inputs()
        rows = len(columns[0])
        made = (Cell * max(rows * len(inputs), 1))()
        for row in range(rows):
            for place, (column, kind) in enumerate(inputs):
                self.fill(made[row * len(inputs) + place], columns[column][row], kind)
        return made

    def fill(self, cell: Cell, value: Any, kind: int) -> None:
        if isinstance(value, np.ndarray):
            largest = float(np.finfo(np.float32).max)
            steps = np.ascontiguousarray(np.clip(value, -largest, largest), dtype=np.float32)
            self._kept.append(steps)
            cell.kind, cell.length, cell.of.steps = 6, len(steps), steps.ctypes.data
        elif kind == NUMERIC and isinstance(value, int):
            cell.kind, cell.of.integer = 3, value
        elif kind == NUMERIC and isinstance(value, np.float32):
            cell.kind, cell.of.single = 1, value
        elif kind == NUMERIC and value is not None:
            cell.kind, cell.of.number = 2, value
        elif (text := level_text(value)) is not None:
            self._kept.append(text.encode("utf-8", "surrogatepass"))
            cell.kind, cell.length, cell.of.text = 4, len(self._kept[-1]), self._kept[-1]

    def evaluate(self, cells: Any, rows: int, *, predict: bool) -> Floats:
        """Return scores or predictions, (rows, numbers)."""
        width = self.call("prediction_count" if predict else "score_count")
        made = np.zeros((rows, width))
        step = self.call("inputs") * c.sizeof(Cell)
        for row in range(rows):
            out = c.c_void_p(made[row].ctypes.data)
            assert self.call("predict" if predict else "scores", c.byref(cells, row * step), out) == OK
        return made

    def of_graphs(self, cells: Any, topology: Topology) -> tuple[int, Floats]:
        """Return the status, and predictions of nodes or of graphs."""
        attributes = topology.attributes
        assert attributes is not None
        arrays = [np.ascontiguousarray(each, dtype=np.uint32) for each in (*topology.edges, topology.starts)]
        arrays.append(np.ascontiguousarray(attributes, dtype=np.float32))
        sources, targets, starts, values = (each.ctypes.data for each in arrays)
        sizes = (topology.nodes, len(arrays[0]), attributes.shape[1], topology.graphs)
        graph = _Graph(*sizes, sources, targets, values, starts)
        need = self.call("graph_room", c.byref(graph))
        rows = topology.graphs if self.call("predicts_graphs") else topology.nodes
        made = np.zeros((rows, self.call("prediction_count")))
        room = c.create_string_buffer(need + 8)
        place = c.c_void_p(c.addressof(room) + -c.addressof(room) % 8)
        out = c.c_void_p(made.ctypes.data)
        return self.call("predict_graphs", cells, c.byref(graph), place, c.c_size_t(need), out), made

    def label(self, place: int) -> Any:
        """Return the label of a class, None if the model predicts numbers."""
        made = self.call("label_of", place)
        if made.kind == 4:
            return c.string_at(made.of, made.length).decode()
        return (None, made.of, bool(made.of), struct.unpack("d", struct.pack("q", made.of))[0])[made.kind]

    def levels(self, place: int) -> list[str | None]:
        """Return the levels of an input."""
        found = []
        for level in range(self.call("levels", place)):
            length = c.c_uint32()
            text = self.call("level_text", place, level, c.byref(length))
            found.append(None if text is None else c.string_at(text, length.value).decode())
        return found
