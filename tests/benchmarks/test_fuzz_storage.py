"""Some hundred damaged files of a storage folder, as the benchmark reads ten thousand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import fuzz_storage


def test_each_file_is_a_trial_or_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzz_storage, "SLOW_SECONDS", 600.0)
    monkeypatch.setattr(sys, "argv", ["fuzz_storage.py", "--cases", "300", "--searches", "2", "--seed", "1"])
    assert fuzz_storage.main() == 0
    assert capsys.readouterr().out.endswith("0 failed\n")
