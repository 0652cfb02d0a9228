"""The same request and seed give the same bytes in another process, whatever the number of workers; a killed search resumes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine

import automicro

CODE = """
import sys, automicro
from sklearn.datasets import load_breast_cancer
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.iloc[:, :10]
search = automicro.Search(trials=6, seed=7, workers=int(sys.argv[1]))
selection = automicro.select(X, y, metric="roc_auc", within=0.01, search=search)
sys.stdout.buffer.write(selection.model.to_bytes())
"""


def test_two_fresh_processes_give_the_same_file() -> None:
    files = [
        subprocess.run([sys.executable, "-c", CODE, workers], capture_output=True, check=True).stdout
        for workers in ("1", "3")
    ]
    assert files[0] == files[1]
    assert len(files[0]) > 100


def test_a_search_goes_on_from_its_storage(tmp_path: Path) -> None:
    X, y = (part[::2] for part in load_wine(return_X_y=True))
    X = X[:, [0, 6, 9]]
    settings = {"seed": 3, "storage": str(tmp_path / "trials"), "families": ("linear", "tree"), "workers": 0}
    first = automicro.select(X, y, metric="accuracy", score=0.9, search=automicro.Search(trials=4, **settings))
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "trials").iterdir()}
    more = automicro.select(X, y, metric="accuracy", score=0.9, search=automicro.Search(trials=8, **settings))
    assert len(kept) >= 4
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())
    assert more.size_bytes <= first.size_bytes
    assert [r.reason for r in more.trace[:3] if r.status == "abandoned"] == [
        r.reason for r in first.trace[:3] if r.status == "abandoned"
    ]


def test_another_seed_is_another_search() -> None:
    X, y = (part[::2] for part in load_wine(return_X_y=True))
    X = X[:, [0, 6, 9]]
    drawn = []
    for seed in (0, 1):
        found = automicro.select(
            X,
            y,
            metric="accuracy",
            score=0.8,
            families=["tree"],
            search=automicro.Search(trials=4, seed=seed, workers=0),
        )
        drawn.append([record.parameters for record in found.trace])
    assert drawn[0] != drawn[1]
    assert np.isfinite(found.score)
