"""What a trial leaves behind or changes reaches neither the next family, nor the machine after the search."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automicro.folder import OwnedFolder
from automicro.search.workers import executor as executors
from automicro.search.workers.executor import LocalExecutor
from automicro.search.workers.in_process import InProcessExecutor
from automicro.search.workers.messages import MOST_SAID
from automicro.search.workers.process import WorkerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

HERE, ENTRY = Path(__file__).parent, "harmful_tasks:run"
SECONDS = str(100_000 + os.getpid())  # of the processes of this test, by which they are known


@pytest.fixture(autouse=True)
def tasks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    monkeypatch.setenv("HARM_SECONDS", SECONDS)


def asked(executor: Any, *ways: str, families: str = "") -> list[Any]:
    """Return what each way gives, one family after the other."""
    from harmful_tasks import Task

    for number, way in enumerate(ways):
        executor.submit(number, Task(families or f"family {number}", way))
    found = {one.number: one for one in (executor.next_finished(time.monotonic() + 120) for _ in ways) if one}
    return [found[number].failure or found[number].result for number in range(len(ways))]


def left(folder: Path) -> list[str]:
    """Return the processes that a worker has left, which may take a moment to end."""
    for _ in range(400):
        found = [" ".join(words) for words in _running(str(folder))]
        if not found:
            break
        time.sleep(0.05)
    return found


def _running(folder: str) -> Iterator[list[str]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_text().split("\0")
            marked = f"AUTOMICRO_WORKER={folder}" in (entry / "environ").read_text()
        except OSError:  # of another user, or gone
            continue
        if SECONDS in words or marked:
            yield words


def _put(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state without random numbers, which the system draws for each process."""
    return {name: value for name, value in state.items() if name not in ("random", "numpy")}


LEAVES = {
    "thread": "left a thread",
    "fork": "left a fork",
    "leave_session": "left a session",
    "daemon": "left a daemon",
    "stubborn": "left one that ends for no signal",
    "pool": "8",
    "loky": "[0, 1, 2]",
    "forget_streams": "forgot",
    "fork_and_die": "its process ended with code 5",
    "exit_by_exception": "SystemExit: on purpose",
    "raise_base": "GeneratorExit: on purpose",
    "good": "good",
}


def test_nothing_that_a_task_has_started_or_written_outlives_the_search() -> None:
    with LocalExecutor(workers=1, task_seconds=60.0, entry=ENTRY) as executor:
        executor.share(None)
        folder = executor._folder.path
        assert dict(zip(LEAVES, asked(executor, *LEAVES), strict=True)) == LEAVES
        (kept,) = asked(executor, "temporary")
        assert Path(kept).is_relative_to(folder)
        assert Path(kept).exists()
    assert left(folder) == []
    assert not folder.exists()
    assert not executor._workers


@pytest.mark.parametrize("way", ["pool_and_hang", "hold_the_interpreter", "ignore_signals"])
def test_a_task_that_cannot_be_interrupted_is_ended_with_all_that_it_has_started(way: str) -> None:
    with LocalExecutor(workers=1, task_seconds=2.0, entry=ENTRY) as executor:
        executor.share(None)
        folder = executor._folder.path
        assert asked(executor, way, "good") == ["took longer than the 2 s that a trial may take", "good"]
        assert left(folder / "0") == []
        executor.task_seconds = None
        asked(executor, "leave_session")
    assert left(folder) == []


def test_a_search_ends_while_tasks_hang() -> None:
    from harmful_tasks import Task

    with LocalExecutor(workers=2, entry=ENTRY) as executor:
        executor.share(None)
        for number, way in enumerate(["pool_and_hang", "hold_the_interpreter", "good"]):
            executor.submit(number, Task(way, way))
        assert executor.next_finished(time.monotonic() + 1.0) is None
        executor.cancel(0)
        finished = executor.next_finished()
        assert (finished and finished.result) == "good"
    assert left(executor._folder.path) == []


def test_a_task_that_ends_its_worker_or_writes_to_its_files_loses_only_itself() -> None:
    with LocalExecutor(workers=1, task_seconds=20.0, entry=ENTRY) as executor:
        executor.share(None)
        found = asked(executor, "kill_the_worker", "good", "close_all", "good", "huge_head", "good")
    assert found[1::2] == ["good"] * 3
    assert found[0] == "its process ended with code -9"
    assert all(str(each).startswith("its process ended with code") for each in found[::2])
    assert left(executor._folder.path) == []


