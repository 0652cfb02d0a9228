"""Processors and memory are those that affinity and control groups allow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automicro import machine as system

GB = 10**9


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with eight processors and 64 GB, without control groups."""
    monkeypatch.setattr(system, "ROOT", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: 1 if name == "SC_PAGE_SIZE" else 64 * GB, raising=False)
    return tmp_path


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


V2 = {"proc/self/cgroup": "0::/pod/one"}
V1 = {"proc/self/cgroup": "4:memory:/docker/abc\n2:cpuacct,cpu:/docker/abc\n1:name=systemd:/docker/abc"}
CASES = {
    "no control groups": ({}, 8, 64 * GB),
    "no limits": ({**V2, "sys/fs/cgroup/pod/one/cpu.max": "max 100000", "sys/fs/cgroup/pod/one/memory.max": "max"}, 8, 64 * GB),
    "own": ({**V2, "sys/fs/cgroup/pod/one/cpu.max": "50000 100000", "sys/fs/cgroup/pod/one/memory.max": str(GB)}, 1, GB),
    "of a group above": ({**V2, "sys/fs/cgroup/pod/cpu.max": "250000 100000", "sys/fs/cgroup/memory.max": str(3 * GB)}, 3, 3 * GB),
    "in a container": ({**V2, "sys/fs/cgroup/cpu.max": "200000 100000", "sys/fs/cgroup/memory.max": str(2 * GB)}, 2, 2 * GB),
    "version 1": (
        {
            **V1,
            "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(5 * GB),
        },
        2,
        5 * GB,
    ),
    "version 1 without limits": (
        {
            **V1,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        },
        8,
        64 * GB,
    ),
    "what is none": ({**V2, "sys/fs/cgroup/pod/one/cpu.max": "", "sys/fs/cgroup/pod/one/memory.max": "much"}, 8, 64 * GB),
}  # fmt: skip


@pytest.mark.parametrize(("files", "processors", "memory"), CASES.values(), ids=CASES)
def test_the_least_of_all_limits_counts(machine: Path, files: dict[str, str], processors: int, memory: int) -> None:
    written(machine, files)
    assert system.processors() == processors
    assert system.memory_bytes() == memory


def test_affinity_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert system.processors() == 1
    assert system.default_workers() == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert system.processors() == 3


@pytest.mark.parametrize(
    ("memory", "workers", "each"),
    [(GB // 2, 1, GB), (3 * GB, 3, GB), (6 * GB, 4, 3 * GB // 2), (64 * GB, 4, 2 * GB)],
)
def test_workers_and_their_memory_follow(monkeypatch: pytest.MonkeyPatch, memory: int, workers: int, each: int) -> None:
    monkeypatch.setattr(system, "memory_bytes", lambda: memory)
    assert system.default_workers() == workers
    assert system.default_memory(workers) == each


def test_where_the_system_does_not_say_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert system.default_memory(4) == 2 * GB
