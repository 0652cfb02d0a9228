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
