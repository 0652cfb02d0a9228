"""Keeps finished trials in a folder, so that a search that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import pickle
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from automicro.errors import DataError

if TYPE_CHECKING:
    from automicro.search.task import Context

__all__ = ["Store"]

T = TypeVar("T")


class Store:
    """Results by the content of their task.

    A search asks for the same trials in the same order again when it is resumed; those that are here are not run a second time.

    Parameters
    ----------
    folder : path
        Made if it is not there. Only read it if you trust who wrote it: it holds pickles.
    context : Context
        Trials of another problem, other folds or another metric, or of another version of automicro, are not found.

    Attributes
    ----------
    notes : list of str
        About files that are not used.

    Raises
    ------
    DataError
        If the folder cannot be written to.
    """

    def __init__(self, folder: str | Path, context: Context) -> None:
        self.notes: list[str] = []
        self._folder = Path(folder)
        if "://" in str(folder):
            raise DataError(f"search.storage must be a folder on this machine, but got {str(folder)!r}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        version = metadata.version("automicro").encode()
        self._salt = hashlib.sha256(version + pickle.dumps(context, protocol=5)).digest()

    def get(self, task: object, kind: type[T]) -> T | None:
        """Return the result of a task; None if there is none, or if the file holds something else, which is then noted in `notes`."""
        path = self._path(task)
        try:
            found = pickle.loads(path.read_bytes())  # noqa: S301 - documented: the folder is the user's own
            if isinstance(found, kind):
                return found
            why = f"holds a {type(found).__name__}"
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - what a damaged pickle raises is not limited
            why = f"cannot be read ({type(error).__name__})"
        self.notes.append(f"search.storage: {path.name} {why} and is not used: its trial is run again")
        return None

    def put(self, task: object, result: object) -> None:
        """Write the result of a task; complete or not at all.

        Raises
        ------
        DataError
            If the folder cannot be written to any more.
        """
        path = self._path(task)
        part = path.with_suffix(".part")
        try:
            part.write_bytes(pickle.dumps(result, protocol=5))
            part.replace(path)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> DataError:
        return DataError(f"search.storage must be a folder that can be written, but {self._folder}: {error.strerror}")

    def _path(self, task: object) -> Path:
        digest = hashlib.sha256(self._salt + pickle.dumps(task, protocol=5)).hexdigest()
        return self._folder / f"{digest[:32]}.trial"
