"""States the flash of the runtime on a Cortex-M4F by kinds of nodes, and the bytes of it as WebAssembly.

Run with ``python benchmarks/runtime_size.py``; writes `benchmarks/results/runtime_size.md`. Needs the extra `edge`.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

from automicro_runtime.files import FOLDER, SMALL, build_wasm
from automicro_runtime.target import KINDS

RESULT = Path(__file__).parent / "results" / "runtime_size.md"
SOURCE = """
#include "automicro_runtime.h"
extern uint8_t bytes[], arena[];
extern automicro_model model;
extern automicro_cell row[];
extern double out[];
uint8_t bytes[4], arena[4096];
automicro_model model;
automicro_cell row[4];
double out[4];
int predict(void);
int predict(void) {
    if (automicro_open(&model, bytes, 4, arena, sizeof arena, 0) || automicro_predict(&model, row, out)) return -1;
    return (int)automicro_label_of(&model, automicro_class(&model, out)).of.integer;
}
"""
LAYOUT = """SECTIONS {
  . = 0x08000000;
  .text : { *(.text*) *(.rodata*) *(.data*) }
  .bss 0x20000000 : { *(.bss*) *(COMMON) }
  /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) *(.comment) }
}"""
TARGET = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp", "-ffreestanding")
LINKED = (
    "-g",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-Wl,-e,predict",
)
OF_TABLES = ("LEVELS", "EXTENSIONS", "TABLES", "FOREST", "CHAINS", "PROTOTYPES")
ROWS = {
    "affine alone": (),
    "trees": ("FOREST",),
    "step tables": ("TABLES",),
    "networks": ("CHAINS",),
    "trees and levels": ("FOREST", "LEVELS"),
    "all kinds of tables": OF_TABLES,
    "all kinds of tables, and attention": (*OF_TABLES, "ATTENTION"),
    "all but texts": tuple(kind for kind in KINDS if kind != "TEXTS"),
    "all": tuple(KINDS),
}


def flash(kinds: tuple[str, ...], *more: str) -> tuple[int, int]:
    """Return the bytes of flash of a program that opens a file and predicts, and those of the compiler's library in it."""
    without = [f"-DAUTOMICRO_WITHOUT_{kind}" for kind in KINDS if kind not in kinds]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.c").write_text(SOURCE)
        (folder / "layout.ld").write_text(LAYOUT)
        built = folder / "made.elf"
        command = [sys.executable, "-m", "ziglang", "cc", *SMALL, *TARGET, *LINKED, f"-Wl,-T,{folder / 'layout.ld'}"]
        command += [f"-I{FOLDER}", *without, *more, "-o", built, folder / "main.c", FOLDER / "automicro_runtime.c"]
        subprocess.run(
            command, check=True, env={"ZIG_GLOBAL_CACHE_DIR": name, "ZIG_LOCAL_CACHE_DIR": name, **os.environ}
        )
        with built.open("rb") as file:
            elf = ELFFile(file)
            support: dict[int, int] = {}
            for symbol in elf.get_section_by_name(".symtab").iter_symbols():
                if symbol["st_info"]["type"] == "STT_FUNC" and symbol.name.startswith(("compiler_rt", "__", "mem")):
                    support[symbol["st_value"]] = symbol["st_size"]
            return elf.get_section_by_name(".text")["sh_size"], sum(support.values())


def main() -> None:
    lines = [
        "# Flash of the runtime",
        "",
        "A whole program for a Cortex-M4F that opens a model file out of memory and predicts a row, compiled by zig with",
        f"`{' '.join(SMALL)}`: code, tables, and the compiler's library of float64 and memory functions. Without sentences",
        "(`AUTOMICRO_WITHOUT_REASONS`). Affine nodes, numbers and missing cells are always in.",
        "",
        "| kinds | flash, bytes | of which the compiler's library |",
        "|---|---|---|",
    ]
    for name, kinds in ROWS.items():
        whole, support = flash(kinds, "-DAUTOMICRO_WITHOUT_REASONS")
        lines.append(f"| {name} | {whole:,} | {support:,} |")
    wasm = build_wasm()
    lines += [
        "",
        f"As WebAssembly, all kinds and sentences: {len(wasm):,} bytes, {len(gzip.compress(wasm, 9)):,} by gzip.",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
