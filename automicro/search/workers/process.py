"""One worker process: started, given tasks, ended."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from automicro.errors import AutomicroError
from automicro.interpreters import MISSING, interpreter, module_path
from automicro.processes import MARK, end_below
from automicro.search.workers.failure import Failure
from automicro.search.workers.messages import MOST_SAID, packed, read, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Command", "WorkerEnded", "WorkerProcess"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
TEMPORARY = ("TMPDIR", "TEMP", "TMP", "JOBLIB_TEMP_FOLDER")
GRACE_SECONDS = 1.0
LOOK_SECONDS = 0.1  # until the end of the process, or of the time, is noticed


class WorkerEnded(Exception):  # noqa: N818 - an event that the executor turns into a failed task
    """The process ended before its task did; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True)
class Command:
    """What every worker of an executor is started with."""

    folder: Path
    entry: str
    memory_bytes: int

    @property
    def context(self) -> Path:
        """The file that a worker reads its context from."""
        return self.folder / "context.pickle"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of families."""
        return self.folder / "tmp"


class WorkerProcess:
    """A process that does one task at a time, with one thread; what it prints goes nowhere.

    Where it runs each family in a process of its own (Linux), it takes the tasks of all; otherwise those of the family that came first.
    """

    def __init__(self, command: Command, place: int) -> None:
        python = interpreter()
        if python is None:
            raise AutomicroError(MISSING.format(repr(sys.executable)))
        command.temporary.mkdir(exist_ok=True)
        self._mark = str(command.folder / str(place))
        own = dict.fromkeys(TEMPORARY, str(command.temporary))
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [
                python,
                "-m",
                "automicro.search.workers.main",
                str(command.context),
                f"{command.memory_bytes:d}",
                command.entry,
                f"{os.getpid():d}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | ONE_THREAD | own | {MARK: self._mark, "PYTHONPATH": module_path(), "PYTHONHASHSEED": "0"},
            start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said = bytearray()
        self._loaded: bool | None = None  # whether it takes the tasks of all families
        self._family: str | None = None
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read, self._hear)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError, ValueError, MemoryError, OverflowError):  # or what is no length
            while True:
                self._answers.put(read(cast("BinaryIO", self._process.stdout)))
        self._answers.put(None)

    def _hear(self) -> None:
        """Keep the last of what the process says, however much that is."""
        errors = cast("BinaryIO", self._process.stderr).fileno()
        with contextlib.suppress(OSError):
            while block := os.read(errors, MOST_SAID):
                self._said += block
                del self._said[:-MOST_SAID]

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def takes(self, family: str) -> bool:
        """Whether the process may be given a task of a family."""
        return self._loaded or self._family in (None, family)

    def wait_until_loaded(self) -> None:
        """Wait until the process has loaded what it needs, or has ended."""
        if self._loaded is None:
            answer = self._next()
            self._loaded = answer is not None and unpacked(answer)

    def kill(self) -> None:
        """End the process at once, and all that it has started; from any thread."""
        if self.alive:  # the number of one that has ended may be another's
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        end_below(self._process.pid if self.alive else None, self._mark)
        self._process.kill()
        if not self._loaded and sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and let go of its streams."""
        self.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            cast("BinaryIO", self._process.stdin).close()
        for stream, thread in zip((self._process.stdout, self._process.stderr), self._threads, strict=True):
            thread.join(GRACE_SECONDS)
            if not thread.is_alive():  # a stream that is being read cannot be closed
                cast("BinaryIO", stream).close()

    def ask(self, task: object, family: str, limit: Callable[[], float | None]) -> tuple[Any, str | None]:
        """Return the result of a task, or None and why there is none; raise `WorkerEnded` if the process did not survive it.

        `limit` returns the seconds that the task may take; it may change its mind meanwhile.
        """
        self.wait_until_loaded()  # which takes none of the task's time
        self._family = family
        try:
            message = packed(family) + packed(task)
        except Exception as error:  # noqa: BLE001 - what a family declares need not pickle
            failure = Failure.of(error)
            return None, Failure(f"its task could not be passed on: {failure}", failure.traceback)
        try:
            stream = cast("BinaryIO", self._process.stdin)
            stream.write(message)
            stream.flush()
            answer = self._next(limit)
        except (OSError, ValueError):  # the process has ended, or is closed
            answer = None
        if answer is None:
            raise WorkerEnded(self._cause())
        try:
            result, failure = unpacked(answer)
        except Exception as error:
            failure = Failure.of(error)
            raise WorkerEnded(Failure(f"its answer could not be passed on: {failure}", failure.traceback)) from error
        return result, failure

    def _next(self, limit: Callable[[], float | None] = lambda: None) -> bytes | None:
        """Return the next message; None if the process ended before. One that takes too long is ended, and `WorkerEnded` raised."""
        started = time.monotonic()
        while True:
            seconds = limit()
            if seconds is not None and time.monotonic() - started >= seconds:
                self.kill()
                raise WorkerEnded(Failure(f"took longer than the {seconds:.3g} s that a trial may take"))
            ended = not self.alive
            with contextlib.suppress(queue.Empty):
                wait = (
                    LOOK_SECONDS
                    if seconds is None
                    else min(LOOK_SECONDS, max(started + seconds - time.monotonic(), 0.0))
                )
                return self._answers.get(timeout=wait)
            if ended:
                return None

    def _cause(self) -> Failure:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        code = self._process.poll()
        self.kill()  # what would hold standard error open
        self._threads[1].join(GRACE_SECONDS)
        return Failure.of_process(code, bytes(self._said))
