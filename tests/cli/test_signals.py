"""A signal at any stage of a command leaves the best model so far with all its files, and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import automicro
from automicro.cli import main, signals
from automicro.cli.exits import Exit

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
SELECT = ["select", "rows.csv", "--target", "y", "--metric", "accuracy", "--score", "0.7", "--workers", "0"]
SELECT += [
    "--trials",
    "3",
    "--families",
    "linear,tree",
    "--model",
    "m.micro",
    "--report",
    "r.txt",
    "--trace",
    "t.jsonl",
]

# Where a stage is entered, and what options bring a search there; the first have no model yet.
BEFORE = {
    "loading": ("requested", "problem_of", []),
    "families": ("search.search", "consulted", []),
    "reference": ("search.search", "find_reference", ["--score", "", "--within", "0.2"]),
    "first trial": ("search.trial.trial", "built_in", []),
}
AFTER = {
    "later trial": ("search.trial.trial", "run", []),
    "refits": ("search.decide.strategies", "refits", ["--certify", "auto"]),
    "certification": ("search.decide.conclude", "certified", []),
    "latency in this process": ("search.decide.latency", "latency_in_this_process", []),
    "latency in fresh ones": ("search.decide.latency", "latency_in_fresh_processes", ["--latency", "5ms"]),
    "processes of a latency": ("measure.latency.quantiles", "_run", ["--latency", "5ms"]),
    "records": ("result.assemble", "records", []),
    "interval": ("result.verdict", "cross_validated", []),
    "replay": ("result.assemble", "checked_by_replay", []),
    "explanation": ("result.assemble", "global_card", []),
    "frontier": ("result.assemble", "frontier", []),
    "prices": ("result.assemble", "prices", []),
}


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Heed signals, which a shell lets commands in the background ignore: what is ignored stays so."""
    handlers = [signal.default_int_handler, signal.SIG_DFL, signal.SIG_DFL]
    before = [signal.signal(number, handler) for number, handler in zip(SIGNALS, handlers, strict=True)]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2))
    rows = [f"{a:.3f},{b:.3f},{int(a + 0.3 * b > 0)}" for a, b in x]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(
        import_module("automicro.search.decide.certify"), "AUTO_ROWS", 100 if "certif" in str(tmp_path) else 10**6
    )
    return tmp_path


def sent(
    monkeypatch: pytest.MonkeyPatch, stage: tuple[str, str, list[str]], number: int, *, from_call: int = 1
) -> None:
    """Send a signal whenever a function is entered."""
    module, name = import_module(f"automicro.{stage[0]}"), stage[1]
    called, calls = getattr(module, name), []

    def interrupted(*args: Any, **keywords: Any) -> Any:
        calls.append(1)
        if len(calls) >= from_call:
            signal.raise_signal(number)
        return called(*args, **keywords)

    monkeypatch.setattr(module, name, interrupted)


def nothing_is_left(folder: Path) -> None:
    assert list((folder / "tmp").iterdir()) == []
    assert not [path for path in folder.iterdir() if path.suffix == ".part"]
    for number in SIGNALS:
        assert signal.getsignal(number) is not signals.Interrupts._came


@pytest.mark.parametrize("stage", BEFORE)
def test_before_there_is_a_model_it_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    module, name, options = BEFORE[stage]
    sent(monkeypatch, (module, name, options), SIGNALS[len(stage) % 3])
    words = [word for word in SELECT if not ("--within" in options and word in ("--score", "0.7"))]
    assert main([*words, *(option for option in options if option not in ("--score", ""))]) == Exit.INTERRUPTED
    assert capsys.readouterr().err.startswith("interrupted before a model was found\n")
    begun = stage == "first trial"
    assert {path.name for path in folder.iterdir()} == {"rows.csv", "tmp", *(("r.txt", "t.jsonl") if begun else ())}
    if begun:
        assert (folder / "r.txt").read_text().startswith("interrupted before a model was found\n")
    nothing_is_left(folder)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("stage", AFTER)
def test_the_best_model_so_far_is_returned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stage: str, times: int
) -> None:
    module, name, options = AFTER[stage]
    if stage in ("refits", "certification"):
        monkeypatch.setattr(import_module("automicro.search.decide.certify"), "AUTO_ROWS", 100)
    sent(monkeypatch, (module, name, options), SIGNALS[len(stage) % 3], from_call=2 if stage == "later trial" else 1)
    if times > 1:  # at once, and once more while it wraps up
        sent(monkeypatch, ("result.assemble", "_directed", []), signal.SIGTERM)
        sent(monkeypatch, ("result.assemble", "_card", []), signal.SIGINT)
    assert main([*SELECT, *options]) == Exit.CUT_SHORT
    out, error = capsys.readouterr()
    assert (out.startswith("interrupted  "), error) == (True, "")
    assert out.endswith("model written to m.micro\n")
    assert out.startswith((folder / "r.txt").read_text())
    model = automicro.load("m.micro")
    assert model.card is not None
    assert model.card["interrupted"] is True
    assert model.predict([[1.0, 0.0], [-1.0, 0.0]]).tolist() == [1, 0]
    trace = [json.loads(line) for line in (folder / "t.jsonl").read_text().splitlines()]
    assert [record["status"] for record in trace if record["record"] == "trial"].count("taken") == 1
    nothing_is_left(folder)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_files_are_written_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    sent(monkeypatch, ("atomic", "_flush", []), number)
    assert main(SELECT) == Exit.DONE
    assert "interrupted" not in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {"rows.csv", "tmp", "m.micro", "r.txt", "t.jsonl"}
    nothing_is_left(folder)


