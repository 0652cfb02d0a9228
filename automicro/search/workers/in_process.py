"""Runs tasks in the process that searches: for small tables, and where no other process can be started."""

from __future__ import annotations

import importlib
import time
import warnings
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from automicro.search.workers.executor import Finished
from automicro.search.workers.failure import Failure
from automicro.search.workers.unchanged import unchanged

if TYPE_CHECKING:
    import contextlib
    from types import TracebackType

__all__ = ["InProcessExecutor"]


class InProcessExecutor:
    """One task after the other, each when its result is waited for, with one thread; time and memory are not limited.

    It has the methods of `LocalExecutor`, and a task has the same result. A task that raises loses only itself, and what it changes in
    the process is put back; one that hangs or ends the process takes the search along.

    Parameters
    ----------
    entry : str
        ``"module:function"`` that is called with the context and a task.
    """

    def __init__(self, *, entry: str = "automicro.search.trial.trial:run") -> None:
        module, _, function = entry.partition(":")
        self._context: object = None
        self._call = getattr(import_module(module), function)
        self._tasks: deque[tuple[int, object]] = deque()
        self.task_seconds: float | None = None  # is not kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.clear()

    def share(self, context: object) -> None:
        """Keep what every task is given."""
        self._context = context

    def loaded(self, until: float | None = None) -> float:  # noqa: ARG002 - as a worker, which may take a while
        """Return the seconds that loading took: nothing is to be loaded."""
        return 0.0

    def submit(self, number: int, task: object, **_limits: bool) -> None:
        """Queue a task; `number` names it in `next_finished`."""
        self._tasks.append((number, task))

    def cancel(self, number: int) -> None:
        """Give up a task that has not begun."""
        self._tasks = deque(item for item in self._tasks if item[0] != number)

    def next_finished(self, until: float | None = None) -> Finished | None:
        """Run the next task; None if there is none, or `time.monotonic()` has reached `until`."""
        started = time.monotonic()
        if not self._tasks or (until is not None and started >= until):
            return None
        number, task = self._tasks.popleft()
        result, failure = self._answer(task)
        return Finished(number, result, failure, time.monotonic() - started)

    def _answer(self, task: object) -> tuple[Any, str | None]:
        try:
            with unchanged(), _one_thread():
                warnings.simplefilter("ignore")
                return self._call(self._context, task), None
        except KeyboardInterrupt:
            raise
        except MemoryError:
            return None, "ran out of memory"
        except BaseException as error:  # noqa: BLE001 - whatever a family raises must not end the search
            return None, Failure.of(error)


def _one_thread() -> contextlib.AbstractContextManager[Any]:
    """Pin the thread pools, so that sums are those of a worker process."""
    threadpoolctl = importlib.import_module("threadpoolctl")  # comes with scikit-learn
    limits: contextlib.AbstractContextManager[Any] = threadpoolctl.threadpool_limits(1)
    return limits
