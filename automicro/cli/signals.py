"""Signals that end a command: SIGINT, SIGTERM and SIGHUP raise `KeyboardInterrupt`, and what does not answer is ended all the same."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

from automicro.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Interrupts"]

ENDING = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
SECOND, LAST = 2.0, 9.0  # seconds after the first signal: of a second interrupt, and of the end
MOST = 2  # interrupts that are raised: a search returns its best model after one, and at once after two


class Interrupts:
    """Turns signals into at most two interrupts, and ends a process that answers none of them.

    The first signal raises `KeyboardInterrupt` in the main thread, as Ctrl-C does, and a second one does so again. Where none comes, the
    second is raised after `SECOND` seconds, so that a command that wraps up need not watch the clock. After `LAST` seconds another
    thread calls `given_up` and ends the process: a long call into compiled code keeps Python from answering. A signal
    that was ignored when the command began (nohup, a job in the background) stays ignored.

    Parameters
    ----------
    program : bool
        Whether this is all that the process does, so that signals are ignored once it has its answer.
    """

    def __init__(self, *, program: bool = False) -> None:
        self.given_up: Callable[[], int] = lambda: int(Exit.INTERRUPTED)
        self._program, self._count, self._raises = program, 0, True
        self._before: dict[int, Any] = {}
        self._wakeup = self._reads = self._writes = -1
        self._left = threading.Event()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._came)
            if os.name == "posix":
                with contextlib.suppress(
                    OSError, RuntimeError
                ):  # no file or thread is left for it: signals work without
                    self._watch()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold()
        if self._writes >= 0:
            signal.set_wakeup_fd(self._wakeup)
            os.close(self._writes)  # which ends the watching thread
        self._left.set()
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._program else before)

    def hold(self) -> None:
        """Raise nothing any more: what there is is being written; a process that must end then has not written all."""
        self._raises, self.given_up = False, lambda: int(Exit.OUTPUT)

    def _came(self, *_: object) -> None:
        self._count += 1
        if self._raises and self._count <= MOST:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        """Have the system write the number of a signal to a pipe, whatever Python does, and a thread read it."""
        self._reads, writes = os.pipe()
        os.set_blocking(writes, False)
        threading.Thread(target=self._wait, daemon=True).start()
        self._writes, self._wakeup = writes, signal.set_wakeup_fd(writes, warn_on_full_buffer=False)

    def _wait(self) -> None:
        with open(self._reads, "rb", buffering=0) as pipe:  # noqa: PTH123 - a number, not a path
            while (came := pipe.read(1)) and came[0] not in self._before:
                pass
            if came:
                self._end(came[0])

    def _end(self, number: int) -> None:
        """See to it that the command ends after its first signal."""
        if self._left.wait(SECOND):
            return
        if self._count < MOST and self._raises:
            signal.pthread_kill(threading.main_thread().ident or 0, number)
        if not self._left.wait(LAST - SECOND):
            code = 1
            with contextlib.suppress(Exception):
                code = self.given_up()
            with contextlib.suppress(Exception):
                if "automicro.folder" in sys.modules:
                    sys.modules["automicro.folder"].remove_own()
            os._exit(code)
