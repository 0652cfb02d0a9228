"""How long one prediction takes: quantiles over fresh processes with their intervals, and what they can decide."""

from __future__ import annotations

import base64
import json
import math
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np

from automicro.errors import AutomicroError
from automicro.interpreters import MISSING, interpreter, module_path
from automicro.measure.latency.timing import machine
from automicro.request import LatencyRecord, QuantileRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "FEWEST_RUNS",
    "Latency",
    "QuantileInterval",
    "Run",
    "latency_in_fresh_processes",
    "latency_in_this_process",
    "more_runs",
]

USUAL = (0.5, 0.95, 0.99)
CONFIDENCE = (
    0.98  # of one interval, so that three looks at 7, 14 and 21 runs are together wrong less than once in twenty
)
FEWEST_RUNS = 7  # the fewest whose range is an interval of that confidence for a median
MOST_RUNS_NEEDED = 1000
LONGEST_SECONDS = 120.0  # of one process
SECONDS = 0.2  # of timed calls of each, about
BUSY = 0.95  # share of a processor below which a process was disturbed
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class QuantileInterval:
    """A quantile of single calls with the ends of its interval, in microseconds."""

    quantile: float
    us: float
    low_us: float
    high_us: float


@dataclass(frozen=True)
class Run:
    """One fresh process: quantiles of its single calls, and its share of a processor.

    The ends of a quantile are the least and the largest that parts of the process's time showed; the fastest call is in microseconds.
    """

    quantiles: tuple[QuantileInterval, ...]
    fastest_us: float
    calls: int
    cpu_share: float

    def interval(self, quantile: float) -> QuantileInterval:
        """Return one of the requested quantiles."""
        return {found.quantile: found for found in self.quantiles}[quantile]


