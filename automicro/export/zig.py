"""The C compiler of the package ziglang, which the extra `edge` brings."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

__all__ = ["cache_folder", "zig_command", "zig_environment"]


def zig_command() -> tuple[str, ...] | None:
    """Return the command of the compiler; None where it is not installed."""
    if importlib.util.find_spec("ziglang") is None:
        return None
    return (sys.executable, "-m", "ziglang", "cc")


def zig_environment() -> dict[str, str]:
    """Return the environment that it runs in: its caches are in the user's cache folder, where nothing else is set."""
    folder = str(cache_folder() / "zig")
    return {"ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder, **os.environ}


def cache_folder() -> Path:
    """Return the folder that automicro keeps compiled code in."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "automicro"
