"""The command `measure`."""

from __future__ import annotations

import importlib.util
import json

import pytest

from automicro.cli import main
from automicro.program import Affine, Numeric, Program, Weights
from automicro.runtime.model import Model

LACKING = [name for name in ("ziglang", "wasmtime") if importlib.util.find_spec(name) is None]
needs_edge = pytest.mark.skipif(bool(LACKING), reason=f"the extra edge is not installed: {', '.join(LACKING)}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = Affine(Weights.of([[1e8, -1e8]]), Weights.of([0.0]))
    columns = [{"name": name, "kind": "numeric"} for name in ("a", "b")]
    Model(Program(2, (Numeric(0), Numeric(1)), body, "identity"), {"columns": columns}).save("model.micro")
    (tmp_path / "equal.csv").write_text("b,a\n1,1\n2,2\n")
    (tmp_path / "near.csv").write_text("a,b\n1,1\n2,2\n1.0000001,1\n")
    (tmp_path / "one.csv").write_text("a\n1\n")
    return tmp_path


@needs_edge
def test_what_is_measured_is_printed(folder, capsys):
    words = ["measure", "model.micro", "--target", "wasm", "--data"]
    assert main([*words, "equal.csv", "--mhz", "100", "--cycles", "2"]) == 0
    out, error = capsys.readouterr()
    assert error == ""
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "wasm, function model_predict",
        "flash",
        "RAM",
        "instructions a row",
        "microseconds a row",
        "parity",
    ]
    assert main([*words, "near.csv", "--json", "--option", "layout=branches"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["differing_rows"], found["first_differing_row"]) == (3, 1, 2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--target", "cortex-m4", "--data", "equal.csv"],
            "--target: must be one that can be measured, but got 'cortex-m4'",
        ),
        (["--target", "wasm", "--data", "equal.csv", "--option", "packed"], "--option: must look like layout=packed"),
        pytest.param(
            ["--target", "wasm", "--data", "one.csv"], "column 'b' must be given, but is not there", marks=needs_edge
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(words, sentence, folder, capsys):
    assert main(["measure", "model.micro", *words]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(sentence)
    assert error.count("\n") == 1
