"""The Python that other processes are started with, if there is one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

__all__ = ["MISSING", "interpreter", "module_path"]

MISSING = "sys.executable must be a Python interpreter, but is {}, and none was found beside it"
PROBE = "import sys, automicro; print(*sys.version_info[:2])"
PROBE_SECONDS = 20.0
NAMES = re.compile(r"(python|pypy|graalpy)w?(_d)?[\d.]*[td]*(\.exe)?", re.IGNORECASE)
WITHOUT_PROCESSES = ("emscripten", "wasi", "ios")


def interpreter() -> str | None:
    """Return the path of a Python that runs this version with these modules; None if there is none.

    It is `sys.executable`, unless that is missing or another program, as where Python is embedded or frozen: then a file in the
    folders of `sys.prefix` and `sys.base_prefix` with the name of a Python that can import this package.
    """
    if sys.platform in WITHOUT_PROCESSES:
        return None
    if _is_python(sys.executable) and not getattr(sys, "frozen", False):
        return sys.executable
    places = (getattr(sys, "_base_executable", None), sys.prefix, sys.exec_prefix, sys.base_prefix)
    return _found(tuple(str(place) for place in places if place), module_path())


def module_path() -> str:
    """Return what a process must have as PYTHONPATH to import what this one can; only texts count, as for Python itself."""
    return os.pathsep.join(place for place in sys.path if isinstance(place, str) and place)


def _is_python(path: object) -> bool:
    if not isinstance(path, str) or not path or not NAMES.fullmatch(Path(path).name):
        return False
    return Path(path).is_file() and os.access(path, os.X_OK)


@cache
def _found(places: tuple[str, ...], modules: str) -> str | None:
    """Return the first Python at, or in the folders of, some places that imports this package."""
    major, minor = sys.version_info[:2]
    names = (f"bin/python{major}.{minor}", "bin/python3", "bin/python", "python.exe", "Scripts/python.exe")
    candidates = [path for place in places for path in (place, *(str(Path(place, name)) for name in names))]
    for path in dict.fromkeys(filter(_is_python, candidates)):
        if _runs(path, modules) == f"{major} {minor}":
            return path
    return None


def _runs(path: str, modules: str) -> str:
    """Return the version of a Python that can import this package; nothing if it cannot."""
    try:
        done = subprocess.run(  # noqa: S603 - a file with the name of a Python in a folder of this one
            [path, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            env=os.environ | {"PYTHONPATH": modules},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
