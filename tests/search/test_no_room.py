"""Where no file or process can be made for workers and latencies, the search ends with a sentence."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import automicro
import automicro.measure.latency.quantiles as timed
from automicro.cli import main
from automicro.errors import AutomicroError, Undecided
from automicro.room import check_memory, temporary_folder
from automicro.search.workers.executor import LocalExecutor

resource = pytest.importorskip("resource", reason="needs the limits of POSIX")


def test_training_data_that_cannot_be_written_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with LocalExecutor(1) as executor:
        monkeypatch.setattr("automicro.search.workers.executor.pickle.dump", full)
        with pytest.raises(AutomicroError, match="No space left on device: free space there"):
            executor.share(None)


def test_a_latency_process_that_cannot_start_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(AutomicroError, match="a latency process must start, but: Cannot allocate memory"):
        timed._measured("{}", 1)


X = np.random.default_rng(0).normal(size=(120, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")
REQUEST = {"metric": "accuracy", "score": 0.8, "trials": 1, "families": ["tree"], "workers": 0}


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(timed.subprocess, "Popen", refused)


@pytest.mark.usefixtures("no_process")
def test_without_a_latency_process_the_limit_is_undecided_and_the_model_is_kept() -> None:
    with pytest.raises(Undecided, match=r"latency limit of 1e\+06 us is undecided") as raised:
        automicro.select(X, Y, **REQUEST, latency="1s")
    selection = raised.value.selection
    assert isinstance(selection, automicro.Selection)
    assert selection.latency is not None
    assert len(selection.latency.runs) == 1
    assert any("a latency process must start, but: Resource" in note for note in raised.value.notes)


@pytest.mark.usefixtures("no_process")
def test_without_a_latency_process_a_miss_is_a_miss() -> None:
    with pytest.raises(automicro.Infeasible, match=r"latency: at most 0\.001 us are allowed") as raised:
        automicro.select(X, Y, **REQUEST, latency="1ns")
    assert not isinstance(raised.value, Undecided)


@pytest.mark.usefixtures("no_process")
def test_the_command_writes_a_model_whose_latency_is_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = "select sklearn:iris --metric accuracy --score 0.8 --trials 1 --families tree --workers 0 --latency 1s"
    assert main([*words.split(), "--model", "m.micro", "--report", "r.txt"]) == 4
    printed = capsys.readouterr()
    assert "model written to m.micro" in printed.out
    assert "is undecided, as no fresh process could measure it" in printed.err
    assert automicro.load("m.micro").card is not None
    assert "a latency process must start" in Path("r.txt").read_text()


@pytest.mark.parametrize(
    ("megabytes", "workers", "said"),
    [
        (600, 0, "must not be limited to less than 1,000 MB, but is limited to 600 MB: raise the limit"),
        (600, None, "less than 1,200 MB, but is limited to 600 MB: raise the limit, such as with ulimit -v unlimited$"),
        (1100, 2, "or search with workers=0"),
    ],
)
def test_too_little_memory_is_named(
    monkeypatch: pytest.MonkeyPatch, megabytes: int, workers: int | None, said: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (megabytes * 10**6, resource.RLIM_INFINITY))
    with pytest.raises(AutomicroError, match=said):
        check_memory(workers)


def test_enough_memory_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_100_000_000, resource.RLIM_INFINITY))
    check_memory(0)


def test_workers_end_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalExecutor(1) as executor:
        executor.loaded()
        (worker,) = executor._workers

        def full(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", full)
    assert not worker.alive


def test_a_temporary_folder_that_cannot_be_made_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(AutomicroError, match=r"a folder for temporary files must be made in .*: Too many open files"):
        temporary_folder()
    assert list(tmp_path.iterdir()) == []