def test_other_commands_are_interrupted_and_keep_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(SELECT) == Exit.DONE
    (folder / "p.csv").write_text("old")
    before = signal.getsignal(signal.SIGTERM)
    for stage in (("cli.predict", "load", []), ("cli.predict", "_predictions", []), ("atomic", "_flush", [])):
        capsys.readouterr()
        with monkeypatch.context() as patched:
            sent(patched, stage, signal.SIGTERM)
            assert main(["predict", "m.micro", "rows.csv", "--output", "p.csv"]) == Exit.INTERRUPTED
        assert capsys.readouterr() == ("", "interrupted\n")
        assert (folder / "p.csv").read_text() == "old"
    nothing_is_left(folder)
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_python_a_second_interrupt_returns_the_model_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("assess", "_directed"):
        sent(monkeypatch, ("result.assemble", name, []), signal.SIGINT)
    X = np.random.default_rng(0).normal(size=(120, 2))
    found = automicro.select(X, X[:, 0] > 0, metric="accuracy", score=0.7, workers=0, trials=2, families=["linear"])
    assert found.interrupted
    assert "interrupted: interval, certificate, replay, frontier and prices were left out" in found.notes
    assert np.isnan(found.score_interval).all()
    assert found.model.predict([[1.0, 0.0]]).tolist() == [True]
    assert json.loads(found.to_json())["interrupted"] is True


def test_in_python_an_interrupt_before_a_model_tells_how_near_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    sent(monkeypatch, ("search.trial.trial", "run", []), signal.SIGINT, from_call=3)
    X = np.random.default_rng(0).normal(size=(120, 2))
    with pytest.raises(automicro.Interrupted) as raised:
        automicro.select(X, X[:, 0] + X[:, 1] ** 3 > 0, metric="accuracy", score=1.0, workers=0, trials=9)
    assert isinstance(raised.value, KeyboardInterrupt)
    assert not isinstance(raised.value, Exception)
    assert "score" in raised.value.verdict.nearest
    assert len(raised.value.verdict.trace)


def run(code: str, *, ignored: bool = False) -> subprocess.CompletedProcess[str]:
    def start() -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)

    head = "import os, signal, sys, time\nfrom automicro.cli import signals\nsignals.SECOND, signals.LAST = 0.1, 0.3\n"
    return subprocess.run(
        [sys.executable, "-c", head + code], capture_output=True, text=True, check=False, preexec_fn=start, timeout=60
    )


def test_a_process_that_answers_no_interrupt_is_ended_with_what_it_has() -> None:
    done = run(
        "with signals.Interrupts(program=True) as interrupts:\n"
        "    interrupts.given_up = lambda: print('rescued', flush=True) or 7\n"
        "    os.kill(os.getpid(), signal.SIGTERM) if len(sys.argv) > 5 else None\n"
        "    for _ in range(9):\n"
        "        try:\n"
        "            signal.raise_signal(signal.SIGHUP); time.sleep(60)\n"
        "        except KeyboardInterrupt: print('raised', flush=True)\n"
    )
    assert done.stdout.splitlines() == ["raised", "raised", "rescued"]
    assert (done.returncode, done.stderr) == (7, "")


def test_a_second_interrupt_comes_by_itself() -> None:
    done = run(
        "with signals.Interrupts() as interrupts:\n"
        "    for _ in range(2):\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGTERM) if _ == 0 else None\n"
        "            time.sleep(60)\n"
        "        except KeyboardInterrupt: print('raised', flush=True)\n"
        "time.sleep(0.5); print('goes on')\n"
    )
    assert (done.stdout.splitlines(), done.returncode) == (["raised", "raised", "goes on"], 0), done.stderr


def test_signals_do_without_a_thread_that_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(signals.threading.Thread, "start", refused)
    with signals.Interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_what_was_ignored_stays_ignored() -> None:
    done = run("with signals.Interrupts(): signal.raise_signal(signal.SIGHUP)\nprint('done')\n", ignored=True)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_a_search_that_does_not_answer_leaves_its_best_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the watching thread does, called where a search would not answer."""
    from automicro import requested
    from automicro.cli import search

    codes: list[int] = []

    def deaf(request: Any, progress: Any) -> Any:
        codes.append(search._rescued(request, progress))
        found = requested.run(requested.problem_of(request)[0], request.constraints, request.search, progress=progress)
        codes.append(search._rescued(request, progress))
        assert (folder / "m.micro").read_bytes() == found.model.payload
        raise KeyboardInterrupt

    monkeypatch.setattr(requested, "found", deaf)
    assert main(SELECT) == Exit.INTERRUPTED
    assert codes == [Exit.INTERRUPTED, Exit.CUT_SHORT]
    assert "interrupted while the search did not respond: the best model so far, of " in capsys.readouterr().err
