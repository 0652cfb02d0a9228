"""Single calls timed in this process: what one fresh process of a latency measurement does."""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import math
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]  # checked before each use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from automicro.program import Program

__all__ = ["RUNTIMES", "Calls", "entry_point", "machine", "row_array", "time_calls"]

WARM_CALLS = 30
MOST_PARTS = 5
BEYOND = 2  # calls that are expected beyond a quantile, in a process
BEYOND_A_PART = 10  # the same in each of several parts of it
LONGEST = 8.0  # times the seconds that are requested: when too few calls for the quantile are enough all the same


@dataclass(frozen=True, eq=False)
class Calls:
    """Times of single calls in one process.

    Parameters
    ----------
    times_us : array of float64, (calls,)
        In the order of the calls, in microseconds.
    cpu_share : float
        Processor time by the time that passed: below 1 where the process had to wait for a processor.
    """

    times_us: NDArray[np.float64]
    cpu_share: float

    def quantile_us(self, quantile: float) -> float:
        """Return the least time that at least this share of the calls kept."""
        return _quantile(self.times_us, quantile)

    def span_us(self, quantile: float) -> tuple[float, float]:
        """Return the least and the largest quantile of consecutive parts: up to five, of so many calls that ten are expected beyond it."""
        parts = min(MOST_PARTS, max(len(self.times_us) // _calls_for(quantile, BEYOND_A_PART), 1))
        found = [_quantile(part, quantile) for part in np.array_split(self.times_us, parts)]
        return min(found), max(found)


def _quantile(times: NDArray[np.float64], quantile: float) -> float:
    return float(np.sort(times)[max(math.ceil(quantile * len(times)), 1) - 1])


def _calls_for(quantile: float, beyond: int) -> int:
    """Return of how many calls so many are expected beyond a quantile."""
    return math.ceil(beyond / (1 - quantile))


def entry_point(program: Program) -> Callable[[Any], Any]:
    """Return the function from raw rows to predictions that a user of the ``python`` runtime calls."""
    from automicro.runtime.model import Model  # noqa: PLC0415 - what a user calls; heavier than what is measured otherwise

    return Model(program).predict


# A runtime is what turns a program into a function of one row; a compiled target is one more entry.
RUNTIMES: dict[str, Callable[[Program], Callable[[Any], Any]]] = {"python": entry_point}


def time_calls(
    predict: Callable[[Any], Any], rows: Sequence[Any], quantile: float = 0.99, seconds: float = 0.2
) -> Calls:
    """Time a function on one row after the other, warm, with one thread and without garbage collection.

    Parameters
    ----------
    predict : callable
        What is timed, call included.
    rows : sequence
        Arguments of single calls, taken in turn.
    quantile : float
        That is to be known: at least so many calls are made that two are expected beyond it.
    seconds : float
        Stop about then, once there are enough calls; or at eight times that, whatever there is.
    """
    with _one_thread(), _no_garbage_collection():
        for call in range(WARM_CALLS):
            predict(rows[call % len(rows)])
        used, passed = time.process_time_ns(), time.perf_counter_ns()
        times = _times(predict, rows, _calls_for(quantile, BEYOND), seconds)
        used, passed = time.process_time_ns() - used, time.perf_counter_ns() - passed
    return Calls(times / 1000, used / max(passed, 1))


def _times(predict: Callable[[Any], Any], rows: Sequence[Any], least: int, seconds: float) -> NDArray[np.int64]:
    """Return the nanoseconds of each call.

    A call during which another process took the processor counts with the time that the thread had it.
    """
    clock, seen = time.perf_counter_ns, _processor_use
    times = []
    start = clock()
    for call in itertools.count():
        row = rows[call % len(rows)]
        switches, used = seen()
        before = clock()
        predict(row)
        after = clock()
        switches_after, used_after = seen()
        times.append(after - before if switches_after == switches else min(after - before, used_after - used))
        spent = (after - start) / 1e9
        if spent > seconds and (call + 1 >= least or spent > LONGEST * seconds):
            break
    return np.array(times)


def _processor_use() -> tuple[int, int]:
    """Return how often another process took the processor from this thread, and the nanoseconds that the thread had it.

    Zeros where the system does not say: then every call counts as it is.
    """
    if resource is None or not hasattr(resource, "RUSAGE_THREAD"):
        return 0, 0
    use = resource.getrusage(resource.RUSAGE_THREAD)
    return use.ru_nivcsw, time.thread_time_ns()


def row_array(values: list[Any]) -> NDArray[Any]:
    """Return one row as an array (1, columns), or (1, channels, steps) if its cells are series."""
    if any(isinstance(value, list) for value in values):
        return np.array([values], dtype=np.float64)
    numeric = all(value is None or isinstance(value, int | float) for value in values)
    return np.array([values], dtype=np.float64 if numeric else object)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _one_thread() -> contextlib.AbstractContextManager[Any]:
    """Pin the thread pools of this process, where threadpoolctl can; a fresh one is pinned by its variables."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")  # comes with scikit-learn
    except ImportError:
        return contextlib.nullcontext()
    limits: contextlib.AbstractContextManager[Any] = threadpoolctl.threadpool_limits(1)
    return limits


def machine() -> dict[str, Any]:
    """Return what a latency depends on: processor, cores, threads, clock, system, interpreter, and the load of the last minute."""
    clock = time.get_clock_info("perf_counter")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": 1,
        "clock": clock.implementation,
        "clock_resolution_ns": _clock_step_ns(),
        "system": platform.platform(),
        "interpreter": f"{platform.python_implementation()} {platform.python_version()}",
        "load": _load(),
    }


def _clock_step_ns() -> int:
    """Return the least step of the clock that two readings one after the other show."""
    readings = [time.perf_counter_ns() for _ in range(1000)]
    return int(min((step for step in np.diff(readings) if step > 0), default=0))


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _load() -> float | None:
    with contextlib.suppress(OSError, AttributeError):
        return os.getloadavg()[0]
    return None