@dataclass(frozen=True)
class Latency:
    """Times of single calls in several fresh processes.

    An interval is that of the quantile in a typical process: its median over processes, between order statistics of the processes'
    quantiles (David and Nagaraja 2003, section 7.1). It takes processes for independent of each other, calls within one for nothing.
    Since processes that follow each other are not quite independent, each counts at its lower end with the least and at its upper
    end with the largest quantile that a part of its time showed: a wider interval, that covers the plain one and does not shrink to a
    point, however many processes there are.

    Parameters
    ----------
    quantile : float
        The one that a limit is about.
    runs : tuple of Run
        One for each process.
    runtime : str
    machine : dict
        Processor, cores, threads, clock and its resolution, system, interpreter, and the load average before and after (None where
        the system does not say).
    argument : str
        What each call is given, such as "one row as an array". A list, a dict or a data frame of one row takes longer: see
        `benchmarks/row_latency.py`.
    """

    quantile: float
    runs: tuple[Run, ...]
    runtime: str = "python"
    machine: dict[str, Any] = field(default_factory=dict)
    argument: str = "one row as an array"

    def interval(self, quantile: float) -> QuantileInterval:
        """Return a quantile with its interval: 0.5, 0.95, 0.99 or the requested one."""
        found = [run.interval(quantile) for run in self.runs]
        middle, outer = float(np.median([each.us for each in found])), _tail(len(found))
        lows, highs = sorted(each.low_us for each in found), sorted(each.high_us for each in found)
        return QuantileInterval(quantile, middle, lows[outer], highs[-1 - outer])

    @cached_property
    def quantiles(self) -> tuple[QuantileInterval, ...]:
        """The median, 95 % and 99 % quantiles and the requested one."""
        return tuple(self.interval(quantile) for quantile in sorted({*USUAL, self.quantile}))

    @property
    def confidence(self) -> float:
        """Of each interval: at least 0.98 from seven processes on."""
        return 1 - 2 * _below(len(self.runs), _tail(len(self.runs)))

    @property
    def quantile_us(self) -> float:
        """The requested quantile, in microseconds."""
        return self.interval(self.quantile).us

    @property
    def low_us(self) -> float:
        """Lower end of its interval."""
        return self.interval(self.quantile).low_us

    @property
    def high_us(self) -> float:
        """Upper end of its interval."""
        return self.interval(self.quantile).high_us

    @property
    def median_us(self) -> float:
        """The median call."""
        return self.interval(0.5).us

    @property
    def calls(self) -> int:
        """Timed calls of all processes."""
        return sum(run.calls for run in self.runs)

    @property
    def cpu_share(self) -> float:
        """What of the time a typical process had a processor: below 1 where it had to wait for one."""
        return float(np.median([run.cpu_share for run in self.runs]))

    @property
    def busy(self) -> bool:
        """Whether other work kept the processes from running."""
        return self.cpu_share < BUSY

    @property
    def noisy(self) -> bool:
        """Whether the machine was too restless for close decisions: it was busy, or the interval spans more than a factor of 2."""
        return self.busy or self.high_us > 2 * self.low_us

    def decision(self, limit_us: float) -> Literal["met", "missed", "undecided"]:
        """Return whether the quantile keeps a limit, where that can be decided.

        A limit is met if the interval ends at or below it, whether or not the machine is busy: other work makes calls longer, never
        shorter, so that an idle machine keeps the limit all the more. It is missed if the interval begins above it, on a machine that is
        not busy; on any machine if the fastest call of every process takes longer. Fewer than seven processes decide only such a miss.
        """
        if min(run.fastest_us for run in self.runs) > limit_us:
            return "missed"
        if len(self.runs) < FEWEST_RUNS:
            return "undecided"
        if self.high_us <= limit_us:
            return "met"
        return "missed" if not self.busy and self.low_us > limit_us else "undecided"

    def record(self) -> LatencyRecord:
        """Return what a trace keeps."""
        return LatencyRecord(
            quantiles=tuple(QuantileRecord(**asdict(found)) for found in self.quantiles),
            confidence=self.confidence,
            processes=len(self.runs),
            calls=self.calls,
            cpu_share=self.cpu_share,
            runtime=self.runtime,
            argument=self.argument,
            machine=self.machine,
        )

    def runs_needed(self, limit_us: float) -> int | None:
        """Return how many processes would decide on a limit if as large a share of them kept it as of these; None beyond 1,000."""
        found = [run.interval(self.quantile) for run in self.runs]
        fewer = min(sum(f.high_us > limit_us for f in found), sum(f.low_us <= limit_us for f in found)) / len(found)
        counts = range(max(FEWEST_RUNS, len(self.runs)), MOST_RUNS_NEEDED + 1)
        return next((n for n in counts if math.ceil(fewer * n) <= _tail(n) and n >= FEWEST_RUNS), None)

    def doubt(self, limit_us: float) -> str:
        """Return in words why a limit cannot be decided on, and what would decide."""
        name, share = f"p{100 * self.quantile:g}", f"{self.cpu_share:.0%}"
        seen = f"{name} is {self.quantile_us:.4g} us, {self.low_us:.4g} to {self.high_us:.4g} us in {len(self.runs)} processes"
        needed = self.runs_needed(limit_us)
        runs = "no number of processes up to 1,000" if needed is None else f"about {needed} processes"
        remedy = "require a latency outside of this interval" + ("" if needed is None else ", or give more seconds")
        undecided = f"cannot decide whether {limit_us:.4g} us are kept: {seen}; "
        if self.busy:
            return f"{undecided}the machine was busy, processes had a processor {share} of the time: wait until it is idle, or {remedy}"
        return f"{undecided}{runs} would decide: {remedy}"


def latency_in_fresh_processes(
    artifact: bytes,
    rows: Sequence[Any],
    quantile: float = 0.99,
    *,
    runs: int = FEWEST_RUNS,
    runtime: str = "python",
    seconds: float = SECONDS,
) -> Latency:
    """Time an artifact in interpreters started for it one after the other, as somebody who deploys it would.

    Parameters
    ----------
    artifact : bytes
        What `automicro.program.write_artifact` gave.
    rows : sequence of rows, or of graphs
        Raw values (numbers, text or None), one for each source column; or dicts of lists.
    quantile : float
        The one to decide on.
    runs : int
        Processes.
    runtime : str
        A key of `automicro.measure.latency.timing.RUNTIMES`.
    seconds : float
        Timed calls of each process, about.

    Raises
    ------
    automicro.errors.AutomicroError
        If a process fails or takes too long.
    """
    return _latency(artifact, rows, quantile, (runtime, seconds), lambda request: _measured(request, runs))


def latency_in_this_process(artifact: bytes, rows: Sequence[Any], quantile: float = 0.99) -> Latency:
    """Time an artifact in this process, once, where no other is to be started; too little to decide that a limit is kept."""
    from automicro.measure.latency.process import measured  # noqa: PLC0415 - the program of the other processes

    return _latency(artifact, rows, quantile, ("python", SECONDS), lambda request: [_read(measured(request))])


