"""Runs a linked program of a microcontroller, and counts its instructions."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import NotCompiled
from automicro.parts.image import FLASH, RAM, STACK

if TYPE_CHECKING:
    from automicro.parts.functions import Function
    from automicro.parts.image import Image
    from automicro.parts.known import Part

__all__ = ["Emulator"]

PAGE = 4096
ALLOCATED = 2  # flag of sections that are in memory
STACK_END, ROWS, RETURN = RAM + 0x2000000, RAM + 0x4000000, RAM + 0x6000000  # of addresses that no section has
COPROCESSORS, FPU_ON = 0xF << 20, 0x40000000
WIDE_THUMB = 0xE8  # from here on the second byte begins an instruction of 4 bytes


class Emulator:
    """A part that holds a program, without interrupts.

    Parameters
    ----------
    part : Part
    image : Image
    function : Function
        The function that the program was linked for.
    row_bytes : int
    counts : bool
        Whether instructions are counted and the stack is watched, which takes time.

    Attributes
    ----------
    instructions : int
        Instructions of all calls so far.
    stack_bytes : int
        Depth of the deepest byte of the stack that was written.
    """

    def __init__(self, part: Part, image: Image, function: Function, row_bytes: int, *, counts: bool) -> None:
        unicorn, self._elf = import_module("unicorn"), import_module("elftools.elf.elffile")
        is_arm = part.architecture == "arm"
        self._is_arm, self._function, self._hard = is_arm, function, part.returns_in == "floating"
        self._known = import_module(f"unicorn.{'arm' if is_arm else 'riscv'}_const")
        self._stack, self._link = self._register("SP"), self._register("LR" if is_arm else "RA")
        self._first = self._register("R0" if is_arm else "A0")
        self._second = self._register("R1" if is_arm else "A1")
        kind = (
            (unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB) if is_arm else (unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        )
        self._uc = unicorn.Uc(*kind)
        self._out = ROWS + -(-row_bytes // 8) * 8
        self._uc.mem_map(STACK_END - STACK, STACK)
        self._uc.mem_map(ROWS, _pages(self._out - ROWS + function.array_bytes))
        self._uc.mem_map(RETURN, PAGE)
        self._entry = self._load(image.content)
        if self._hard:
            access = self._register("C1_C0_2")
            self._uc.reg_write(access, self._uc.reg_read(access) | COPROCESSORS)
            self._uc.reg_write(self._register("FPEXC"), FPU_ON)
        self.instructions, self._deepest = 0, STACK_END
        self._blocks: dict[tuple[int, int], int] = {}
        if counts:
            self._uc.hook_add(unicorn.UC_HOOK_BLOCK, self._count)
            self._uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._written, begin=STACK_END - STACK, end=STACK_END - 1)

    @property
    def stack_bytes(self) -> int:
        """Depth of the deepest byte of the stack that was written."""
        return STACK_END - self._deepest

    def call(self, row: bytes) -> tuple[float, ...]:
        """Return what the function returns or writes for a row.

        Raises
        ------
        NotCompiled
            If it reads or writes outside of its memory, as where it needs more stack than there is.
        """
        self._uc.mem_write(ROWS, row)
        self._uc.reg_write(self._stack, STACK_END)
        self._uc.reg_write(self._first, ROWS)
        self._uc.reg_write(self._second, self._out)
        self._uc.reg_write(self._link, RETURN | self._is_arm)
        try:
            self._uc.emu_start(self._entry, RETURN)
        except import_module("unicorn").UcError as error:
            raise NotCompiled(
                f"the code of the model must run within {STACK:,} bytes of stack, but the part says: {error}"
            ) from None
        return self._returned()

    def _returned(self) -> tuple[float, ...]:
        function = self._function
        if function.kind == "array":
            return function.numbers(bytes(self._uc.mem_read(self._out, function.array_bytes)))
        if function.kind == "label":
            return (float(self._uc.reg_read(self._first)),)
        is_double = function.number == "double"
        if self._hard:
            bits = self._uc.reg_read(self._register("D0" if is_double else "S0"))
        else:
            bits = self._uc.reg_read(self._first) | (self._uc.reg_read(self._second) << 32 if is_double else 0)
        return (float(np.array([bits], "<u8" if is_double else "<u4").view("<f8" if is_double else "<f4")[0]),)

    def _register(self, name: str) -> int:
        return int(getattr(self._known, f"UC_{'ARM' if self._is_arm else 'RISCV'}_REG_{name}"))

    def _load(self, content: bytes) -> int:
        """Write the sections of a program to memory and return its entry."""
        elf = self._elf.ELFFile(io.BytesIO(content))
        sections = [each for each in elf.iter_sections() if each["sh_flags"] & ALLOCATED and each["sh_size"]]
        for start, end in ((FLASH, RAM), (RAM, STACK_END - STACK)):
            used = [each["sh_addr"] + each["sh_size"] for each in sections if start <= each["sh_addr"] < end]
            if used:
                self._uc.mem_map(start, _pages(max(used) - start))
        for each in sections:
            if each["sh_type"] != "SHT_NOBITS":
                self._uc.mem_write(each["sh_addr"], each.data())
        return int(elf["e_entry"])

    def _count(self, _uc: Any, address: int, size: int, _data: object) -> None:
        known = self._blocks.get((address, size))
        if known is None:
            known = self._blocks[address, size] = self._instructions_of(bytes(self._uc.mem_read(address, size)))
        self.instructions += known

    def _instructions_of(self, block: bytes) -> int:
        """Return how many instructions a block without a jump inside has, of 2 or 4 bytes each."""
        place = count = 0
        while place < len(block):
            is_wide = block[place + 1] >= WIDE_THUMB if self._is_arm else block[place] & 3 == 3
            place, count = place + (4 if is_wide else 2), count + 1
        return count

    def _written(self, _uc: Any, _access: int, address: int, _size: int, _value: int, _data: object) -> None:
        self._deepest = min(self._deepest, address)


def _pages(size: int) -> int:
    return max(-(-size // PAGE), 1) * PAGE
