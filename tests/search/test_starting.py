"""Where no Python is at hand, workers do not start, or what they answer cannot be read: a model or a sentence, and never a wait."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import automicro
from automicro import interpreters
from automicro.errors import AutomicroError, RequestError
from automicro.measure import latency_in_fresh_processes
from automicro.search.workers import executor as executors
from automicro.search.workers.executor import LocalExecutor
from automicro.search.workers.in_process import InProcessExecutor

ENTRY = "worker_tasks:run"
SEARCH = automicro.Search(trials=2, seed=0, families=["tree"])


@pytest.fixture(autouse=True)
def tasks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


@pytest.fixture
def no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Embedded in a program that brings no interpreter."""
    monkeypatch.setattr(sys, "executable", "/opt/app/embedded")
    for name in ("_base_executable", "prefix", "exec_prefix", "base_prefix"):
        monkeypatch.setattr(sys, name, "/opt/app")


def table() -> tuple[Any, Any]:
    a = np.random.default_rng(0).normal(size=(200, 1))
    return a, a[:, 0] > 0


@pytest.mark.parametrize("executable", ["/opt/app/embedded", "/bin/cat", "/opt/python3", "", None])
def test_a_python_is_found_where_the_executable_is_another_program(
    monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.delattr(sys, "_base_executable")
    found = interpreters.interpreter()
    assert found is not None
    assert Path(found).is_file()
    assert interpreters._runs(found, interpreters.module_path()) == "{} {}".format(*sys.version_info[:2])


def test_a_frozen_program_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert interpreters.interpreter() == sys.executable
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(interpreters, "_found", lambda *_: None)
    assert interpreters.interpreter() is None


def test_what_is_no_text_in_the_module_path_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/a", pathlib.Path("/opt"), "", None, "/b"])
    assert interpreters.module_path().split(":" if sys.platform != "win32" else ";") == ["/a", "/b"]


def test_a_path_object_in_the_module_path_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, pathlib.Path("/opt")])
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(100)
        executor.submit(0, 1)
        finished = executor.next_finished()
    assert finished is not None
    assert finished.result == 101


@pytest.mark.usefixtures("no_python")
def test_without_a_python_trials_run_in_this_process_and_a_note_says_so() -> None:
    assert interpreters.interpreter() is None
    found = automicro.select(*table(), metric="accuracy", score=0.7, search=SEARCH)
    assert found.score > 0.7
    assert any("trials ran in this process" in note and "'/opt/app/embedded'" in note for note in found.notes)
    assert len(found.latency.runs) == 1


@pytest.mark.usefixtures("no_python")
def test_without_a_python_a_latency_is_refused_at_once() -> None:
    with pytest.raises(RequestError, match=r"latency: is measured in fresh processes, .*'/opt/app/embedded'"):
        automicro.select(*table(), metric="accuracy", score=0.7, latency="1ms", search=SEARCH)
    with pytest.raises(AutomicroError, match=r"must be a Python interpreter, but is '/opt/app/embedded'"):
        latency_in_fresh_processes(b"", [[1.0]])


@pytest.mark.usefixtures("no_python")
def test_an_executor_without_a_python_raises_where_results_are_waited_for() -> None:
    with LocalExecutor(workers=2, entry=ENTRY) as executor:
        executor.share(100)
        executor.submit(0, 1)
        for _ in range(3):
            with pytest.raises(AutomicroError, match=r"sys\.executable must be a Python interpreter"):
                executor.next_finished()


@pytest.mark.parametrize("error", [OSError(11, "Resource temporarily unavailable"), TypeError("sequence item 7")])
def test_whatever_keeps_workers_from_starting_is_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refused(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(executors, "WorkerProcess", refused)
    with LocalExecutor(workers=2, entry=ENTRY) as executor:
        executor.share(100)
        executor.submit(0, 1)
        with pytest.raises(AutomicroError, match=f"a worker process must start, but {type(error).__name__}"):
            executor.next_finished()


def test_a_task_that_cannot_be_passed_on_loses_only_itself() -> None:
    with LocalExecutor(workers=1, entry=ENTRY) as executor:
        executor.share(100)
        for number, task in enumerate([threading.Lock(), "unreadable", "unwritable", 1]):
            executor.submit(number, task)
        finished = [executor.next_finished() for _ in range(4)]
    assert [one.failure is None for one in finished if one] == [False, False, False, True]
    assert "could not be passed on: TypeError" in str(finished[0] and finished[0].failure)
    assert "could not be passed on: ZeroDivisionError" in str(finished[1] and finished[1].failure)
    assert finished[3] is not None
    assert finished[3].result == 101


def test_workers_that_end_as_they_start_fail_each_trial_with_their_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalExecutor(workers=1, entry="no_such_module:run") as executor:
        executor.share(100)
        executor.submit(0, 1)
        finished = executor.next_finished()
    assert finished is not None
    assert str(finished.failure).endswith("No module named 'no_such_module'")


def test_tasks_run_in_this_process_as_in_a_worker() -> None:
    with InProcessExecutor(entry=ENTRY) as executor:
        executor.share(100)
        for number, task in enumerate([1, "raise", 2, 3]):
            executor.submit(number, task)
        executor.cancel(2)
        found = [executor.next_finished() for _ in range(3)]
        assert [one and (one.number, one.failure or one.result) for one in found] == [
            (0, 101),
            (1, "ZeroDivisionError: by a family"),
            (3, 103),
        ]
        assert executor.next_finished() is None
        executor.submit(4, 1)
        assert executor.next_finished(until=time.monotonic()) is None


def test_a_search_without_workers_finds_the_same_bytes() -> None:
    X, y = table()
    asked: dict[str, Any] = {"metric": "accuracy", "score": 0.7}
    families = ["tree", "linear", "boosting"]
    within = automicro.select(X, y, **asked, search=automicro.Search(trials=4, families=families, workers=0))
    beside = automicro.select(X, y, **asked, search=automicro.Search(trials=4, families=families, workers=1))
    assert within.model == beside.model
    assert (len(within.latency.runs), len(beside.latency.runs)) == (1, 3)
    assert not any("trials ran in this process" in note for note in within.notes)


@pytest.mark.parametrize("first", ["sys.path.append(pathlib.Path('/opt'))", "sys.executable = None"])
def test_a_script_ends_where_it_once_waited_for_ever(first: str) -> None:
    script = (
        f"import sys, pathlib\n{first}\nimport automicro, numpy as np\nX = np.random.default_rng(0).normal(size=(200, 1))\n"
        "search = automicro.Search(trials=1, families=['tree'])\n"
        "print(automicro.select(X, X[:, 0] > 0, metric='accuracy', score=0.7, search=search).size_bytes)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 20
