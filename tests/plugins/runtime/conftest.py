"""The runtime, compiled once a session by the system's compiler; tests that need it are skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automicro_runtime.files import FOLDER, build_wasm

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "program")]

from compiled import STRICT, Runtime  # noqa: E402 - found in the folder that was just added

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def compiler() -> str:
    """Return the path of a compiler of C."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        pytest.skip("the runtime is compiled by cc, gcc or clang, and none is installed")
    return found


@pytest.fixture(scope="session")
def runtime(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Return the runtime as a shared library."""
    built = tmp_path_factory.mktemp("runtime") / "runtime.so"
    subprocess.run(
        [compiler, *STRICT, "-O1", "-shared", "-fPIC", "-o", built, FOLDER / "automicro_runtime.c"], check=True
    )
    return Runtime(built)


@pytest.fixture(scope="session")
def statuses(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[bytes]], list[list[str]]]:
    """Return the function that passes files to a process with sanitizers: of each file its status, bytes of arena, and a sum."""
    built = tmp_path_factory.mktemp("driver") / "driver"
    sources = [FOLDER / "automicro_runtime.c", HERE / "driver.c"]
    flags = ["-std=c99", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", f"-I{FOLDER}"]
    if subprocess.run([compiler, *flags, "-o", built, *sources], check=False, capture_output=True).returncode:
        pytest.skip("this compiler has no sanitizers")

    def run(files: list[bytes]) -> list[list[str]]:
        sent = b"".join(len(data).to_bytes(4, "little") + data for data in files)
        done = subprocess.run([built], input=sent, capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        lines = [line.split() for line in done.stdout.decode().splitlines()]
        assert len(lines) == len(files)
        return lines

    return run


@pytest.fixture(scope="session")
def wasm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runtime as WebAssembly and its module."""
    pytest.importorskip("ziglang", reason="the runtime is compiled to WebAssembly by zig, which is not installed")
    folder = tmp_path_factory.mktemp("wasm")
    (folder / "automicro_runtime.wasm").write_bytes(build_wasm())
    shutil.copy(FOLDER / "automicro_runtime.mjs", folder)
    return folder
