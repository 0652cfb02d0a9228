"""Runs tasks in worker processes that may hang, crash or eat memory without taking the search along."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Finished", "LocalExecutor", "receive", "send"]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


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
class Finished:
    """The end of a task: its result, or the reason why there is none."""

    number: int
    result: Any = None
    failure: str | None = None
    seconds: float = 0.0


class LocalExecutor:
    """Processes on this machine, each with one thread, a time limit for every task and a memory limit.

    In time: `submit` any number of tasks, then `next_finished` as often. A worker that dies or runs over its time loses that one
    task and is replaced. Use it as a context manager: leaving it ends every worker at once.

    Parameters
    ----------
    context : object
        Read by each worker once, before its first task; must pickle.
    workers : int
    task_seconds : float or None
        A task that takes longer is ended.
    memory_bytes : int or None
        Limit on a worker's address space, where the system has such a limit.
    """

    def __init__(
        self, context: object, workers: int, task_seconds: float | None = None, memory_bytes: int | None = None
    ) -> None:
        self._task_seconds = task_seconds
        self._memory_bytes = memory_bytes
        self._folder = tempfile.TemporaryDirectory(prefix="automicro-")
        self._context = Path(self._folder.name) / "context.pickle"
        self._context.write_bytes(pickle.dumps(context, protocol=5))
        self._tasks: queue.SimpleQueue[tuple[int, object] | None] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._cancelled: set[int] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.set()
        with self._lock:
            for process in self._processes:
                process.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._folder.cleanup()

    def submit(self, number: int, task: object) -> None:
        """Queue a task; `number` names it in `next_finished`."""
        self._tasks.put((number, task))

    def cancel(self, number: int) -> None:
        """Give up a task: it is not started, or its process is ended; it will not be among the finished."""
        with self._lock:
            self._cancelled.add(number)
            process = self._running.get(number)
        if process is not None:
            process.kill()

    def next_finished(self, until: float | None = None) -> Finished | None:
        """Wait for a task to end; None if none did before `time.monotonic()` reaches `until`."""
        timeout = None if until is None else max(until - time.monotonic(), 0.0)
        try:
            return self._finished.get(timeout=timeout)
        except queue.Empty:
            return None

    def _serve(self) -> None:
        process = self._launch()
        while not self._closing.is_set() and (item := self._tasks.get()) is not None:
            if item[0] in self._cancelled:
                continue
            if process is None or process.poll() is not None:
                process = self._launch()
            if process is not None:
                finished = self._run(process, *item)
                if item[0] not in self._cancelled:
                    self._finished.put(finished)
        if process is not None:
            self._end(process)

    def _launch(self) -> subprocess.Popen[bytes] | None:
        """Start a worker; None if the executor is closing."""
        limit = str(self._memory_bytes or 0)
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}
        with self._lock:
            if self._closing.is_set():
                return None
            process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
                [sys.executable, "-m", "automicro.search.worker", str(self._context), limit],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
            )
            self._processes.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            cast("BinaryIO", stream).close()
        with self._lock:
            self._processes.discard(process)

    def _run(self, process: subprocess.Popen[bytes], number: int, task: object) -> Finished:
        started = time.monotonic()
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            process.kill()

        timer = threading.Timer(self._task_seconds or threading.TIMEOUT_MAX, stop)
        timer.daemon = True
        timer.start()
        with self._lock:
            self._running[number] = process
        try:
            send(cast("BinaryIO", process.stdin), task)
            result, failure = receive(cast("BinaryIO", process.stdout))
        except (EOFError, OSError):
            self._end(process)
            result, failure = None, f"its process ended with code {process.returncode}"
            if overdue.is_set():
                failure = f"took longer than the {self._task_seconds:g} s that a trial may take"
        finally:
            timer.cancel()
            with self._lock:
                self._running.pop(number, None)
        return Finished(number, result, failure, time.monotonic() - started)
