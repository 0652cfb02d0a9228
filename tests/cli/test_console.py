"""A console that cannot show a character, or none at all, costs no result."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro.cli import main
from automicro.cli.console import write
from automicro.report import Progress


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    a = np.random.default_rng(0).normal(size=200)
    table = pd.DataFrame({"価格": a.round(3)})
    search = automicro.Search(trials=1, families=["tree"], workers=0)
    automicro.select(table, a > 0, metric="accuracy", score=0.7, search=search).model.save(folder / "t.micro")
    table.to_csv(folder / "t.csv", index=False)
    return folder


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("words", [["inspect", "t.micro"], ["explain", "t.micro", "t.csv", "--row", "0"]])
def test_what_a_console_cannot_show_is_replaced(saved: Path, encoding: str, words: list[str]) -> None:
    command = [sys.executable, "-m", "automicro.cli", *words]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=saved, capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert ("価格" if encoding == "utf-8" else "??") in done.stdout.decode(encoding)


def test_an_error_that_a_console_cannot_show_is_replaced(saved: Path) -> None:
    command = [sys.executable, "-m", "automicro.cli", "predict", "価格.micro", "t.csv"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(command, cwd=saved, capture_output=True, env=env, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(
        b"a model file must be readable, but "
    )  # then question marks or escapes, as the system does it
    assert b".micro: No such file" in done.stderr


def test_commands_do_without_a_console(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["inspect", str(saved / "t.micro")]) == 6  # nobody has the answer
    assert main(["inspect", "no such file"]) == 2
    assert main(["predict", str(saved / "t.micro"), str(saved / "t.csv"), "--output", str(saved / "p.csv")]) == 0


def test_a_search_does_without_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    a = np.random.default_rng(0).normal(size=(100, 1))
    search = automicro.Search(trials=1, families=["tree"], workers=1, progress=True)
    assert automicro.select(a, a[:, 0] > 0, metric="accuracy", score=0.7, search=search).size_bytes < 20


def test_only_what_cannot_be_encoded_is_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp1252")
    write(stream, "größer: 価格\n")
    assert raw.getvalue().decode("cp1252").splitlines() == ["größer: ??"]
    stream.close()
    write(stream, "nothing")
    write(None, "nothing")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    a = np.random.default_rng(0).normal(size=100)
    pd.DataFrame({"a": a.round(3), "y": (a > 0).astype(int)}).to_csv(folder / "rows.csv", index=False)
    return folder


def shell(words: str, folder: Path) -> tuple[int, str, str]:
    """Run a command in a shell, with its redirections."""
    command = f"{sys.executable} -m automicro.cli {words}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["schema", "--help", "schema --help", "--version"])
@pytest.mark.parametrize(
    ("stream", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")], ids=["full", "closed"]
)
def test_an_answer_that_nobody_gets_is_told_by_the_exit_code(rows: Path, command: str, stream: str, why: str) -> None:
    assert shell(f"{command} {stream}", rows) == (6, "", f"standard output could not be written: {why}\n")


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(("command", "code"), [("schema card", 0), ("schema crd", 2), ("inspect none", 2)])
def test_without_standard_error_the_exit_code_tells(rows: Path, command: str, code: int, stream: str) -> None:
    done = shell(f"{command} {stream}", rows)
    assert (done[0], done[2]) == (code, "")
    assert bool(done[1]) == (code == 0)


@pytest.mark.parametrize("streams", [">&- 2>&-", ">/dev/full 2>/dev/full", "<&- >&- 2>&-"])
def test_a_search_without_consoles_writes_its_files(rows: Path, tmp_path: Path, streams: str) -> None:
    words = (
        "select rows.csv --target y --metric accuracy --score 0.7 --workers 0 --trials 1 --families linear --progress"
    )
    files = " ".join(f"--{name} {tmp_path / name}" for name in ("model", "report", "trace"))
    assert shell(f"{words} {files} {streams}", rows) == (6, "", "")
    assert automicro.load(tmp_path / "model").size_bytes < 20
    assert (tmp_path / "report").read_text().startswith("family ")
    assert (tmp_path / "trace").read_text().startswith('{"record": "trial"')


def test_progress_on_a_stream_that_fails_costs_only_itself() -> None:
    with Path("/dev/full").open("w") as full:
        progress = Progress(wanted=True, stream=full)
        progress.start(3, None)
        progress.update(1)
        progress.stop()
        write(full, "")  # lets go of what it still holds
