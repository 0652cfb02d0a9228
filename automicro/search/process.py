"""One worker process: started, asked, ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from automicro.errors import AutomicroError
from automicro.interpreters import MISSING, interpreter, module_path
from automicro.search.failure import Failure

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Command", "WorkerEnded", "WorkerProcess", "receive", "send"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
GRACE_SECONDS = 1.0


class WorkerEnded(Exception):  # noqa: N818 - an event that the executor turns into a failed task
    """The process ended before its task did; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def send(stream: BinaryIO, message: object) -> None:
    """Write one pickled message, its length first."""
    body = pickle.dumps(message, protocol=5)
    stream.write(len(body).to_bytes(8, "little") + body)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; raise `EOFError` where the other side has ended."""
    head = stream.read(8)
    body = stream.read(int.from_bytes(head, "little")) if len(head) == 8 else b""
    if not body:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 - both ends are this program


@dataclass(frozen=True)
class Command:
    """What every worker of an executor is started with."""

    folder: Path
    entry: str
    memory_bytes: int
    seconds: float | None

    @property
    def context(self) -> Path:
        """The file that a worker reads its context from."""
        return self.folder / "context.pickle"


class WorkerProcess:
    """A process that answers one task at a time, with one thread; what it prints goes nowhere."""

    def __init__(self, command: Command, place: int) -> None:
        self._command, self._is_loaded = command, False
        self._errors = command.folder / f"{place}.errors"
        python = interpreter()
        if python is None:
            raise AutomicroError(MISSING.format(repr(sys.executable)))
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
                [
                    python,
                    "-m",
                    "automicro.search.worker",
                    str(command.context),
                    f"{command.memory_bytes:d}",
                    command.entry,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": module_path(), "PYTHONHASHSEED": "0"},
                start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
            )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_until_loaded(self) -> None:
        """Wait until the process has loaded what it needs, or has ended."""
        if not self._is_loaded:
            self._is_loaded = True
            with contextlib.suppress(EOFError, OSError):
                receive(cast("BinaryIO", self._process.stdout))

    def kill(self) -> None:
        """End the process at once; from any thread."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of its streams."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                cast("BinaryIO", stream).close()

    def ask(self, task: object, *, limited: bool = True) -> tuple[Any, str | None]:
        """Return the result of a task, or None and why there is none; raise `WorkerEnded` if the process did not survive it."""
        self.wait_until_loaded()  # which takes none of the task's time
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            self.kill()

        timer = threading.Timer((limited and self._command.seconds) or threading.TIMEOUT_MAX, stop)
        timer.daemon = True
        timer.start()
        try:
            send(cast("BinaryIO", self._process.stdin), task)
            result, failure = receive(cast("BinaryIO", self._process.stdout))
        except (EOFError, OSError):
            raise WorkerEnded(self._cause(overdue=overdue.is_set())) from None
        except Exception as error:  # what was sent or came back does not pickle
            failure = Failure.of(error)
            raise WorkerEnded(
                Failure(f"its task or answer could not be passed on: {failure}", failure.traceback)
            ) from error
        finally:
            timer.cancel()
        return result, failure

    def _cause(self, *, overdue: bool) -> Failure:
        if overdue:
            return Failure(f"took longer than the {self._command.seconds:g} s that a trial may take")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        said = self._errors.read_text(encoding="utf-8", errors="replace").strip()
        last = f": {said.splitlines()[-1]}" if said else ""
        return Failure(f"its process ended with code {self._process.poll()}{last}", said)
