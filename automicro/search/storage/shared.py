"""Runs trials on an executor unless they are in storage, where other processes may put them meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.search.context import Outcome
from automicro.search.workers.executor import Finished

if TYPE_CHECKING:
    from automicro.search.context import TrialTask
    from automicro.search.storage.store import Store
    from automicro.search.workers.executor import LocalExecutor

__all__ = ["SharedTrials"]

PAUSE = 0.25  # seconds between two looks at what other processes have finished


class SharedTrials:
    """Trials of an executor and a store, with those methods of the executor that a loop needs.

    A trial begins only when a worker is free for it, and first one that no other process has under way; so several processes on one
    folder share the work. A process never waits for another: if all trials that it needs are under way elsewhere, it runs them as
    well, and takes whichever outcome is there first.

    Parameters
    ----------
    executor : LocalExecutor
    store : Store
    workers : int
        How many trials run at once.
    """

    def __init__(self, executor: LocalExecutor, store: Store, workers: int) -> None:
        self._executor, self._store, self._workers = executor, store, max(workers, 1)
        self._waiting: dict[int, TrialTask] = {}
        self._running: dict[int, TrialTask] = {}
        self._given_up: set[int] = set()  # run here still, though another process has finished them

    @property
    def task_seconds(self) -> float | None:
        """How long a trial may take."""
        return self._executor.task_seconds

    @task_seconds.setter
    def task_seconds(self, seconds: float | None) -> None:
        self._executor.task_seconds = seconds

    def submit(self, number: int, task: TrialTask) -> None:
        """Queue a trial; `number` names it in `next_finished`."""
        self._waiting[number] = task

    def next_finished(self, until: float | None = None) -> Finished | None:
        """Wait for a trial to end, here or elsewhere; None if none did before `time.monotonic()` reaches `until`."""
        while True:
            if (known := self._stored()) is not None:
                return known
            self._begin()
            pause = time.monotonic() + PAUSE
            finished = self._executor.next_finished(pause if until is None else min(until, pause))
            if finished is not None and self._is_wanted(finished):
                return finished
            if until is not None and time.monotonic() >= until:
                return None

    def _stored(self) -> Finished | None:
        """Return the first trial that storage has by now."""
        for number, task in [*self._waiting.items(), *self._running.items()]:
            if (outcome := self._store.get(task)) is not None:
                if self._waiting.pop(number, None) is None:
                    self._store.end(self._running.pop(number))
                    self._given_up.add(number)
                return Finished(number, replace(outcome, from_storage=True))
        return None

    def _begin(self) -> None:
        while self._waiting and len(self._running) + len(self._given_up) < self._workers:
            free = (number for number, task in self._waiting.items() if not self._store.runs_elsewhere(task))
            number = next(free, next(iter(self._waiting)))
            task = self._running[number] = self._waiting.pop(number)
            self._store.begin(task)
            self._executor.submit(number, task)

    def _is_wanted(self, finished: Finished) -> bool:
        """Keep the outcome of a trial; whether nobody has heard of it yet."""
        if finished.number in self._given_up:
            self._given_up.remove(finished.number)
            return False
        task = self._running.pop(finished.number, None)
        if task is None:
            return False
        if isinstance(finished.result, Outcome):
            self._store.put(task, finished.result)
        self._store.end(task)
        return True
