"""The scripts of the examples run with what they have written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "examples" / "scripts"


def run(*command: object) -> list[str]:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of the modules, and what the model predicts for the penguin of the scripts."""
    folder = tmp_path_factory.mktemp("written")
    (label,) = run(sys.executable, SCRIPTS / "make.py", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder, label


def test_the_script_of_python_needs_no_library(written: tuple[Path, str]) -> None:
    folder, label = written
    lines = run(sys.executable, "-S", SCRIPTS / "predict.py", folder)
    assert lines[0] == label
    assert sum(float(line.split()[1]) for line in lines[1:]) == pytest.approx(1, abs=0.002)


def test_the_script_of_node_prints_the_same(written: tuple[Path, str]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    folder, _ = written
    assert run(node, SCRIPTS / "predict.mjs", folder) == run(sys.executable, SCRIPTS / "predict.py", folder)
