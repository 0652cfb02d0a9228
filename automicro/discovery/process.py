"""The processes in which plugins of other distributions are loaded and called, each with limits on its time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from automicro.errors import AutomicroError, PluginError
from automicro.interpreters import MISSING, interpreter, module_path
from automicro.processes import MARK, end_below

if TYPE_CHECKING:
    from importlib import metadata
    from pathlib import Path

__all__ = ["Host", "Limit"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
MEMORY_BYTES = 4 * 10**9
MOST_BYTES = 1 << 24  # of an answer
START_SECONDS = 60.0  # for a Python to start, before the plugin is loaded
ANSWER_SECONDS = 20.0  # for one answer, where nothing bounds the seconds of the search
LEAST_SECONDS, SHARE = 3.0, 0.2  # for all answers of a plugin, its import included, of a search
GRACE_SECONDS = 1.0


class Limit:
    """The seconds that a plugin may take for its import and its answers: a fifth of a search's, at least three."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.whole = ANSWER_SECONDS if seconds is None else max(LEAST_SECONDS, SHARE * seconds)
        self.left = self.whole

    def spend(self, seconds: float) -> None:
        """Take off what an answer took, where the whole search is bounded."""
        if self._seconds is not None:
            self.left = max(self.left - seconds, 0.0)

    def __str__(self) -> str:
        of = "" if self._seconds is None else f" of a search of {self._seconds:.3g} s"
        return f"the {self.whole:.3g} s that a plugin may take{of}"


class Host:
    """The process of one plugin. It starts at once; `declared` waits for its import.

    After an answer that is late, or an end of the process, every question is refused with the same sentence.
    """

    def __init__(self, entry_point: metadata.EntryPoint, folder: Path, limit: Limit) -> None:
        python = interpreter()
        if python is None:
            raise AutomicroError(MISSING.format(repr(sys.executable)))
        self._limit, self._over = limit, ""
        self._mark = str(folder / entry_point.name)
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [python, "-m", "automicro.discovery.host", entry_point.name, entry_point.value, str(MEMORY_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={
                **os.environ,
                **ONE_THREAD,
                **dict.fromkeys(("TMPDIR", "TEMP"), str(folder)),
                "PYTHONPATH": module_path(),
                MARK: self._mark,
            },
            start_new_session=True,  # so that its children end with it
        )
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        assert self._process.stdout is not None  # noqa: S101 - as above
        self._requests, self._replies = self._process.stdin, self._process.stdout
        if sys.platform != "win32":
            os.set_blocking(self._requests.fileno(), False)

    def declared(self) -> dict[str, Any]:
        """Return what the plugin offers: its families' attributes and what is wrong with others; raise `PluginError` if it cannot say."""
        with self._bounded("the start of its process", START_SECONDS) as until:
            self._receive(until)
        with self._bounded("its import", self._limit.left, spends=True) as until:
            return self._receive(until)

    def ask(self, family: str, method: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Return the reply to a question; raise `PluginError` if there is none."""
        body = pickle.dumps((family, method, arguments), protocol=5)
        with self._bounded(f"{method} of family {family!r}", self._limit.left, spends=True) as until:
            self._write(len(body).to_bytes(8, "little") + body, until)
            return self._receive(until)

    def close(self) -> None:
        """End the process and all that it has started."""
        self._kill()
        self._process.wait()
        for stream in (self._requests, self._replies):
            stream.close()

    def _kill(self) -> None:
        end_below(self._process.pid, self._mark)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    @contextlib.contextmanager
    def _bounded(self, what: str, seconds: float, *, spends: bool = False) -> Any:
        """Yield when the time of a question is over, on the clock `time.monotonic`; the process does not survive that."""
        if self._over:
            raise PluginError(self._over)
        started = time.monotonic()
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield started + seconds
        except (EOFError, OSError, ValueError):  # it has ended, or what it sends is no answer
            self._over = f"{what} {self._cause(late=time.monotonic() >= started + seconds)}"
            raise PluginError(self._over) from None
        finally:
            timer.cancel()
            timer.join()
            if spends:
                self._limit.spend(time.monotonic() - started)

    def _cause(self, *, late: bool) -> str:
        if late:
            self._kill()
            return f"took longer than {self._limit}"
        with contextlib.suppress(subprocess.TimeoutExpired):
            return f"ended its process with code {self._process.wait(GRACE_SECONDS)}"
        self._kill()
        return "was answered with what is no message of this process"

    def _receive(self, until: float) -> dict[str, Any]:
        size = int.from_bytes(self._read(8, until), "little")
        if size > MOST_BYTES:
            raise ValueError(size)
        message = json.loads(self._read(size, until))
        if not isinstance(message, dict):
            raise ValueError(message)  # noqa: TRY004 - as what is no JSON
        return message

    def _read(self, size: int, until: float) -> bytes:
        data = b""
        while len(data) < size:
            self._wait(self._replies.fileno(), "POLLIN", until)
            piece = self._replies.read(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def _write(self, data: bytes, until: float) -> None:
        while data:
            self._wait(self._requests.fileno(), "POLLOUT", until)
            data = data[self._requests.write(data) or 0 :]

    def _wait(self, stream: int, event: str, until: float) -> None:
        """Wait until a pipe can be used; where a child of the process holds it, the end of the process is not seen on the pipe."""
        if sys.platform == "win32":
            return  # the timer ends the process, and so the pipe
        waiting = select.poll()
        waiting.register(stream, getattr(select, event))
        while not waiting.poll(50):
            if time.monotonic() >= until or (self._process.poll() is not None and not waiting.poll(0)):
                raise EOFError
