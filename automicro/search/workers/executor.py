"""Runs tasks in worker processes that may hang, crash or eat memory without taking the search along."""

from __future__ import annotations

import itertools
import pickle
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from automicro.errors import AutomicroError
from automicro.room import temporary_folder
from automicro.search.workers.process import Command, WorkerEnded, WorkerProcess

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Finished", "LocalExecutor"]

JOIN_SECONDS = 5.0  # for a worker to end; longer than any takes


@dataclass(frozen=True)
class Finished:
    """The end of a task: its result, or the reason why there is none."""

    number: int
    result: Any = None
    failure: str | None = None
    seconds: float = 0.0


class LocalExecutor:
    """Processes on this machine, each with one thread, a time limit for every task and a memory limit.

    In time: the first worker starts to load at once; `share` what all tasks read, which starts the others; `submit` any number of tasks,
    then `next_finished` as often. A worker that dies or runs over its time loses that one task and is replaced. Tasks of different
    families (their attribute `family`) never run in the same process. Use it as a context manager: leaving it ends every worker at
    once, and all that was started there.

    Parameters
    ----------
    workers : int
    task_seconds : float or None
        A task that takes longer is ended. It may be changed at any time.
    memory_bytes : int or None
        Limit on a worker's address space, where the system has such a limit.
    entry : str
        ``"module:function"`` that a worker calls with the context and a task.
    """

    def __init__(
        self,
        workers: int,
        task_seconds: float | None = None,
        memory_bytes: int | None = None,
        *,
        entry: str = "automicro.search.trial.trial:run",
    ) -> None:
        self._folder = temporary_folder()
        self._command = Command(self._folder.path, entry, int(memory_bytes or 0))
        self.task_seconds = task_seconds
        self._tasks: queue.SimpleQueue[tuple[int, object, bool] | None] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Finished | Exception] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._places = itertools.count()
        self._workers: set[WorkerProcess] = set()
        self._running: dict[int, WorkerProcess] = {}
        self._cancelled: set[int] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        self._loaded, self._load_seconds, self._started = threading.Event(), 0.0, time.monotonic()
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._lock:
            workers = list(self._workers)
        for _ in self._threads:
            self._tasks.put(None)
        ends = [threading.Thread(target=worker.kill, daemon=True) for worker in workers]
        for thread, worker in zip(ends, workers, strict=True):
            try:
                thread.start()
            except RuntimeError:  # the system allows no more threads
                worker.kill()
        for thread in (*ends, *self._threads):
            if thread.ident is not None:  # it was started
                thread.join(JOIN_SECONDS)
        self._folder.cleanup()

    def share(self, context: object) -> None:
        """Hand over what every worker reads once, before its first task; it must pickle."""
        try:
            with self._command.context.open("wb") as file:
                pickle.dump(context, file, protocol=5)
        except OSError as error:
            raise AutomicroError(
                f"the training data must be written to {self._folder.path} for the workers, but: {error.strerror}: free space there, set "
                "TMPDIR, or search with workers=0"
            ) from error
        for thread in self._threads[1:]:
            thread.start()

    def loaded(self, until: float | None = None) -> float:
        """Return the seconds that the first worker took to load; or has taken so far, when `time.monotonic()` reaches `until`."""
        self._loaded.wait(None if until is None else max(until - time.monotonic(), 0.0))
        return self._load_seconds or time.monotonic() - self._started

    def submit(self, number: int, task: object, *, limited: bool = True) -> None:
        """Queue a task; `number` names it in `next_finished`. It may take as long as it likes if it is not `limited`."""
        self._tasks.put((number, task, limited))

    def cancel(self, number: int) -> None:
        """Give up a task: it is not started, or its process is ended; it will not be among the finished."""
        with self._lock:
            self._cancelled.add(number)
            if number in self._running:
                self._running[number].kill()

    def next_finished(self, until: float | None = None) -> Finished | None:
        """Wait for a task to end; None if none did before `time.monotonic()` reaches `until`.

        Raises
        ------
        AutomicroError
            If workers cannot be started.
        """
        timeout = None if until is None else max(until - time.monotonic(), 0.0)
        try:
            finished = self._finished.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(finished, Finished):
            return finished
        self._finished.put(finished)  # whoever waits next must not wait for ever
        if isinstance(finished, AutomicroError):
            raise finished
        raise AutomicroError(f"a worker process must start, but {type(finished).__name__}: {finished}") from finished

    def _serve(self) -> None:
        """Do tasks until the executor closes; whatever ends this thread is raised where results are waited for."""
        try:
            self._serve_tasks()
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence would be waited for without end
            self._finished.put(error)
        finally:
            self._loaded.set()

    def _serve_tasks(self) -> None:
        first = self._launch()
        if first is not None and not self._loaded.is_set():
            first.wait_until_loaded()
        self._load_seconds = self._load_seconds or time.monotonic() - self._started
        self._loaded.set()
        own = [] if first is None else [first]
        while not self._closing.is_set() and (item := self._tasks.get()) is not None:
            for ended in [worker for worker in own if not worker.alive]:
                own.remove(ended)
                self._end(ended)
            family = getattr(item[1], "family", "")
            worker = next((worker for worker in own if worker.takes(family)), None) or self._launch()
            if worker is not None:
                own += [worker] if worker not in own else []
                self._run(worker, family, *item)
        for worker in own:
            self._end(worker)

    def _launch(self) -> WorkerProcess | None:
        """Start a worker; None if the executor is closing."""
        with self._lock:
            if self._closing.is_set():
                return None
            worker = WorkerProcess(self._command, next(self._places))
            self._workers.add(worker)
            return worker

    def _end(self, worker: WorkerProcess) -> None:
        worker.close()
        with self._lock:
            self._workers.discard(worker)

    def _run(self, worker: WorkerProcess, family: str, number: int, task: object, limited: bool) -> None:
        started = time.monotonic()
        with self._lock:
            if number in self._cancelled:
                return
            self._running[number] = worker
        try:
            result, failure = worker.ask(task, family, lambda: self.task_seconds if limited else None)
        except WorkerEnded as ended:
            worker.close()
            result, failure = None, ended.failure
        with self._lock:
            del self._running[number]
            wanted = number not in self._cancelled
        if wanted:
            self._finished.put(Finished(number, result, failure, time.monotonic() - started))
        else:
            worker.close()  # it was told to end, perhaps only after its answer: no other task must meet it
