"""Control characters in names, classes and reasons are printed as escapes, and data for programs keep them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

import automicro
from automicro.cli import main
from automicro.errors import DataError
from automicro.escaped import escaped
from automicro.program import read_artifact, write_artifact

UGLY = "a\x1b[2J\x9b31m\u202eb\nforged line\x07\r\x7f\u2028"
LABEL = "no\x1b]0;owned\x07"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model of two columns, one with a hostile name and hostile classes, its table and its trace."""
    folder = tmp_path_factory.mktemp("hostile")
    names = f'"{UGLY}",b,y'
    rows = [f"{place},{place % 7},{LABEL if place < 40 else 'yes'}" for place in range(80)]
    (folder / "t.csv").write_text("\n".join([names, *rows]), encoding="utf-8", newline="")
    words = [
        "--target",
        "y",
        "--metric",
        "accuracy",
        "--score",
        "0.9",
        "--trials",
        "2",
        "--workers",
        "0",
        "--families",
        "linear,tree",
    ]
    files = [f"--{key}={folder / key}" for key in ("model", "trace", "report")]
    assert main(["select", str(folder / "t.csv"), *words, *files]) == 0
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "inspect model",
        "explain model",
        "explain model t.csv --row 3",
        "explain model t.csv --effects",
        "explain model t.csv --importance y",
        "robustness model t.csv",
        "trace trace",
        "predict model missing\x1b[31m.csv",
        "predict model/\x1b[31m t.csv",
        "run search\x1b[31m.toml",
    ],
)
def test_commands_print_no_control_character(
    folder: Path, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    main(words.split(" "))
    said = "".join(capsys.readouterr())
    assert said
    assert not CONTROL.search(said)
    assert not any(line.startswith("forged") for line in said.splitlines())


def test_reports_hold_no_control_character(folder: Path) -> None:
    report = (folder / "report").read_text(encoding="utf-8")
    assert not CONTROL.search(report)
    model = automicro.load(folder / "model")
    assert not CONTROL.search(f"{model!r}{model.explain()}")


def test_data_for_programs_are_exact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["inspect", "--json", str(folder / "model")])
    card = json.loads(capsys.readouterr().out)["card"]
    assert card["columns"][0]["name"] == UGLY
    assert set(card["labels"]) == {LABEL, "yes"}
    main(["predict", str(folder / "model"), str(folder / "t.csv")])
    assert LABEL in capsys.readouterr().out


def test_a_terminal_gets_escapes_of_predictions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stdout", stream)
    main(["predict", str(folder / "model"), str(folder / "t.csv")])
    assert escaped(LABEL) in stream.getvalue()
    assert not CONTROL.search(stream.getvalue())


def test_a_card_of_a_stranger_prints_no_control_character(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, card = read_artifact((folder / "model").read_bytes())
    assert card is not None
    for key in ("family", "verdict", "target", "metric", "interpretability", "replay"):
        card[key] = UGLY
    card["parameters"] = {UGLY: [UGLY, {UGLY: UGLY}]}
    (folder / "forged").write_bytes(write_artifact(program, card))
    assert main(["inspect", str(folder / "forged")]) == 0
    said = capsys.readouterr().out
    assert not CONTROL.search(said)
    assert not any(line.strip().startswith("forged") for line in said.splitlines())


def test_errors_show_escapes_and_keep_what_they_were_given() -> None:
    error = DataError(f"column {UGLY}")
    assert not CONTROL.search(str(error))
    assert error.args == (f"column {UGLY}",)
