"""A card of a stranger is refused where a file enters, or every command that reads it ends in an answer or a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from automicro.errors import ArtifactError
from automicro.program import Affine, Numeric, Program, Weights, write_artifact
from automicro.report import card_text, model_text
from automicro.runtime.model import Model, load

PROGRAM = Program(
    2, (Numeric(0, 0.0), Numeric(1, 0.0)), Affine(Weights.of(np.ones((1, 2))), Weights.of([0.0])), "sigmoid"
)
CARD = {
    "columns": [
        {"name": "a", "kind": "numeric", "minimum": 0.0, "maximum": 1.0},
        {"name": "b", "kind": "numeric", "reading": {"kind": "moment", "part": "days", "origin": "2020-01-01"}},
    ]
}


def deep(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "change",
    [
        {"columns": None},
        {"columns": [{"name": "a", "kind": "numeric"}]},
        {"columns": [{"name": "a", "kind": "numeric"}, {"name": ["b"], "kind": "numeric"}]},
        {"columns": [{"name": "a", "kind": "numeric"}, {"name": "b"}]},
        {"columns": [{"name": "a", "kind": "numeric"}, {"name": "b", "kind": "number"}]},
        {"columns": [{"name": "a", "kind": "numeric", "minimum": 1e308}, {"name": "b", "kind": "numeric"}]},
        {"task": "guessing"},
        {"target": 3},
        {"labels": "ab"},
        {"score_interval": [1.0, "2"]},
        {"score_interval": [1.0]},
        {"outlier_distance": "far"},
        {"explanation": []},
        {"certificate": 7},
        {"family": None},
        {"parameters": deep(200)},
    ],
)
def test_values_of_another_kind_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match="damaged"):
        Model.from_bytes(write_artifact(PROGRAM, CARD | change))


@pytest.mark.parametrize(
    "reading",
    [
        {"kind": "secret"},
        {"kind": "number", "form": "year-month-day"},
        {"kind": "moment", "part": "days"},
        {"kind": "moment", "part": "days", "origin": "yesterday"},
        {"kind": "moment", "part": "days", "origin": 3},
        {"kind": "moment"},
        {"kind": "moment", "part": "year", "source": "lost"},
        {"words": [1]},
        {"numbers": ["1"]},
        {"levels": {"strip": 1}},
        ["plain"],
        7,
    ],
)
def test_readings_of_another_kind_are_refused(reading: object) -> None:
    columns = [CARD["columns"][0], {"name": "b", "kind": "numeric", "reading": reading}]
    with pytest.raises(ArtifactError, match="damaged"):
        Model.from_bytes(write_artifact(PROGRAM, {"columns": columns}))


def test_a_partial_card_is_told() -> None:
    model = Model.from_bytes(write_artifact(PROGRAM, CARD))
    assert "class 1 if score > 0" in model_text(model.program, model.card)  # a program without labels
    assert "columns" in card_text(CARD)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m")
    with pytest.raises(ArtifactError, match="it is a folder, a pipe or a device"):
        load(tmp_path / "m")
    with pytest.raises(ArtifactError, match="it is a folder, a pipe or a device"):
        load("/dev/zero")
