"""The processes that a worker has started, and how all of them end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MARK", "adopt_orphans", "die_with", "end_below", "may_fork"]

MARK = "AUTOMICRO_WORKER"  # variable of the environment that a worker leaves to all that it starts
PARENT_DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36  # of prctl(2)
FORKED_ALONG = ("jemalloc_bg_thd",)  # threads of a library that starts them anew after a fork
ROUNDS = ((signal.SIGTERM, 0.3), (signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL, 2.0))
PAUSE = 0.01
PROC = Path("/proc")


def end_below(root: int | None, mark: str = "", spared: Collection[int] = ()) -> None:
    """End what runs below a process, except below the spared ones, and what has a mark in its environment; only on Linux.

    SIGTERM comes first, since the trackers of `multiprocessing` ignore it, and remove what the others have left once these are gone.
    """
    for number, seconds in ROUNDS:
        until, sent = time.monotonic() + seconds, set[int]()
        while living := _living(root, mark, spared):
            if time.monotonic() > until:
                break
            for pid in living - sent:
                _signal(pid, number)
                _signal(pid, getattr(signal, "SIGCONT", number))  # one that is stopped would not hear of it
            sent |= living if number == signal.SIGTERM else set()
            time.sleep(PAUSE)
        else:
            return


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _living(root: int | None, mark: str, spared: Collection[int]) -> set[int]:
    """Return the processes below one, but not below the spared, and those with the mark."""
    parents, marked = dict[int, int](), set[int]()
    wanted = f"{MARK}={mark}".encode()
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state not in "ZX" and int(entry.name) not in spared:
                parents[int(entry.name)] = int(parent)
                if mark and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    marked.add(int(entry.name))
    found = {root}
    while below := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= below
    return {pid for pid in found | marked if pid in parents} - {root, os.getpid()}


def adopt_orphans() -> None:
    """Become the parent of what runs below this process where its own parent ends, so that nothing gets out of sight; only on Linux."""
    _prctl(CHILD_SUBREAPER, 1)


def die_with(parent: int, number: int) -> None:
    """Have the system send this process a signal when its parent ends, however that happens; only on Linux."""
    _prctl(PARENT_DEATH_SIGNAL, number)
    if sys.platform == "linux" and os.getppid() != parent:  # it has ended before the request
        os._exit(0)


def _prctl(*arguments: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(*arguments, 0, 0, 0)


def may_fork() -> bool:
    """Whether a copy of this process would be sound: on Linux, and without threads, which a copy would not have."""
    if sys.platform != "linux" or not (PROC / "self" / "environ").exists():
        return False
    names = [(task / "comm").read_text().strip() for task in (PROC / "self" / "task").iterdir()]
    return sum(name not in FORKED_ALONG for name in names) == 1
