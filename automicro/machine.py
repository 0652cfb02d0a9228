"""What the system allows this process: processors and memory, by affinity and by control groups of either version."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["default_memory", "default_workers", "memory_bytes", "processors"]

ROOT = Path("/")
MOST_WORKERS = 4
MEMORY_OF_ONE = 10**9  # of a worker, the search's own part included
TRIAL_MEMORY = 2 * 10**9


def default_workers() -> int:
    """Return how many workers a search has: as many as there are processors and memory for, at most four."""
    return max(1, min(MOST_WORKERS, processors(), memory_bytes() // MEMORY_OF_ONE))


def default_memory(workers: int) -> int:
    """Return the bytes of address space that a trial may take: two gigabytes, less where the memory is less, one at least.

    A limit below that would leave nothing beside the libraries, whose address space counts.
    """
    return min(TRIAL_MEMORY, max(MEMORY_OF_ONE, memory_bytes() // max(workers, 1)))


def processors() -> int:
    """Return the number of processors that this process may use, a part of one counted as one."""
    affinity = getattr(os, "sched_getaffinity", None)
    known = len(affinity(0)) if affinity else os.cpu_count() or 1
    quotas = [*_settings("cpu", "cpu.max")]
    pairs = zip(_settings("cpu", "cpu.cfs_quota_us"), _settings("cpu", "cpu.cfs_period_us"), strict=False)
    shares = [_share(text) for text in (*quotas, *map(" ".join, pairs))]
    return max(1, math.ceil(min(known, *shares, known)))


def _share(text: str) -> float:
    """Return the processors of a quota and its period; infinity if there is no quota."""
    quota, _, period = text.partition(" ")
    with contextlib.suppress(ValueError, ZeroDivisionError):
        share = float(quota) / float(period)
        return share if share > 0 else math.inf
    return math.inf


def memory_bytes() -> int:
    """Return the bytes of memory that this process and its workers may use together."""
    known = [2**63]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory.limit_in_bytes"):
        known += [int(text) for text in _settings("memory", name) if text.isdigit()]
    return min(known)


def _settings(controller: str, name: str) -> Iterator[str]:
    """Give what a file says in the control group of this process and in those above it."""
    with contextlib.suppress(OSError):
        for line in (ROOT / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            mount = ROOT / "sys/fs/cgroup" / (controller if controllers else "")
            group = mount / path.strip("/")
            for folder in (
                group,
                *group.parents,
            ):  # in a container the path may be that of its host, and only the mount be there
                with contextlib.suppress(OSError):
                    yield (folder / name).read_text(encoding="ascii").strip()
                if folder == mount:
                    break
