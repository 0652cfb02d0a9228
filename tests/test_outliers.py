"""Rows far from every prototype: their distance, the card's limit, and the command line's flag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import automicro
from automicro import Search
from automicro.cli import main
from automicro.errors import DataError
from automicro.program import Affine, Chain, Distances, Nearest, Numeric, Program, Weights
from automicro.runtime.model import Model


def prototypes() -> Program:
    near = Distances(Weights.of([[0, 0], [4, 0]]), Weights.of([1, 0.25]))
    projection = Affine(Weights.of([[1, 0], [0, 2]]), Weights.of([0, 0]))
    return Program(2, (Numeric(0), Numeric(1)), Chain((projection, near, Nearest((0, 1)))), "softmax", ("a", "b"))


def test_the_distance_is_that_to_the_nearest_prototype() -> None:
    distances = Model(prototypes()).outlier_distance(np.array([[0.0, 0.0], [3.0, 1.0], [100.0, 0.0]]))
    assert distances.tolist() == [0.0, 2.0, 96.0**2]


def test_models_without_prototypes_say_so() -> None:
    program = Program(1, (Numeric(0),), Affine(Weights.of([[1]]), Weights.of([0])), "identity")
    with pytest.raises(DataError, match="needs a model of several prototypes"):
        Model(program).outlier_distance(np.ones((1, 1)))


def test_a_search_tells_how_far_rows_usually_are_and_the_command_line_flags_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 160)
    X = rng.uniform(-1, 1, size=(160, 2))
    X[:, 1] = np.abs(X[:, 1]) * np.where(
        (X[:, 0] > 0) == (y == 1), 1, -1
    )  # no single prototype a class tells these apart
    settings = Search(trials=3, workers=0, seed=1, progress=False)
    found = automicro.select(X, y, metric="accuracy", score=0.88, families=("cluster",), search=settings)
    assert found.model.card is not None
    limit = found.model.card["outlier_distance"]
    own = found.model.outlier_distance(X)
    assert 0.985 <= (own <= limit * (1 + 1e-5)).mean() <= 1
    assert found.model.outlier_distance(np.array([[50.0, 50.0]]))[0] > limit
    found.model.save(tmp_path / "m.micro")
    names = [column["name"] for column in found.model.card["columns"]]
    (tmp_path / "rows.csv").write_text(f"{names[0]},{names[1]}\n0.5,0.5\n50,50\n", encoding="utf-8")
    assert main(["predict", str(tmp_path / "m.micro"), str(tmp_path / "rows.csv"), "--outliers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(",outlier_distance,outlier")
    assert lines[1].endswith(",False")
    assert lines[2].endswith(",True")
    found.model.save(tmp_path / "s.micro", strip=True)
    assert main(["predict", str(tmp_path / "s.micro"), str(tmp_path / "rows.csv"), "--outliers"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(",outlier_distance")