def _latency(
    artifact: bytes,
    rows: Sequence[Any],
    quantile: float,
    how: tuple[str, float],
    measure: Callable[[str], Sequence[Run]],
) -> Latency:
    """Put the request of a measurement in words, have it measured, and read the answers; `how`: the runtime, and seconds of each run."""
    plain = [row if isinstance(row, dict) else [_plain(value) for value in row] for row in rows]
    request = {
        "artifact": base64.b64encode(artifact).decode(),
        "rows": plain,
        "quantiles": sorted({*USUAL, quantile}),
        "runtime": how[0],
        "seconds": how[1],
    }
    facts = machine()
    before = facts.pop("load")
    done = tuple(measure(json.dumps(request)))
    facts |= {"load_before": before, "load_after": machine()["load"]}
    return Latency(quantile, done, how[0], facts, _form(plain))


def _form(rows: Sequence[Any]) -> str:
    """Return the form in which a call is given one of some rows."""
    first: Any = next(iter(rows), [])
    if isinstance(first, dict):
        return "one graph"
    return "one series as an array" if any(isinstance(cell, list) for cell in first) else "one row as an array"


def more_runs(known: Latency, artifact: bytes, rows: Sequence[Any], runs: int = FEWEST_RUNS) -> Latency:
    """Return a latency with some more fresh processes of the same artifact."""
    added = latency_in_fresh_processes(artifact, rows, known.quantile, runs=runs, runtime=known.runtime)
    facts = known.machine | {"load_after": added.machine["load_after"]}
    return replace(known, runs=(*known.runs, *added.runs), machine=facts)


def _measured(request: str, runs: int) -> list[Run]:
    """Measure in fresh processes that are started together, so that they load side by side, and then time calls one after the other."""
    python = interpreter()
    if python is None:
        raise AutomicroError(
            f"a latency is measured in fresh processes, for which {MISSING.format(repr(sys.executable))}"
        )
    command = [python, "-m", "automicro.measure.latency.process"]
    pipe, env = subprocess.PIPE, {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), "PYTHONPATH": module_path()}
    started: list[subprocess.Popen[str]] = []
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        for process in started:
            process.kill()

    timer = threading.Timer(LONGEST_SECONDS * runs, stop)
    timer.daemon = True
    timer.start()
    try:
        for _ in range(runs):
            # a session of its own, for Ctrl-C is for the parent
            process = subprocess.Popen(  # noqa: S603 - a fixed command; the artifact is data on its standard input
                command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env, start_new_session=True
            )
            started.append(process)
        for process in started:
            cast("IO[str]", process.stdout).readline()  # which it writes once it has loaded what it needs
        return [_run(process, request) for process in started]
    except OSError as error:
        raise AutomicroError(
            f"a latency process must start, but: {error.strerror}: repeat when the machine has more room"
        ) from error
    except AutomicroError:
        if not overdue.is_set():
            raise
        raise AutomicroError(
            f"the latency process must end within {LONGEST_SECONDS:g} s, but did not: repeat on a machine that is idle"
        ) from None
    finally:
        timer.cancel()
        for process in started:
            process.kill()
            with process:  # closes its streams and waits
                pass


def _run(process: subprocess.Popen[str], request: str) -> Run:
    out, errors = process.communicate(request)
    if process.returncode:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        raise AutomicroError(f"the latency process must end with code 0, but ended with {process.returncode}: {last}")
    return _read(out)


def _read(written: str) -> Run:
    answer = json.loads(written)
    return Run(**answer | {"quantiles": tuple(QuantileInterval(*found) for found in answer["quantiles"])})


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _below(count: int, most: int) -> float:
    """Return the chance that at most `most` of `count` values lie below their median."""
    return float(sum(math.comb(count, k) for k in range(most + 1)) / 2**count)


def _tail(count: int) -> int:
    """Return how many values are left out on each side, so that the median lies between the rest; 0 where even all are too few."""
    tail, ways, at_most = 0, count, 1 + count
    while at_most / 2**count <= (1 - CONFIDENCE) / 2:
        tail += 1
        ways = ways * (count - tail) // (tail + 1)
        at_most += ways
    return tail
