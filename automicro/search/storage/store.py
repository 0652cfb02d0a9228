"""The folder of finished trials: files by the key of their task, written whole and read within bounds."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from automicro.atomic import put_file
from automicro.errors import DataError
from automicro.folder import OwnedFolder
from automicro.measure.latency.timing import machine
from automicro.search.storage.digest import digest
from automicro.search.storage.fitting import misfit
from automicro.search.storage.record import UnusableError, read_record, write_record
from automicro.search.storage.versions import of_automicro, of_family

if TYPE_CHECKING:
    from automicro.discovery import Registry
    from automicro.search.context import Context, Outcome, TrialTask

__all__ = ["Store"]

NO_FOLDER = {errno.EEXIST, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}  # what no later run mends
MOST_BYTES, MOST_ARRAYS = 32 << 20, 16  # of a file: for anything, and beside that so many arrays of predictions
NAMED = 3  # files that are not used, by name


class Store:
    """Outcomes by the content of their task.

    A search runs the same trials in the same order again when it is resumed, or in another process; those that are here are not run a
    second time. No other folder than that of the storage is read or written, and nothing in it is executed.

    Parameters
    ----------
    folder : path
        Made if it is not there. If it cannot be written to, trials are read only.
    context : Context
        Trials of another problem, other folds or another metric are not found.
    registry : Registry
        Families: trials of another version of a family, of what it requires, or of automicro are not found.

    Raises
    ------
    DataError
        If the path is no folder on this machine.
    """

    def __init__(self, folder: str | Path, context: Context, registry: Registry) -> None:
        self._folder, self._context, self._registry = Path(folder), context, registry
        self._unusable: dict[Path, str] = {}
        self._kept, self._lost, self._why = 0, 0, ""
        self._unknown: dict[str, str] = {}
        self._families: dict[str, object] = {}
        self._own: OwnedFolder | None = None
        if "://" in str(folder):
            raise DataError("search.storage must be a folder on this machine, but got a URL: name a folder")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._own = OwnedFolder(self._folder)
        except (OSError, ValueError) as error:
            if not isinstance(error, OSError) or error.errno in NO_FOLDER:
                said = getattr(error, "strerror", None) or " ".join(str(error).split())
                raise DataError(
                    f"search.storage must be a folder that can be written, but {self._folder}: {said}"
                ) from error
            self._why = error.strerror or str(error)

    def close(self) -> None:
        """Remove what only this process needs."""
        if self._own is not None:
            self._own.cleanup()

    @property
    def notes(self) -> list[str]:
        """What could not be read or kept, one sentence for each kind."""
        notes = [f"search.storage: {why}" for why in self._unknown.values()]
        if self._unusable:
            named = [f"{path.name} {why}" for path, why in self._unusable.items()]
            more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
            verb = "files are" if len(named) > 1 else "file is"
            notes.append(
                f"search.storage: {len(named)} {verb} not used, so that the trials were run again: {', '.join(named[:NAMED])}{more}"
            )
        if self._lost or self._own is None:
            of = f"{self._lost} of {self._kept + self._lost}" if self._kept else "finished"
            notes.append(f"search.storage: {of} trials could not be kept in {self._folder}: {self._why}")
        return notes

    def get(self, task: TrialTask) -> Outcome | None:
        """Return the outcome of a task; None if there is none, or nothing usable in its place."""
        if (path := self._path(task)) is None or path in self._unusable:
            return None
        try:
            return self._read(path, task)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._unusable[path] = f"cannot be read ({error.strerror})"
        except UnusableError as error:
            self._unusable[path] = str(error)
        return None

    def put(self, task: TrialTask, outcome: Outcome) -> None:
        """Keep the outcome of a task, whole or not at all; where that fails a note says so."""
        if (path := self._path(task)) is None:
            return
        try:
            self._write(path, outcome)
            self._kept += 1
        except (OSError, ValueError) as error:
            self._lost, self._why = self._lost + 1, getattr(error, "strerror", None) or " ".join(str(error).split())

    def _read(self, path: Path, task: TrialTask) -> Outcome:
        outcome = read_record(_content(path, self._most_bytes), path.stem)
        if why := misfit(outcome, task, self._context):
            raise UnusableError(why)
        return outcome

    def _write(self, path: Path, outcome: Outcome) -> None:
        if self._own is None:
            raise OSError(errno.EROFS, self._why)
        content = write_record(path.stem, outcome)
        if len(content) > self._most_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        put_file(path, content, self._own.path / f"{path.stem}.part")

    def begin(self, task: TrialTask) -> None:
        """Let other processes know that a trial is under way here, so that they run others first."""
        if self._own is not None and (path := self._path(task)) is not None:
            with contextlib.suppress(OSError):
                (self._own.path / f"{path.stem}.running").touch()

    def end(self, task: TrialTask) -> None:
        """Let them know that it is not any more."""
        if self._own is not None and (path := self._path(task)) is not None:
            with contextlib.suppress(OSError):
                (self._own.path / f"{path.stem}.running").unlink()

    def runs_elsewhere(self, task: TrialTask) -> bool:
        """Whether another process has a trial under way; also one that was killed, until its folder is removed."""
        path = self._path(task)
        return path is not None and any(self._folder.glob(f"automicro-*/{path.stem}.running"))

    @cached_property
    def _salt(self) -> str | None:
        try:
            return digest(of_automicro(), replace(self._context, plugins={}))  # each of them counts for its own trials
        except TypeError as error:
            self._unknown[""] = f"no trials are kept, since the request holds what has no key: {error}"
            return None

    @cached_property
    def _processor(self) -> str:
        return str(machine()["processor"])

    @cached_property
    def _most_bytes(self) -> int:
        problem = self._context.problem
        repeats = 1 + max(fold.repeat for fold in self._context.folds)
        return MOST_BYTES + MOST_ARRAYS * 11 * problem.rows * max(problem.classes, 1) * repeats  # 11: of base64

    def _path(self, task: TrialTask) -> Path | None:
        name = task.candidate.family
        if self._salt is None or name in self._unknown:
            return None
        try:
            if name not in self._families:
                self._families[name] = of_family(self._registry, name)
            if self._families[name] is None:
                raise TypeError("the files of its code are not known")  # noqa: TRY301 - one sentence for both
            processor = "" if self._context.requirements.latency_us is None else self._processor
            return self._folder / f"{digest(self._salt, self._families[name], processor, task)}.trial"
        except TypeError as error:
            self._unknown[name] = f"no trials of family {name!r} are kept: {error}"
            return None


def _content(path: Path, most: int) -> bytes:
    """Return what a regular file holds; links are not followed, and nothing is waited for."""
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
    number = os.open(path, os.O_RDONLY | sum(flags))
    with os.fdopen(number, "rb") as file:
        known = os.fstat(number)
        if not stat.S_ISREG(known.st_mode):
            raise UnusableError("is not a regular file")
        if known.st_size > most:
            raise UnusableError(f"has more than {most:,} bytes")
        return file.read(known.st_size + 1)  # not more, should it grow
