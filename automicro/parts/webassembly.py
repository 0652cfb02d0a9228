"""Runs a module of WebAssembly, and counts its operations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from automicro.errors import NotCompiled
from automicro.parts.image import STACK

if TYPE_CHECKING:
    from automicro.parts.functions import Function
    from automicro.parts.image import Image

__all__ = ["WebAssembly"]

FUEL = 1 << 62
PAGE = 1 << 16
UNTOUCHED = 0xA5  # bytes of the stack before the first call


class WebAssembly:
    """A module in wasmtime; an operation takes one unit of fuel, but for those that only mark blocks.

    Parameters
    ----------
    image : Image
    function : Function
        The function that the module exports.
    row_bytes : int

    Attributes
    ----------
    instructions : int
        Operations of all calls so far.
    ram_bytes : int
        Memory that tables and variables take.
    """

    def __init__(self, image: Image, function: Function, row_bytes: int) -> None:
        wasmtime = import_module("wasmtime")
        config = wasmtime.Config()
        config.consume_fuel = True
        self._store = wasmtime.Store(wasmtime.Engine(config))
        module = wasmtime.Module(self._store.engine, image.content)
        exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._function, self._call, self._memory = function, exports[function.name], exports["memory"]
        self._trap = wasmtime.Trap
        base = exports["__heap_base"].value(self._store)
        self.ram_bytes = base - STACK  # zig places the stack first
        self._row = -(-base // 8) * 8
        self._out = self._row + -(-row_bytes // 8) * 8
        missing = self._out + function.array_bytes - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE))
        self._memory.write(self._store, bytes([UNTOUCHED]) * STACK, 0)
        self.instructions = 0

    @property
    def stack_bytes(self) -> int:
        """Depth of the deepest byte of the stack that was changed."""
        stack = bytes(self._memory.read(self._store, 0, STACK))
        return len(stack.lstrip(bytes([UNTOUCHED])))

    def call(self, row: bytes) -> tuple[float, ...]:
        """Return what the function returns or writes for a row; raise `NotCompiled` if it reads or writes outside of its memory."""
        self._memory.write(self._store, row, self._row)
        self._store.set_fuel(FUEL)
        places = (self._row, self._out) if self._function.kind == "array" else (self._row,)
        try:
            made: Any = self._call(self._store, *places)
        except self._trap as error:
            said = str(error).splitlines()[0]
            raise NotCompiled(f"the code of the model must run within {STACK:,} bytes of stack, but {said}") from None
        self.instructions += FUEL - self._store.get_fuel()
        if self._function.kind != "array":
            return (float(made),)
        return self._function.numbers(
            bytes(self._memory.read(self._store, self._out, self._out + self._function.array_bytes))
        )
