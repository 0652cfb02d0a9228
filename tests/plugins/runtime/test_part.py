"""The runtime on an emulated Cortex-M4F: the same numbers as on this machine, and little stack."""

from __future__ import annotations

import ctypes
import struct
import subprocess
import sys

import drawn
import numpy as np
import pytest
from compiled import STRICT

from automicro.program import pack
from automicro_runtime.files import FOLDER, SMALL

MAIN = """
#include "automicro_runtime.h"
#define ROOM __attribute__((section(".room")))
ROOM uint8_t arena[65536] __attribute__((aligned(8)));
ROOM uint8_t bytes[8192];
ROOM automicro_model model;
ROOM automicro_cell row[64];
ROOM double out[64];
ROOM uint32_t size;
int start(void);
int run(void);
int start(void) { return (int)automicro_open(&model, bytes, size, arena, sizeof arena, 0); }
int run(void) { return (int)automicro_predict(&model, row, out); }
"""
LAYOUT = """SECTIONS {
  .text 0x08000000 : { KEEP(*(.text.start)) KEEP(*(.text.run)) *(.text*) *(.rodata*) *(.data*) }
  .bss 0x20000000 (NOLOAD) : { *(.room*) *(.bss*) *(COMMON) }
  /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) *(.comment) }
}"""
TARGET = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp", "-ffreestanding")
TOP, TEXTS, BACK = 0x3000FF00, 0x30000000, 0x40000000  # of the stack, of texts, and where functions return to
MOST_STACK = 2048
PLACES = 256  # bytes of each text


class Part:
    """A Cortex-M4F with the runtime in its flash."""

    def __init__(self, image):
        from elftools.elf.elffile import ELFFile
        from unicorn import UC_ARCH_ARM, UC_HOOK_MEM_WRITE, UC_MODE_THUMB, Uc, arm_const

        self.arm, self.depth = arm_const, 0
        self.cpu = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
        for start, room in ((0x08000000, 1 << 20), (0x20000000, 1 << 20), (TEXTS, 1 << 16), (BACK, 4096)):
            self.cpu.mem_map(start, room)
        with image.open("rb") as file:
            elf = ELFFile(file)
            text = elf.get_section_by_name(".text")
            self.cpu.mem_write(text["sh_addr"], text.data())
            self.at = {each.name: each["st_value"] for each in elf.get_section_by_name(".symtab").iter_symbols()}
        access = self.cpu.reg_read(arm_const.UC_ARM_REG_C1_C0_2)
        self.cpu.reg_write(arm_const.UC_ARM_REG_C1_C0_2, access | 0xF << 20)
        self.cpu.reg_write(arm_const.UC_ARM_REG_FPEXC, 0x40000000)
        self.cpu.hook_add(UC_HOOK_MEM_WRITE, self._written, begin=TEXTS + 64 * PLACES, end=TOP)

    def _written(self, cpu, access, address, size, value, data):
        self.depth = max(self.depth, TOP - address)

    def call(self, name):
        self.cpu.reg_write(self.arm.UC_ARM_REG_SP, TOP)
        self.cpu.reg_write(self.arm.UC_ARM_REG_LR, BACK + 1)
        self.cpu.emu_start(self.at[name] | 1, BACK, count=100_000_000)
        return self.cpu.reg_read(self.arm.UC_ARM_REG_R0)

    def put(self, name, data):
        self.cpu.mem_write(self.at[name], data)

    def row(self, cells):
        """Put cells of this machine, whose pointers are longer, into the row."""
        made = b""
        for place, cell in enumerate(cells):
            value = bytes(cell.of)
            if cell.kind in {4, 6}:  # a text, a series
                length = cell.length * (4 if cell.kind == 6 else 1)
                self.cpu.mem_write(TEXTS + PLACES * place, ctypes.string_at(struct.unpack("Q", value)[0], length))
                value = struct.pack("<II", TEXTS + PLACES * place, 0)
            made += struct.pack("<II", cell.kind, cell.length) + value
        self.put("row", made)


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    for needed in ("ziglang", "unicorn", "elftools"):
        pytest.importorskip(needed, reason="the part is emulated by the packages of the extra edge")
    folder = tmp_path_factory.mktemp("part")
    (folder / "main.c").write_text(MAIN)
    (folder / "layout.ld").write_text(LAYOUT)
    command = [sys.executable, "-m", "ziglang", "cc", *STRICT, *SMALL, *TARGET, "-ffunction-sections", "-g"]
    command += [f"-Wl,-T,{folder / 'layout.ld'}", "-Wl,-e,start", f"-I{FOLDER}", "-o", folder / "image.elf"]
    subprocess.run([*command, folder / "main.c", FOLDER / "automicro_runtime.c"], check=True)
    return Part(folder / "image.elf")


def test_it_predicts_what_this_machine_predicts(part, runtime):
    for seed in range(40):
        program = drawn.program(seed)
        data = pack(program)
        opened = runtime.open(data)
        part.put("bytes", data)
        part.put("size", struct.pack("<I", len(data)))
        assert part.call("start") == 0
        cells = opened.cells(drawn.rows(program, seed, 1))
        expected = opened.evaluate(cells, 1, predict=True)[0]
        part.row(list(cells)[: opened.call("inputs")])
        assert part.call("run") == 0
        got = np.frombuffer(part.cpu.mem_read(part.at["out"], expected.nbytes), dtype=np.float64)
        assert np.allclose(got, expected, rtol=1e-12, atol=0, equal_nan=True)
    assert 0 < part.depth <= MOST_STACK
