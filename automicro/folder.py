"""The temporary folder of a search, which the next search removes where a kill has left it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import BufferedWriter

__all__ = ["OwnedFolder", "remove_left", "remove_own"]

PREFIX, OWNER = "automicro-", "owner"
_own: weakref.WeakSet[OwnedFolder] = weakref.WeakSet()


class OwnedFolder:
    """A folder in that of temporary files or another one; removed by `cleanup`, as the interpreter ends, or by a search after a kill.

    Its file `owner` is locked as long as its process lives, which the system knows even from another container.
    """

    def __init__(self, within: Path | None = None) -> None:
        within = within or Path(tempfile.gettempdir())
        remove_left(within)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
        try:
            file = _locked(self.path)
        except OSError:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        self._remove = weakref.finalize(self, _removed, self.path, file)
        _own.add(self)

    def cleanup(self) -> None:
        """Remove the folder with all that is in it."""
        self._remove()


def remove_own() -> None:
    """Remove the folders of this process, before it ends at once."""
    for folder in list(_own):
        folder.cleanup()


def remove_left(temporary: Path) -> None:
    """Remove the folders of processes of the same user that are gone; one without an owner is left alone."""
    with contextlib.suppress(OSError):
        with os.scandir(temporary) as entries:
            found = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
        for folder in found:
            with contextlib.suppress(OSError):
                if _is_own_folder(folder) and _is_left(folder / OWNER):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and (not hasattr(os, "getuid") or path.stat().st_uid == os.getuid())


def _is_left(owner: Path) -> bool:
    """Whether the file is there and no process holds it."""
    locks = _locks()
    if locks is None:  # a file that is open cannot be removed there
        owner.unlink()
        return True
    with owner.open("r+b") as file:
        locks.flock(file, locks.LOCK_EX | locks.LOCK_NB)
    return True


def _locked(folder: Path) -> BufferedWriter:
    """Return the owner's file, locked before it has its name, so that nobody meets it unlocked."""
    part = folder / f".{OWNER}"
    file = part.open("wb")
    locks = _locks()
    with contextlib.suppress(OSError):  # a file system without locks: nobody will remove the folder
        if locks is not None:
            locks.flock(file, locks.LOCK_EX | locks.LOCK_NB)
            part.rename(folder / OWNER)
        else:
            file.close()
            file = (folder / OWNER).open("wb")
    return file


def _removed(folder: Path, file: BufferedWriter) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    file.close()
    shutil.rmtree(folder, ignore_errors=True)  # where an open file could not be removed


def _locks() -> Any:
    try:
        return import_module("fcntl")
    except ImportError:  # not on Windows
        return None
