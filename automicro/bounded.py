"""Reads a file of a stranger: a file and nothing else, of at most so many bytes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["read_bounded"]


def read_bounded(path: str | PathLike[str], most_bytes: int) -> bytes:
    """Return the content of a file.

    Raises
    ------
    OSError
        If it cannot be read, has more bytes, or is a folder, a pipe or a device, which may never end.
    """
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, str(error), os.fspath(path)) from error
    with open(number, "rb") as file:  # noqa: PTH123 - a number, not a path
        if not stat.S_ISREG(os.fstat(number).st_mode):
            what = "it is a folder, a pipe or a device"
            raise OSError(errno.EINVAL, what, str(Path(path)))
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes:,} bytes", str(Path(path)))
    return content
