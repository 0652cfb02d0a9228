"""One process for each family, a copy of the worker, which has loaded everything and runs no task itself."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from automicro.processes import MARK, die_with, end_below
from automicro.search.workers.failure import Failure
from automicro.search.workers.messages import MOST_SAID, packed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Copies"]

MOST_KEPT = 4  # families that have a process at the same time
LOOK_SECONDS = 0.1  # until a process that has ended is noticed, where one that it started holds its pipe
GRACE_SECONDS = 1.0
BLOCK = 1 << 20
OOM = Path("/proc/self/oom_score_adj")  # where memory is short, the system ends a trial, and not the search


@dataclass
class _Copy:
    """A process with this side's ends of its pipes, and the last that it has said on standard error."""

    pid: int
    tasks: int
    answers: int
    errors: int
    said: bytearray = field(default_factory=bytearray)

    def read_errors(self) -> None:
        """Read what the process writes to standard error; it would wait otherwise."""
        block = os.read(self.errors, BLOCK)
        if not block:
            os.close(self.errors)
            self.errors = -1
        self.said += block
        del self.said[:-MOST_SAID]

    def read_all_errors(self) -> None:
        """Read what a process wrote to standard error before it ended."""
        while self.errors >= 0 and select.select([self.errors], [], [], 0)[0]:
            self.read_errors()

    def signal(self, number: int) -> None:
        """Send a signal to the process and those of its group."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, number)

    def write(self, task: bytes) -> bool:
        """Pass a task on; False if the process has ended."""
        left = memoryview(task)
        with contextlib.suppress(BrokenPipeError):
            while left:
                left = left[os.write(self.tasks, left) :]
        return not left

    def code(self, seconds: float) -> int | None:
        """Return the exit code of the process; None if it still runs after some seconds."""
        until = time.monotonic() + seconds
        while True:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # its code was collected with those of orphans
                return 0
            if pid or time.monotonic() >= until:
                return os.waitstatus_to_exitcode(status) if pid else None
            time.sleep(0.01)

    def close(self) -> None:
        """Let go of the pipes."""
        for end in (self.tasks, self.answers, self.errors):
            if end >= 0:
                os.close(end)


class Copies:
    """The processes of the families, of which one runs at a time.

    Parameters
    ----------
    requests : file
        Where the next task comes from. It ends where the search does.
    serve : function
        What a copy runs, with the files of its tasks and answers.
    """

    def __init__(self, requests: BinaryIO, serve: Callable[[BinaryIO, BinaryIO], None]) -> None:
        self._requests, self._serve = requests, serve
        self._kept: dict[bytes, _Copy] = {}  # the one that was used last comes last

    def answer(self, family: bytes, task: bytes) -> bytes:
        """Return the message that the process of a family answers; or one that it ended, and how.

        Between tasks the process is stopped, with the threads and processes that a task has left: they would take time of the next one.

        Raises
        ------
        EOFError
            If the search has ended.
        """
        copy = self._kept.pop(family) if family in self._kept else self._started()
        self._kept[family] = copy
        copy.signal(signal.SIGCONT)
        answer = self._answered(copy) if copy.write(family + task) else None
        if answer is None:
            code = copy.code(GRACE_SECONDS)
            self._end(family)
            return packed((None, Failure.of_process(code, bytes(copy.said))))
        copy.signal(signal.SIGSTOP)
        if len(self._kept) > MOST_KEPT:
            self._end(next(iter(self._kept)))
        return answer

    def wait(self) -> None:
        """Wait for the next task, or the end of the search."""
        while self._requests.fileno() not in self._ready([], None):
            pass

    def close(self) -> None:
        """End all processes, and all that they have started."""
        end_below(os.getpid(), os.environ[MARK])
        self._collect()

    def _started(self) -> _Copy:
        (tasks_in, tasks), (answers, answers_out), (errors, errors_out) = os.pipe(), os.pipe(), os.pipe()
        worker, pid = os.getpid(), os.fork()
        if pid == 0:
            die_with(worker, signal.SIGKILL)
            OOM.write_text("1000", encoding="ascii")
            os.dup2(errors_out, 2)
            self._run(tasks_in, answers_out, (tasks, answers, errors, errors_out))
        for end in (tasks_in, answers_out, errors_out):
            os.close(end)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # as the process does itself: whoever comes first
        return _Copy(pid, tasks, answers, errors)

    def _run(self, tasks: int, answers: int, others: tuple[int, ...]) -> NoReturn:
        """Be a copy: serve tasks until there are no more."""
        try:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._requests.close()
            for end in others:
                os.close(end)
            for other in self._kept.values():
                other.close()
            self._serve(os.fdopen(tasks, "rb"), os.fdopen(answers, "wb"))
        except BaseException as error:  # noqa: BLE001 - a copy must not go on as the worker that it is a copy of
            sys.stderr.write(f"{Failure.of(error)}\n")
        finally:
            os._exit(1)

    def _ready(self, ends: list[int], seconds: float | None) -> list[int]:
        """Wait for one of some files, or for the next request; take up what is said meanwhile."""
        said = {copy.errors: copy for copy in self._kept.values() if copy.errors >= 0}
        ready = select.select([self._requests.fileno(), *ends, *said], [], [], seconds)[0]
        for end in said.keys() & set(ready):
            said[end].read_errors()
        return ready

    def _answered(self, copy: _Copy) -> bytes | None:
        """Return the answer of a process; None if it ended before."""
        answer = bytearray()
        while len(answer) < 8 or len(answer) < 8 + int.from_bytes(answer[:8], "little"):
            ready = self._ready([copy.answers], LOOK_SECONDS)
            if self._requests.fileno() in ready:
                raise EOFError  # nothing else comes while an answer is waited for
            if copy.answers in ready:
                block = os.read(copy.answers, BLOCK)
                if not block:
                    return None
                answer += block
            elif _has_ended(copy.pid):
                return None
        return bytes(answer)

    def _end(self, family: bytes) -> None:
        """End the process of a family, and what it has started or left to this process."""
        copy = self._kept.pop(family)
        end_below(os.getpid(), spared=[other.pid for other in self._kept.values()])
        copy.read_all_errors()
        copy.close()
        self._collect()

    def _collect(self) -> None:
        """Let go of orphans that have ended."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
