"""The process that runs one task after the other: ``python -m automicro.search.workers.main CONTEXT MEMORY_BYTES ENTRY PARENT``.

It imports the module of ENTRY and calls its function `load`, if there is one, before it says that it is loaded, and whether it runs
the tasks of each family in a copy of itself; the context is read with the first task.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from automicro.processes import adopt_orphans, die_with, may_fork
from automicro.search.workers.copies import Copies
from automicro.search.workers.failure import Failure
from automicro.search.workers.messages import packed, read, send, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for messages, so that nothing a family prints gets among them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return requests, replies


def _limit_memory(limit_bytes: int) -> None:
    """Limit this process, within the limit that it has already."""
    if sys.platform == "win32" or not limit_bytes:
        return
    import resource

    now = resource.getrlimit(resource.RLIMIT_AS)
    least = min(limit for limit in (limit_bytes, *now) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (least, least))


def _answer(entry: Callable[[Any, Any], Any], context: Any, task: Any) -> tuple[Any, str | None]:
    try:
        return entry(context, task), None
    except MemoryError:
        return None, "ran out of the memory that a trial may take"
    except BaseException as error:  # noqa: BLE001 - whatever a family raises must not end the search
        return None, Failure.of(error)


class _Tasks:
    """What is done with tasks; each comes after the name of its family."""

    def __init__(self, arguments: list[str]) -> None:
        self._path, self._memory_bytes = Path(arguments[0]), int(arguments[1])
        name, _, function = arguments[2].partition(":")
        module = import_module(name)
        self._entry, self._context = getattr(module, function), None
        getattr(module, "load", lambda: None)()

    def read_context(self) -> None:
        """Read what all tasks share: it is written after this process was started, and before the first task is sent."""
        if self._context is None:
            with self._path.open("rb") as file:
                self._context = pickle.load(file)  # noqa: S301 - written by the parent process

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Run tasks in this process until there are no more."""
        requested = read(requests), read(requests)
        self.read_context()
        _limit_memory(self._memory_bytes)
        while True:
            replies.write(self._answered(requested[1]))
            replies.flush()
            requested = read(requests), read(requests)

    def _answered(self, task: bytes) -> bytes:
        try:
            return packed(_answer(self._entry, self._context, unpacked(task)))
        except Exception as error:  # noqa: BLE001 - neither a task nor what a family returns need pickle
            failure = Failure.of(error)
            return packed((None, Failure(f"its task or answer could not be passed on: {failure}", failure.traceback)))


def _serve_by_copies(tasks: _Tasks, requests: BinaryIO, replies: BinaryIO) -> None:
    """Have the tasks of each family run by a copy of this process, so that what one changes reaches no other family."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    copies = Copies(requests, tasks.serve)
    try:
        while True:
            copies.wait()
            family, task = read(requests), read(requests)
            tasks.read_context()
            replies.write(copies.answer(family, task))
            replies.flush()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        copies.close()


def main() -> None:
    """Serve tasks until the other side ends."""
    die_with(int(sys.argv[4]), signal.SIGTERM)
    adopt_orphans()
    requests, replies = _private_streams()
    warnings.simplefilter("ignore")  # a warning in a worker reaches nobody
    tasks = _Tasks(sys.argv[1:4])
    copies = may_fork()
    send(replies, copies)
    with contextlib.suppress(EOFError, BrokenPipeError, SystemExit):
        (_serve_by_copies if copies else _Tasks.serve)(tasks, requests, replies)
    os._exit(0)  # there is nothing to tidy up, which takes a while


if __name__ == "__main__":
    main()
