"""How long one prediction takes: a quantile with its interval, here and in a fresh process."""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import math
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import AutomicroError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from automicro.program import Program

__all__ = ["Latency", "entry_point", "latency", "latency_in_fresh_process", "row_array"]

WARM_CALLS = 30
REPEATS = (400, 4000)  # at least enough for the interval of a 99 % quantile to have an upper end
SECONDS = 1.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Latency:
    """Times of single calls.

    Parameters
    ----------
    quantile : float
        Which quantile `quantile_us` is.
    quantile_us : float
        That quantile of the times, in microseconds.
    median_us : float
    low_us, high_us : float
        Interval of the quantile from order statistics; `high_us` is infinite where too few calls were made to bound it.
    repeats : int
        Timed calls.
    runtime : str
    machine : dict
        Processor, cores, system, interpreter, and the load average before and after (None where the system does not
        tell).
    """

    quantile: float
    quantile_us: float
    median_us: float
    low_us: float
    high_us: float
    repeats: int
    runtime: str = "python"
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def noisy(self) -> bool:
        """Whether the machine was too busy to decide on: the interval of the quantile spans more than a factor of 2."""
        return self.high_us > 2 * self.low_us


def entry_point(program: Program) -> Callable[[Any], Any]:
    """Return the function from raw rows to predictions that a user of the ``python`` runtime calls."""
    from automicro.model import Model  # noqa: PLC0415 - what a user calls; heavier than what is measured otherwise

    return Model(program).predict


def latency(
    predict: Callable[[Any], Any],
    rows: Sequence[Any],
    quantile: float = 0.99,
    confidence: float = 0.95,
    seconds: float = SECONDS,
) -> Latency:
    """Time a function on one row after the other, warm, with one thread and without garbage collection.

    Parameters
    ----------
    predict : callable
        What is timed, call included.
    rows : sequence
        Arguments of single calls, taken in turn.
    quantile : float
        Which quantile of the times is reported.
    confidence : float
        Of the quantile's two-sided interval (order statistics; David and Nagaraja 2003, section 7.1).
    seconds : float
        Stop about then, once there are enough calls to bound the quantile; or at ten times that, whatever there is.

    Returns
    -------
    Latency
    """
    machine = _machine()
    with _one_thread(), _no_garbage_collection():
        for call in range(WARM_CALLS):
            predict(rows[call % len(rows)])
        times = _times(predict, rows, seconds)
    times.sort()
    count = len(times)
    low, high = _order_statistics(count, quantile, confidence)
    return Latency(
        quantile=quantile,
        quantile_us=float(times[min(math.ceil(quantile * count), count) - 1]) / 1000,
        median_us=float(np.median(times)) / 1000,
        low_us=float(times[low]) / 1000,
        high_us=float(times[high]) / 1000 if high < count else math.inf,
        repeats=count,
        machine=machine | {"load_after": _load()},
    )


def latency_in_fresh_process(
    artifact: bytes, rows: Sequence[Sequence[Any]], quantile: float = 0.99, timeout_seconds: float = 60.0
) -> Latency:
    """Time an artifact in an interpreter started for it, as somebody who deploys it would.

    Parameters
    ----------
    artifact : bytes
        What `automicro.program.write_artifact` gave.
    rows : sequence of rows, or of graphs
        Raw values (numbers, text or None), one for each source column; or dicts of lists.
    quantile : float
    timeout_seconds : float

    Raises
    ------
    automicro.errors.AutomicroError
        If the process fails or takes too long.
    """
    plain = [row if isinstance(row, dict) else [_plain(value) for value in row] for row in rows]
    request = {"artifact": base64.b64encode(artifact).decode(), "rows": plain, "quantile": quantile}
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    command = [sys.executable, "-m", "automicro.measure.latency_process"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the artifact is data on its standard input
            command,
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env=environment,
            check=False,
            start_new_session=True,  # Ctrl-C is for the parent
        )
    except subprocess.TimeoutExpired:
        raise AutomicroError(
            f"the latency process must end within {timeout_seconds:g} s: give it more time or fewer rows"
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise AutomicroError(f"the latency process must end with code 0, but ended with {done.returncode}: {last}")
    return Latency(**json.loads(done.stdout))


def measured(request: str) -> str:
    """Do in this process what `latency_in_fresh_process` asks for: JSON in, JSON out."""
    from automicro.program import read_artifact  # noqa: PLC0415 - needed only in the process started for it

    asked = json.loads(request)
    program, _ = read_artifact(base64.b64decode(asked["artifact"]))
    rows = [_one_graph(v) if isinstance(v, dict) else row_array(v) for v in asked["rows"]]
    return json.dumps(asdict(latency(entry_point(program), rows, asked["quantile"])))


def row_array(values: list[Any]) -> NDArray[Any]:
    """Return one row as an array (1, columns), or (1, channels, steps) if its cells are series."""
    if any(isinstance(value, list) for value in values):
        return np.array([values], dtype=np.float64)
    numeric = all(value is None or isinstance(value, int | float) for value in values)
    return np.array([values], dtype=np.float64 if numeric else object)


def _one_graph(lists: dict[str, Any]) -> dict[str, Any]:
    arrays = {name: np.array(values) for name, values in lists.items()}
    return {name: np.array(lists[name], dtype=object) if a.dtype.kind == "U" else a for name, a in arrays.items()}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _times(predict: Callable[[Any], Any], rows: Sequence[Any], seconds: float) -> NDArray[np.int64]:
    clock = time.perf_counter_ns
    times = []
    start = clock()
    for call in range(REPEATS[1]):
        row = rows[call % len(rows)]
        before = clock()
        predict(row)
        after = clock()
        times.append(after - before)
        spent = (after - start) / 1e9
        if spent > seconds and (call + 1 >= REPEATS[0] or spent > 10 * seconds):
            break
    return np.array(times)


def _order_statistics(count: int, quantile: float, confidence: float) -> tuple[int, int]:
    """Return positions in `count` sorted times between which the true quantile lies; `count` is past the last."""
    from scipy.stats import binom  # noqa: PLC0415 - scipy.stats is slow to import

    tail = (1 - confidence) / 2
    low = int(binom.ppf(tail, count, quantile)) - 1
    high = int(binom.ppf(1 - tail, count, quantile))
    return max(low, 0), high


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


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "interpreter": f"{platform.python_implementation()} {platform.python_version()}",
        "load_before": _load(),
    }


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