def test_what_is_said_without_end_takes_neither_memory_nor_disk() -> None:
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(None)
        found = asked(executor, "flood", "flood_and_die", "good")
        files = [path for path in executor._folder.path.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < MOST_SAID
    assert found == ["20 MB", "its process ended with code 6: the last words", "good"]


def test_what_a_task_changes_does_not_reach_another_family() -> None:
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(None)
        before, changed, after, own = (
            asked(executor, way, families=family)[0]
            for way, family in [("state", "a"), ("change_state", "b"), ("state", "c"), ("state", "a")]
        )
    assert changed == "changed"
    assert _put(before) == _put(after) == _put(own)


def test_where_no_copies_are_made_each_family_has_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = WorkerProcess.wait_until_loaded

    def as_elsewhere(worker: WorkerProcess) -> None:
        loaded(worker)
        worker._loaded = False

    monkeypatch.setattr(WorkerProcess, "wait_until_loaded", as_elsewhere)
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(None)
        assert asked(executor, "good", "good", families="a") == ["good", "good"]
        assert len(executor._workers) == 1
        assert asked(executor, "good", families="b") == ["good"]
        assert len(executor._workers) == 2


def test_a_worker_with_threads_makes_no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalExecutor(workers=1, entry="threaded_tasks:run") as executor:
        executor.share(None)
        before, changed, after = (
            asked(executor, way, families=family)[0]
            for way, family in [("state", "a"), ("change_state", "b"), ("state", "c")]
        )
        assert len(executor._workers) == 3
    assert changed == "changed"
    assert _put(before) == _put(after)


def test_what_a_task_changes_in_this_process_is_put_back() -> None:
    with InProcessExecutor(entry=ENTRY) as executor:
        executor.share(None)
        with warnings.catch_warnings():
            before, *said, after = asked(
                executor, "state", "change_state", "exit_by_exception", "forget_streams", "state"
            )
    assert said == ["changed", "SystemExit: on purpose", "forgot"]
    assert before == after
    assert sys.stdout is not None


SCRIPT = """
import sys
from automicro.search.workers.executor import LocalExecutor
from harmful_tasks import Task
with LocalExecutor(workers=2, entry="harmful_tasks:run") as executor:
    executor.share(None)
    for number, way in enumerate(["daemon", "leave_session", "stubborn"]):
        executor.submit(number, Task(way, way))
    for _ in range(3):
        executor.next_finished()
    executor.submit(3, Task("c", "hold_the_interpreter"))
    executor.submit(4, Task("d", "pool_and_hang"))
    print(executor._folder.path, flush=True)
    executor.next_finished()
"""


def heeding() -> None:
    """Heed signals in the new process also where this one ignores some, as under nohup and in the background of a shell."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_end_with_their_search_whatever_signal_ends_it(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=heeding,  # noqa: PLW1509 - it only sets handlers
    ) as search:
        assert search.stdout is not None
        folder = Path(search.stdout.readline().decode().strip())
        assert len(list(_running(str(folder)))) > 3
        search.send_signal(number)
        search.wait(60)
    assert left(folder) == []
    OwnedFolder().cleanup()
    assert list(tmp_path.iterdir()) == []


def test_a_limit_of_the_process_is_one_of_its_workers() -> None:
    script = (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (3 * 10**9, 4 * 10**9))\n"
        "from automicro.search.workers.executor import LocalExecutor\nfrom harmful_tasks import Task\n"
        "for memory in (10**12, 2 * 10**9):\n"
        "    with LocalExecutor(workers=1, memory_bytes=memory, entry='harmful_tasks:run') as executor:\n"
        "        executor.share(None)\n        executor.submit(0, Task('a', 'limits'))\n"
        "        print(executor.next_finished().result)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    assert done.stdout.split("\n")[:2] == ["(3000000000, 3000000000)", "(2000000000, 2000000000)"], done.stderr


def test_leaving_does_not_wait_for_a_thread_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    close = WorkerProcess.close

    def late(worker: WorkerProcess) -> None:
        time.sleep(1.0)
        close(worker)

    monkeypatch.setattr(executors, "JOIN_SECONDS", 0.01)
    monkeypatch.setattr(WorkerProcess, "close", late)
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(None)
        assert asked(executor, "good") == ["good"]
    (thread,) = executor._threads
    assert thread.is_alive()
    thread.join()
