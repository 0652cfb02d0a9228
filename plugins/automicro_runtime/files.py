"""The sources of the runtime, and the runtime as WebAssembly."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from automicro.errors import OutputError

__all__ = ["FOLDER", "SMALL", "SOURCES", "build_wasm", "source"]

FOLDER = Path(__file__).parent
SOURCES = ("automicro_runtime.c", "automicro_runtime.h", "automicro_runtime.mjs")
ENTRIES = (
    "model_size",
    "arena_size",
    "open",
    "inputs",
    "input_kind",
    "input_column",
    "levels",
    "level_text",
    "level_of",
    "score_count",
    "prediction_count",
    "scores",
    "predict",
    "class",
    "label_of",
    "reads_graphs",
    "predicts_graphs",
    "graph_room",
    "predict_graphs",
)
STACK_BYTES = 16384
SMALL = ("-std=c99", "-Os", "-Xclang", "-Oz", "-mllvm", "-inline-threshold=-100")
FLAGS = (*SMALL, "-target", "wasm32-freestanding", "-g0", "-s")
LINKED = ("--strip-all", "--no-entry", "--export-memory", "--export=__heap_base", f"-z,stack-size={STACK_BYTES}")


def source(name: str) -> str:
    """Return the text of one of `SOURCES`."""
    return (FOLDER / name).read_text(encoding="utf-8")


def build_wasm() -> bytes:
    """Return the runtime as WebAssembly, compiled by zig.

    Raises
    ------
    OutputError
        If zig is not installed, or fails.
    """
    links = [*LINKED, *(f"--export=automicro_{name}" for name in ENTRIES)]
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "automicro_runtime.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *(f"-Wl,{link}" for link in links)]
        command += ["-o", str(built), str(FOLDER / SOURCES[0])]
        caches = {f"ZIG_{scope}_CACHE_DIR": str(Path(folder) / "cache") for scope in ("GLOBAL", "LOCAL")}
        done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
            command, env={**caches, **os.environ}, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode or not built.exists():
            said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            raise OutputError(
                f"the runtime must be compiled by zig, but it says {said!r}: pip install 'automicro[edge]'"
            )
        return built.read_bytes()
