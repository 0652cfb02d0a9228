"""The process that runs one task after the other: ``python -m automicro.search.worker CONTEXT MEMORY_BYTES ENTRY``.

It imports the module of ENTRY and calls its function `load`, if there is one, before it says that it is loaded; the context is read
with the first task.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from automicro.search.failure import Failure
from automicro.search.process import receive, send

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for messages, so that nothing a family prints gets among them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return requests, replies


def _limit_memory(limit_bytes: int) -> None:
    if limit_bytes and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that happens: a task under way would go on for minutes."""
    if sys.platform == "linux":
        import ctypes
        import signal

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:  # the parent has ended before the request
            sys.exit(0)


def _answer(entry: Callable[[Any, Any], Any], context: Any, task: Any) -> tuple[Any, str | None]:
    try:
        return entry(context, task), None
    except MemoryError:
        return None, "ran out of the memory that a trial may take"
    except Exception as error:  # noqa: BLE001 - whatever a family raises must not end the search
        return None, Failure.of(error)


def main() -> None:
    """Serve tasks until the other side ends."""
    _die_with_parent()
    requests, replies = _private_streams()
    warnings.simplefilter("ignore")  # a warning in a worker reaches nobody
    name, _, function = sys.argv[3].partition(":")
    module = import_module(name)
    entry, context = getattr(module, function), None
    getattr(module, "load", lambda: None)()
    send(replies, "loaded")
    while True:
        try:
            task = receive(requests)
        except EOFError:
            return
        if context is None:  # it is written after this process was started, and before the first task is sent
            with Path(sys.argv[1]).open("rb") as file:
                context = pickle.load(file)  # noqa: S301 - written by the parent process
            _limit_memory(int(sys.argv[2]))
        send(replies, _answer(entry, context, task))


if __name__ == "__main__":
    main()
