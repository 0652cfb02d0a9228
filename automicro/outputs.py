"""The files that a command writes: refused beforehand if they cannot be written or are inputs; a failure of one spares the others."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from automicro.atomic import followed, open_file, write_file
from automicro.errors import OutputError, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_outputs", "save", "saved_anywhere"]

_Same = tuple[object, ...]


def save(key: str, path: str | os.PathLike[str], content: bytes) -> None:
    """Write one output; `key` names it in the error.

    Raises
    ------
    OutputError
    """
    try:
        write_file(path, content)
    except OSError as error:
        raise OutputError(f"{key}: {_reason(error)}") from error


def saved_anywhere(key: str, path: str, content: bytes) -> str:
    """Write a file that must not be lost; return why it is not at its path and where it is instead, or an empty text if all went well.

    It is written to another name in the same folder, or to the working folder, or to that of temporary files; if
    all fail, the sentence contains its bytes.
    """
    try:
        write_file(path, content)
    except OSError as error:
        failed = f"{key}: {_reason(error)}"
    else:
        return ""
    wanted = Path(path)
    name = f"{wanted.stem[:40] or 'model'}-{hashlib.sha256(content).hexdigest()[:12]}{wanted.suffix[:20]}"
    for folder in _folders(wanted):
        with contextlib.suppress(OSError):
            place = folder.resolve() / name
            write_file(place, content)
            return f"{failed}; it is in {place}"
    return f"{failed}; it could not be written elsewhere either, its bytes in base64 are {base64.b64encode(content).decode()}"


def _folders(wanted: Path) -> list[Path]:
    """Return where a file may be written instead: regular folders only, for in those of devices and processes nothing stays."""
    folders = [wanted.parent, Path.cwd()]
    with contextlib.suppress(OSError):
        folders.append(Path(tempfile.gettempdir()))
    return [folder for folder in folders if folder.resolve().parts[1:2] not in (("dev",), ("proc",), ("sys",))]


def _reason(error: OSError) -> str:
    return f"must be a file that can be written, but {error.filename}: {error.strerror}"


def check_outputs(
    outputs: Mapping[str, str | None], inputs: Mapping[str, str | None], folder: tuple[str, str] | None = None
) -> None:
    """Refuse, before a command begins, files that cannot be written, that it reads, or that are the same.

    Parameters
    ----------
    outputs, inputs : mapping of str to path or None
        Paths by the name that the error shows.
    folder : (str, path), optional
        Name and path of a folder whose files belong to the command, so that no output may lie in it.

    Raises
    ------
    RequestError
        With one sentence.
    """
    read = {name: path for name, path in inputs.items() if path is not None}
    seen: dict[_Same, str] = {}
    for key, path in outputs.items():
        if path is None:
            continue
        place = _writable(key, path)
        same = _identity(place)
        if same is None:
            continue
        for name, source in read.items():
            if same == _identity(_end(source)):
                raise RequestError(f"{key}: must differ from {name}, but both are {path}: name another file")
        if same in seen and open_file(place) is None:
            raise RequestError(f"{key}: must differ from {seen[same]}, but both are {path}: name another file")
        if folder is not None and Path(folder[1]).resolve() in (place, *place.parents):
            raise RequestError(f"{key}: must lie outside the folder {folder[0]}, but is {path}: name another one")
        seen[same] = key


def _writable(key: str, path: str) -> Path:
    """Return where an output leads to; raise `RequestError` if no file can be made there."""
    try:
        place = followed(path)
        if place.is_dir():
            raise RequestError(f"{key}: must be a file, but {path} is a folder: name a file")
        if not place.parent.is_dir():
            raise RequestError(f"{key}: the folder must exist, but {place.parent} does not: make it first")
        if place.exists() and not os.access(place, os.W_OK):
            raise RequestError(f"{key}: must be a file that can be written, but {path} is read-only: name another one")
        if _identity(place) is not None and open_file(place) is None:
            with tempfile.TemporaryFile(dir=place.parent, prefix=".automicro-"):
                pass
    except (OSError, ValueError) as error:
        if isinstance(error, RequestError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"{key}: must be a file that can be written, but {path}: {reason}") from error
    return place


def _identity(place: Path) -> _Same | None:
    """Return what two paths to one file have in common; None of a pipe or a device, which may be given twice."""
    try:
        found = place.stat()
    except (OSError, ValueError):
        return (os.path.normcase(place),)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) else None


def _end(source: str) -> Path:
    with contextlib.suppress(OSError, ValueError):
        return followed(source)
    return Path(source)
