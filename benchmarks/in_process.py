"""Runs searches inside this process, so that thousands of small ones cost no worker processes and no timing of latencies."""

from __future__ import annotations

import contextlib
import warnings
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Self
from unittest import mock

import automicro.result.assemble
from automicro.data.prepare import ranking
from automicro.discovery.registry import Registry
from automicro.measure import Latency
from automicro.measure.latency.quantiles import QuantileInterval, Run
from automicro.program import PRECISIONS
from automicro.search import SearchResult
from automicro.search.decide import latency as finish
from automicro.search.trial import trial
from automicro.search.trial import variant_scores as forms
from automicro.search.workers.executor import Finished

__all__ = ["InProcess", "searching_in_process"]

searching = import_module("automicro.search.search")  # the package shows the function of that name in its place
ROUNDINGS = {"float16", "8-bit", "5-bit", "3-bit"}
TREES = 25  # of a ranking of columns, a quarter of the usual
UNTIMED = Latency(
    0.99, (Run(tuple(QuantileInterval(quantile, 1.0, 1.0, 1.0) for quantile in (0.5, 0.95, 0.99)), 1.0, 1, 1.0),)
)


class InProcess:
    """What the search needs of `LocalExecutor`: a task is run when its result is asked for; there is no limit on time or memory."""

    def __init__(self, *_limits: object) -> None:
        self._context: Any = None
        self._tasks: deque[tuple[int, Any]] = deque()
        self.task_seconds: float | None = None  # is not kept

    def share(self, context: Any) -> None:
        """Keep what all tasks read."""
        self._context = context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.clear()

    def loaded(self, *_until: object) -> float:
        """Return the seconds that loading took."""
        return 0.0

    def submit(self, number: int, task: object) -> None:
        """Queue a task."""
        self._tasks.append((number, task))

    def cancel(self, number: int) -> None:
        """Give up a task."""
        self._tasks = deque(item for item in self._tasks if item[0] != number)

    def next_finished(self, until: float | None = None) -> Finished | None:  # noqa: ARG002 - nothing here waits
        """Run the first task of the queue; None if it is empty."""
        if not self._tasks:
            return None
        number, task = self._tasks.popleft()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return Finished(number, trial.run(self._context, task))
        except Exception as error:  # as in a worker: what a family raises loses that trial alone
            return Finished(number, failure=f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def searching_in_process(families: Registry) -> Iterator[list[SearchResult]]:
    """Have `automicro.select` search in this process, with these families, few roundings, rankings by few trees, and no clock.

    All that decides is as ever: trials are judged in the same order as with workers. Gives a list to which every search's result is added.
    """
    results: list[SearchResult] = []

    def kept(*arguments: Any) -> SearchResult:
        results.append(searching.search(*arguments))
        return results[-1]

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(searching, "LocalExecutor", InProcess))
        stack.enter_context(mock.patch.object(finish, "decided", return_value=UNTIMED))
        roundings = tuple(precision for precision in PRECISIONS if precision.name in ROUNDINGS)
        stack.enter_context(mock.patch.object(forms, "PRECISIONS", roundings))
        stack.enter_context(mock.patch.object(ranking, "TREES", TREES))
        stack.enter_context(mock.patch.object(searching, "consulted", return_value=contextlib.nullcontext(families)))
        stack.enter_context(mock.patch.object(trial, "built_in", return_value=families))
        stack.enter_context(mock.patch.object(automicro.result.assemble, "search", kept))
        yield results
