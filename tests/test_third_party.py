"""A family in a distribution of its own, installed with pip, takes part in a search; nothing in automicro knows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent.parent / "examples" / "plugin"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(place),
        str(PLUGIN),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(place)}


def test_it_is_listed(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "automicro.cli", "plugins", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    listed = json.loads(done.stdout)
    assert "onerule" in json.dumps(listed)


def test_it_takes_part_in_a_search(environment: dict[str, str]) -> None:
    code = """
import automicro
from sklearn.datasets import load_breast_cancer, load_diabetes
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
alone = automicro.select(X, y, metric="roc_auc", score=0.9, families=["onerule"], search=automicro.Search(trials=3, workers=0))
together = automicro.select(X, y, metric="roc_auc", score=0.9, search=automicro.Search(trials=4))
X, y = load_diabetes(return_X_y=True, as_frame=True)
numbers = automicro.select(X, y, metric="r2", score=0.25, families=["onerule"], search=automicro.Search(trials=3, workers=0))
print(alone.family, alone.size_bytes < 40, numbers.family, "onerule" in {record.family for record in together.trace})
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "onerule True onerule True\n", done.stderr
