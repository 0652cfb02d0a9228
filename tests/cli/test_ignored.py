"""An option that a command would not use is refused, and a misspelt command is met with the nearest one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automicro.cli import main
from automicro.program import Affine, Numeric, Program, Weights
from automicro.runtime.model import Model


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("explain m.micro --row 3", "DATA: must be given for --row"),
        ("explain m.micro --series a,b", "DATA: must be given for --series"),
        ("explain m.micro --format tsv", "DATA: must be given for --format"),
        ("explain m.micro t.csv --effects --row 1", "--row: must not be given for all rows"),
        ("explain m.micro t.csv --effects --immutable a", "--immutable: must not be given for all rows"),
        (
            "robustness m.micro t.csv --target y --tolerance 3",
            "--tolerance: must be given only for a model that predicts numbers",
        ),
        ("predic m.micro t.csv", "predic: unknown command, did you mean 'predict'"),
    ],
)
def test_options_that_have_no_use_are_refused(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body = Affine(Weights.of(np.ones((1, 1))), Weights.of([0.0]))
    Model(Program(1, (Numeric(0, 0.0),), body, "sigmoid", ("no", "yes"))).save("m.micro")
    Path("t.csv").write_text("a,y\n1,no\n-1,yes\n")
    assert main(words.split()) == 2
    assert capsys.readouterr().err.startswith(said)
