"""C source built into a shared library by the compiler of the system, and kept by its content."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from automicro.errors import NotCompiled
from automicro.export.zig import cache_folder, zig_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["compiler", "library"]

FLAGS = ("-std=c99", "-O2", "-g0", "-shared", "-fPIC", "-ffp-contract=off")
KNOWN = ("cc", "gcc", "clang")
SECONDS = 600  # that a compiler may take
OURS = 0o700


def compiler() -> tuple[str, ...]:
    """Return the command of the C compiler: ``$CC``, cc, gcc, clang, or that of the package ziglang.

    Raises
    ------
    NotCompiled
        If there is none.
    """
    try:
        own = shlex.split(os.environ.get("CC", ""))
    except ValueError as error:
        raise NotCompiled(f"CC must be a command, but {error}: change or unset CC") from None
    if own:
        if shutil.which(own[0]) is None:
            raise NotCompiled(
                f"compile needs the C compiler that CC names, but {own[0]!r} was not found: change or unset CC"
            )
        return tuple(own)
    for name in KNOWN:
        if (path := shutil.which(name)) is not None:
            return (path,)
    if (zig := zig_command()) is not None:
        return zig
    raise NotCompiled(
        f"compile needs a C compiler, but found none of {', '.join(KNOWN)}: install one, name it in CC, or pip install 'automicro[edge]'"
    )


def library(files: Mapping[str, str], source: str) -> ctypes.CDLL:
    """Return the library that one of some files is compiled to; one that was built before is loaded from the user's cache folder.

    Parameters
    ----------
    files : mapping of str to str
        Contents by name.
    source : str
        Name of the file that is compiled.

    Raises
    ------
    NotCompiled
        If there is no compiler, or it fails.
    """
    command = compiler()
    parts = [
        *command,
        *FLAGS,
        platform.machine(),
        sys.platform,
        *(part for pair in sorted(files.items()) for part in pair),
    ]
    name = _digest(chr(0).join(parts).encode("utf-8", "surrogatepass"))
    for folder in (cache_folder() / "compiled", None):
        if folder is not None and (loaded := _loaded(folder, name)) is not None:
            return loaded
        with suppress(OSError):
            place = Path(tempfile.mkdtemp()) if folder is None else folder
            return _built(command, files, source, place, name)
    raise NotCompiled("compile needs a folder that can be written and whose files can be loaded, but there is none")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _loaded(folder: Path, name: str) -> ctypes.CDLL | None:
    """Return a library of the cache; None where it is not there or is damaged, as its name shows, which ends with its digest."""
    for path in folder.glob(f"{name}-*.so"):
        with suppress(OSError):
            if path.stem == f"{name}-{_digest(path.read_bytes())}":
                return ctypes.CDLL(str(path))
    return None


def _built(command: Sequence[str], files: Mapping[str, str], source: str, place: Path, name: str) -> ctypes.CDLL:
    """Compile in a folder inside `place`, and move the library there in one step, for two processes may do so at once."""
    place.mkdir(mode=OURS, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        for file, text in files.items():
            (Path(folder) / file).write_text(text, "utf-8")
        made = Path(folder) / f"{name}.so"
        _run([*command, *FLAGS, "-o", made.name, source], folder)
        path = made.replace(place / f"{name}-{_digest(made.read_bytes())}.so")
    return ctypes.CDLL(str(path))


def _run(command: Sequence[str], folder: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the user's compiler, with files of our own
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotCompiled(f"the C compiler {command[0]!r} must end within {SECONDS} seconds, but did not") from None
    except OSError as error:
        raise NotCompiled(f"the C compiler {command[0]!r} must start, but did not: {error.strerror}") from None
    if done.returncode:
        said = next(
            (line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:200] or "nothing"
        )
        raise NotCompiled(f"the C compiler {command[0]!r} must compile the model, but failed and said: {said}")
