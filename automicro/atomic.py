"""Writes a file whole or not at all: beside the old one, flushed to the disk, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["followed", "open_file", "put_file", "write_file"]

MOST_LINKS = 40
UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}  # of file systems that cannot flush a file


def write_file(path: str | PathLike[str], content: bytes) -> None:
    """Write a file; until the new one is on the disk the old one is whole, and it stays if that fails.

    A link stays, and what it leads to is written. An existing file keeps its mode. A pipe, a device or an open file of this process
    (``/dev/stdout``) is written in place, and so is a file that is mounted by itself, which nothing can be renamed over.

    Raises
    ------
    OSError
        With the path and the reason.
    """
    place = Path(path)
    try:
        place = followed(place)
        number = open_file(place)
        if number is not None:
            _write(number, content)
        elif place.exists() and not place.is_file():
            _write_in_place(place, content)
        else:
            _replace(place, content)
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, str(error), str(path)) from error
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(place)) from error


def put_file(place: Path, content: bytes, part: Path) -> None:
    """Write a file in the place of whatever has its name, of a link the link itself; `part`, on the same disk, is its name until then.

    Raises
    ------
    OSError
    """
    try:
        with part.open("xb", buffering=0) as file:
            _write(file.fileno(), content)
            _flush(file.fileno())
        part.replace(place)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)  # where it was not renamed
    _flush_folder(place.parent)


def followed(path: str | PathLike[str]) -> Path:
    """Return the absolute path that a path leads to, link by link; a link of the system to an open file of this process is kept.

    Raises
    ------
    OSError
        If links lead round in a circle, or a name is too long.
    """
    place = Path(path)
    for _ in range(MOST_LINKS):
        place = place.parent.resolve() / place.name
        if open_file(place) is not None or not stat.S_ISLNK(_mode(place)):
            return place
        place = place.parent / place.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _mode(place: Path) -> int:
    try:
        return place.lstat().st_mode
    except FileNotFoundError:
        return 0


def open_file(place: Path) -> int | None:
    """Return the number of the open file that a resolved path such as ``/proc/12/fd/1`` names, if it is one of this process."""
    if place.parent in (Path(f"/proc/{os.getpid()}/fd"), Path("/dev/fd")) and place.name.isdecimal():
        return int(place.name)
    return None


def _replace(place: Path, content: bytes) -> None:
    known = place.stat() if place.exists() else None
    part = place.with_name(f".automicro-{secrets.token_hex(8)}.part")  # short, whatever the name of the file
    try:
        with part.open("xb", buffering=0) as file:
            _write(file.fileno(), content)
            if known is not None:
                _take_over(part, known)
            _flush(file.fileno())
        _rename(part, place, content)
    finally:
        part.unlink(missing_ok=True)  # where it was not renamed
    _flush_folder(place.parent)


def _rename(part: Path, place: Path, content: bytes) -> None:
    try:
        part.replace(place)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        _write_in_place(place, content)  # a file that is mounted by itself, as into a container


def _take_over(part: Path, known: os.stat_result) -> None:
    """Give a new file the owner and the mode of the old one, as far as that is allowed."""
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(part, known.st_uid, known.st_gid)
    with contextlib.suppress(OSError):
        part.chmod(stat.S_IMODE(known.st_mode))


def _write_in_place(place: Path, content: bytes) -> None:
    """Write what is there already; a pipe that nobody reads is an error rather than waited for."""
    number = os.open(place, os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if hasattr(os, "set_blocking"):
            os.set_blocking(number, True)
        _write(number, content)
    finally:
        os.close(number)


def _write(number: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(number, rest) :]


def _flush(number: int) -> None:
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise


def _flush_folder(folder: Path) -> None:
    """Flush the names of a folder, so that the rename outlives a power cut, where the system can."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
