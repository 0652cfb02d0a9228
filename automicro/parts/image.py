"""Code compiled for a part, linked with the support library, and its bytes by what takes them."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from automicro.errors import NotCompiled
from automicro.export.zig import zig_command, zig_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from automicro.parts.known import Part

__all__ = ["FLASH", "RAM", "STACK", "Image", "compiled", "linked"]

STACK = 1 << 20  # bytes that code may take
FLASH, RAM = 0x08000000, 0x20000000
SECONDS = 600  # that the compiler may take: the first time it compiles its support library too
COMPILED = ("-std=c99", "-Os", "-g0", "-ffreestanding", "-ffp-contract=off", "-fno-unwind-tables")
APART = ("-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections")
OBJECT = "model.o"
SCRIPT = f"""SECTIONS {{
  . = {FLASH:#x};
  .code : {{ *{OBJECT}(.text .text.*) }}
  .tables : {{ *{OBJECT}(.rodata .rodata.* .srodata .srodata.*) }}
  .support : {{ *(.text .text.* .rodata .rodata.* .srodata .srodata.*) }}
  . = {RAM:#x};
  .data : {{ *(.data .data.* .sdata .sdata.*) }}
  .bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }}
  /DISCARD/ : {{ *(.ARM.*) *(.riscv.*) *(.comment) *(.eh_frame*) }}
}}
"""
WASM = (
    "-Wl,--no-entry",
    "-Wl,--export-memory",
    "-Wl,--export=__heap_base",
    "-Wl,--strip-all",
    f"-Wl,-z,stack-size={STACK}",
)


@dataclass(frozen=True)
class Image:
    """A linked program.

    Parameters
    ----------
    content : bytes
        The file: ELF, or WebAssembly.
    code_bytes, table_bytes, support_bytes : int
        Flash of the functions of the model, of its constants, and of the rest: the support library of the compiler; in WebAssembly
        the declarations of the module.
    ram_bytes : int
        Static RAM.
    """

    content: bytes
    code_bytes: int
    table_bytes: int
    support_bytes: int
    ram_bytes: int


def compiled(files: Mapping[str, str | bytes], source: str, part: Part, folder: Path) -> None:
    """Compile a source file to an object in a folder.

    Raises
    ------
    NotCompiled
        If zig is not installed, or fails.
    """
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "layout.ld").write_text(SCRIPT)
    _run([*part.flags, *COMPILED, *APART, "-c", "-o", OBJECT, source], folder)


def linked(part: Part, folder: Path, entry: str) -> Image:
    """Link the object of a folder to a program of what a function reaches; see `compiled` for what is raised."""
    is_wasm = part.architecture == "wasm"
    flags = (*WASM, "-g0", f"-Wl,--export={entry}") if is_wasm else ("-g", "-Wl,-T,layout.ld", f"-Wl,-e,{entry}")
    _run([*part.flags, "-ffreestanding", "-Wl,--gc-sections", *flags, "-o", entry, OBJECT], folder)
    content = (folder / entry).read_bytes()
    return _of_module(content) if is_wasm else _of_elf(content)


def _run(arguments: Sequence[str], folder: Path) -> None:
    command = zig_command()
    if command is None:
        raise NotCompiled("measuring on a part needs ziglang: pip install 'automicro[edge]'")
    try:
        done = subprocess.run(  # noqa: S603 - the compiler of a package, with files of our own
            [*command, *arguments],
            cwd=folder,
            env=zig_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotCompiled(f"zig must compile the model within {SECONDS} seconds, but did not") from None
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:200])
        raise NotCompiled(f"zig must compile the model, but failed and said: {said or 'nothing'}")


def _of_elf(content: bytes) -> Image:
    elf = import_module("elftools.elf.elffile")
    sizes = {section.name: int(section["sh_size"]) for section in elf.ELFFile(io.BytesIO(content)).iter_sections()}
    code, tables, support, data, bss = (
        sizes.get(f".{name}", 0) for name in ("code", "tables", "support", "data", "bss")
    )
    return Image(content, code, tables + data, support, data + bss)  # initial values are kept in flash


def _of_module(content: bytes) -> Image:
    """Return a module of WebAssembly; its tables are in its memory too."""
    sizes = dict(_sections(content))
    code, data = sizes.get(10, 0), sizes.get(11, 0)
    return Image(content, code, data, len(content) - code - data, 0)


def _sections(content: bytes) -> list[tuple[int, int]]:
    """Return the number and bytes of each section of a module, their heads included."""
    found, place = [], 8
    while place < len(content):
        start, number = place, content[place]
        size, shift, place = 0, 0, place + 1
        while True:
            size |= (content[place] & 0x7F) << shift
            shift, place = shift + 7, place + 1
            if content[place - 1] < 0x80:
                break
        place += size
        found.append((number, place - start))
    return found
